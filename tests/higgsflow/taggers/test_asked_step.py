"""How the taggers of a step are asked, and what they look at."""

from __future__ import annotations

from typing import Any

import awkward as ak
import numpy as np
import pytest

from higgsflow.errors import UndeclaredColumn
from higgsflow.events.objects import knows_virtual
from higgsflow.events.plain import PlainEvents, plain
from higgsflow.model.context import Context
from higgsflow.model.tagging import TagSequence
from higgsflow.taggers import asked_step
from higgsflow.taggers.asked_step import AskedStep
from higgsflow.taggers.function import tagger
from higgsflow.taggers.sequence import load_steps
from higgsflow.taggers.variants import Reached, Variant

CONTEXT = Context(sample="S", year="2017", is_data=False)
EVENTS = plain(
    ak.Array(
        {
            "MET_pt": [10.0, 40.0, 70.0],
            "Jet": [[{"pt": 50.0}], [], [{"pt": 20.0}, {"pt": 60.0}]],
        }
    )
)


@tagger(reads=["MET_pt", "Jet_pt"])
def looking(events: Any) -> Any:
    """Declares two columns, and looks at one."""
    return events.MET_pt > 30


@tagger(reads=["MET_pt"])
def met(events: Any) -> Any:
    return events.MET_pt > 30


@tagger(reads=["MET_pt"])
def of_jets(events: Any) -> Any:
    return ak.num(events.Jet.pt) > 0


@tagger(reads=["MET_pt"])
def after_others(events: Any) -> Any:
    return events.n_first + events.MET_pt > 30


def step(*names: str, hidden: tuple[str, ...] = ()) -> AskedStep:
    """A step of shipped taggers, or of functions of this file."""
    known = [f"{__name__}:{name}" if name in globals() else name for name in names]
    (taggers,) = load_steps(TagSequence.model_validate([known]))
    return AskedStep(taggers, CONTEXT, frozenset(hidden), None)


def reached(events: PlainEvents, **added: Any) -> Reached:
    return Reached(Variant("v", events), np.arange(len(events)), added)


def test_shipped_taggers_depend_on_all_that_they_declare() -> None:
    shipped = step("tth_hadronic")
    assert shipped.is_plain
    assert shipped.depends_on == shipped.reads >= {"Jet_pt", "Jet_btagDeepFlavB"}
    assert shipped.needed is not None
    assert set(shipped.needs({"else": EVENTS.flat["MET_pt"]})) == shipped.needed


@pytest.mark.skipif(not knows_virtual(), reason="needs virtual arrays: awkward>=2.8")
def test_code_of_users_depends_on_what_it_has_looked_at() -> None:
    of_user = step("met")
    assert (of_user.looked_at, of_user.is_plain, of_user.needed) == (None, False, None)
    wide = step("looking")
    assert wide.depends_on == {"MET_pt", "Jet_pt"}
    wide.ask(EVENTS)
    assert wide.looked_at == {"MET_pt"}
    assert wide.depends_on == {"MET_pt"}


def test_column_that_varies_is_hidden_from_who_does_not_declare_it() -> None:
    assert step("of_jets").ask(EVENTS)[0].mask.tolist() == [True, False, True]
    with pytest.raises(UndeclaredColumn, match="no column 'Jet'"):
        step("of_jets", hidden=("Jet_pt",)).ask(EVENTS)
    assert step("looking", hidden=("MET_pt",)).ask(EVENTS)[0].mask.tolist() == [False, True, True]


@pytest.mark.skipif(not knows_virtual(), reason="needs virtual arrays: awkward>=2.8")
def test_of_numbers_that_taggers_added_those_matter_that_were_looked_at() -> None:
    asked = step("after_others")
    added = {"n_first": np.zeros(3), "n_else": np.zeros(3), "Hard": EVENTS.view.Jet}
    assert list(asked.needs(added)) == list(added)
    asked.ask(EVENTS.with_numbers(added))
    # what is no number of the event is not known by columns
    assert list(asked.needs(added)) == ["n_first", "Hard"]


@pytest.mark.parametrize(("most", "asked"), [(1_000, [9]), (6, [6, 3]), (4, [3, 3, 3])])
def test_users_are_asked_for_as_many_rows_as_fit(
    monkeypatch: pytest.MonkeyPatch, most: int, asked: list[int]
) -> None:
    monkeypatch.setattr(asked_step, "_STACK", most)
    sizes: list[int] = []
    ask = AskedStep.ask

    def noted(self: AskedStep, events: Any) -> Any:
        sizes.append(len(events))
        return ask(self, events)

    monkeypatch.setattr(AskedStep, "ask", noted)
    varied = [
        reached(EVENTS.with_columns({"MET_pt": EVENTS.flat["MET_pt"] + more}))
        for more in (0, 25, -50)
    ]
    parts = [(one, np.arange(3)) for one in varied]
    found = list(step("met").ask_all(parts, Reached.some))
    assert sizes == asked
    assert [decisions[0].mask.tolist() for decisions in found] == [
        [False, True, True],
        [True, True, True],
        [False, False, False],
    ]


def test_each_tagger_of_a_step_answers_also_for_no_rows() -> None:
    parts = [(reached(EVENTS), np.array(rows, np.int64)) for rows in ([0, 2], [])]
    found = step("met", "of_jets").ask_all(parts, Reached.some)
    masks = [[decision.mask.tolist() for decision in decisions] for decisions in found]
    assert masks == [[[False, True], [True, True]], [[], []]]
