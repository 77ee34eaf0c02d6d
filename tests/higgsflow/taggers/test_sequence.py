from __future__ import annotations

from typing import Any

import awkward as ak
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from higgsflow.errors import InvalidConfiguration, TaggerError, UserError
from higgsflow.events.plain import plain
from higgsflow.model.context import Context
from higgsflow.model.tagging import TaggerSpec, TagSequence
from higgsflow.selection.tags import count_tags
from higgsflow.taggers import DiphotonTagger, TTHTagger
from higgsflow.taggers.base import Decision, Tagger
from higgsflow.taggers.decisions import PlainDecision
from higgsflow.taggers.function import tagger
from higgsflow.taggers.sequence import (
    StepResult,
    categories,
    load_steps,
    load_tagger,
    remove_overlap,
)
from higgsflow.taggers.stages import Runner
from higgsflow.taggers.variants import SequenceResult, Variant

CONTEXT = Context(sample="S", year="2017", is_data=False)
EVENTS = ak.Array({"x": np.arange(5), "Jet": [[{"pt": 1.0}]] * 5})
# the worked example of the overlap removal: rows are tags, columns events
EXAMPLE = np.array([[0, 1, 1, 0, 1], [1, 1, 0, 0, 1], [1, 0, 1, 0, 1]], dtype=bool)
SHARED_PAIR = DiphotonTagger(name="default", diphoton={"mass_min": 90.0})


@tagger(reads=["x"], adds={"double": "float64", "Jet_n": "int16"})
def first(events: Any) -> Any:
    return events.x > 0, {"double": events.x * 2.0, "Jet_n": events.x}


@tagger(reads=["double"])
def chosen(events: Any, values: tuple[float, ...] = (), category: int = 0) -> Decision:
    mask = np.isin(ak.to_numpy(events.double), values)
    return Decision(mask=mask, category=np.full(len(mask), category))


@tagger(adds={"y": "float64"})
def adds_y(events: Any, value: float = 0.0) -> Any:
    return np.ones(len(events), dtype=bool), {"y": np.full(len(events), value)}


@tagger(adds={"Near": "collection"})
def adds_objects(events: Any, pt: float = 0.0) -> Any:
    return np.ones(len(events), dtype=bool), {"Near": ak.with_field(events.Jet, pt, "pt")}


@tagger()
def short(events: Any) -> Any:
    return events.x[:-1] > 0


@tagger()
def fails(events: Any) -> Any:
    raise ZeroDivisionError("in the tagger")


def spec(name: str, function: Any, **options: Any) -> dict[str, Any]:
    return {"name": name, "tagger": function, "options": options}


def run(*steps: Any, events: Any = EVENTS, keep_untagged: bool = False) -> SequenceResult:
    sequence = TagSequence.model_validate([*steps])
    runner = Runner(load_steps(sequence), CONTEXT, keep_untagged)
    return runner.run(Variant("nominal", plain(events))).result


def test_worked_example_of_overlap_removal() -> None:
    assert remove_overlap(EXAMPLE).tolist() == [1, 0, 0, -1, 0]
    assert remove_overlap(EXAMPLE).dtype == np.int16
    overlap = count_tags(["T0", "T1", "T2"], EXAMPLE, np.ones(5)).overlap
    assert overlap == ((3, 2, 2), (2, 3, 2), (2, 2, 3))
    after = [int((remove_overlap(EXAMPLE) == tag).sum()) for tag in range(3)]
    assert after == [3, 1, 0]


masks_of_tags = st.integers(0, 12).flatmap(
    lambda n: st.lists(st.lists(st.booleans(), min_size=n, max_size=n), min_size=1, max_size=5)
)


@given(masks_of_tags)
@settings(max_examples=60, deadline=None)
def test_tags_never_overlap_and_lower_ones_never_change_higher_ones(masks: Any) -> None:
    array = np.array(masks, dtype=bool).reshape(len(masks), -1)
    tags = remove_overlap(array)
    for event, tag in enumerate(tags):
        takers = np.flatnonzero(array[:, event])
        assert tag == (takers[0] if len(takers) else -1)
    for n in range(1, len(array)):
        fewer = remove_overlap(array[:n])
        assert (fewer[fewer >= 0] == tags[fewer >= 0]).all()
        assert set(tags[fewer < 0]) <= {-1, *range(n, len(array))}


STEPS = (
    first,
    [spec("a", chosen, values=(4.0, 6.0)), spec("b", chosen, values=(2.0, 4.0), category=7)],
)


def test_steps_see_what_the_step_before_kept_and_added() -> None:
    result = run(*STEPS)
    assert result.column("x").tolist() == [1, 2, 3]
    assert result.rows.tolist() == [1, 2, 3]
    assert result.tag_idx.tolist() == [1, 0, 0]
    assert result.tag_category.tolist() == [7, 0, 0]
    assert [step.rows.tolist() for step in result.steps] == [[0, 1, 2, 3, 4], [1, 2, 3, 4]]
    assert result.steps[1].masks.tolist() == [
        [False, True, True, False],
        [True, True, False, False],
    ]


def test_untagged_events_can_be_kept() -> None:
    result = run(*STEPS, keep_untagged=True)
    assert result.tag_idx.tolist() == [1, 0, 0, -1]
    assert result.tag_category.tolist() == [7, 0, 0, 0]


def test_number_per_event_never_goes_into_a_collection_of_its_prefix() -> None:
    events = run(*STEPS).kept.everything.view
    assert events["Jet_n"].tolist() == [1, 2, 3]
    assert events.Jet.fields == ["pt"]


def test_no_events_give_all_columns() -> None:
    result = run(*STEPS, events=EVENTS[:0])
    assert set(result.kept.added) == {"double", "Jet_n"}
    assert (result.column("double").dtype, result.tag_idx.dtype) == (np.float64, np.int16)


def test_equal_columns_of_two_taggers_are_one() -> None:
    result = run([spec("a", adds_y, value=np.nan), spec("b", adds_y, value=np.nan)])
    assert np.isnan(result.column("y")).all()


def test_equal_objects_of_two_taggers_are_one_collection() -> None:
    result = run([spec("a", adds_objects, pt=np.nan), spec("b", adds_objects, pt=np.nan)])
    assert np.isnan(ak.to_numpy(result.kept.everything.view.Near.pt)).all()
    with pytest.raises(TaggerError, match="taggers 'a' and 'b' add different 'Near'"):
        run([spec("a", adds_objects, pt=1.0), spec("b", adds_objects, pt=2.0)])


def test_different_columns_of_one_name_are_an_error() -> None:
    with pytest.raises(TaggerError, match="taggers 'a' and 'b' add different 'y'") as caught:
        run([spec("a", adds_y, value=1.0), spec("b", adds_y, value=2.0)])
    assert len(str(caught.value).splitlines()) <= 3


def test_two_steps_that_add_different_columns_of_one_name_are_an_error() -> None:
    with pytest.raises(TaggerError, match="taggers of two steps add different 'y'") as caught:
        run(spec("a", adds_y, value=1.0), spec("b", adds_y, value=2.0))
    assert "give both the same options" in str(caught.value)


def test_tagger_that_raises_keeps_its_error() -> None:
    with pytest.raises(ZeroDivisionError, match="in the tagger"):
        run(fails)


def test_unknown_option_of_a_class_names_the_nearest() -> None:
    with pytest.raises(InvalidConfiguration, match="did you mean 'b_jets_min'") as caught:
        load_steps(TagSequence.model_validate([{"tagger": "tth", "options": {"b_jet_min": 1}}]))
    assert str(caught.value).startswith("options of tagger 'tth' are not valid:\n")
    assert len(str(caught.value).splitlines()) <= 3


def test_option_of_another_type_is_told_by_its_place() -> None:
    with pytest.raises(InvalidConfiguration, match=r"jet\.pt_min"):
        load_steps(
            TagSequence.model_validate([{"tagger": "tth", "options": {"jet": {"pt_min": "x"}}}])
        )


class Unfinished(Tagger):
    """Has no `select`."""

    def reads(self, context: Context) -> Any:
        del context
        return ()

    def adds(self, context: Context) -> dict[str, str]:
        del context
        return {}


class NoTagger:
    """Derives from nothing."""


@pytest.mark.parametrize(
    ("name", "options", "text"),
    [
        ("Unfinished", {}, "tagger 'mine' has no select\n"),
        ("NoTagger", {}, f"'{__name__}:NoTagger' is a class, but no tagger\n"),
    ],
)
def test_class_that_cannot_be_a_tagger_names_its_line(
    name: str, options: dict[str, Any], text: str
) -> None:
    with pytest.raises(TaggerError) as caught:
        load_tagger(TaggerSpec(name="mine", tagger=f"{__name__}:{name}", options=options))
    assert str(caught.value).startswith(f"{text}  {__file__}, line ")


def test_name_is_no_option() -> None:
    with pytest.raises(InvalidConfiguration, match="'name' of tagger 'mine' is no option"):
        load_tagger(
            TaggerSpec(
                name="mine", tagger="higgsflow.taggers.tth:TTHTagger", options={"name": "other"}
            )
        )


def test_answer_that_breaks_the_contract_names_the_line_of_the_function() -> None:
    with pytest.raises(TaggerError, match="'short' returned a mask with 4 entries for 5") as caught:
        run(short)
    assert f"\n  {__file__}, line {short.__code__.co_firstlineno}\n" in str(caught.value)


def test_tagger_object_in_a_module_takes_name_and_options() -> None:
    loaded = load_tagger(
        TaggerSpec(name="n", tagger=f"{__name__}:SHARED_PAIR", options={"trigger": True})
    )
    expected = DiphotonTagger(name="n", diphoton={"mass_min": 90.0}, trigger=True)
    assert loaded == expected
    with pytest.raises(InvalidConfiguration, match="did you mean 'trigger'"):
        load_tagger(
            TaggerSpec(name="n", tagger=f"{__name__}:SHARED_PAIR", options={"triger": True})
        )


def test_shipped_names_and_classes_are_taggers() -> None:
    (leptonic,), (by_class,) = load_steps(
        TagSequence.model_validate(["tth_leptonic", {"name": "t", "tagger": TTHTagger}])
    )
    assert leptonic == TTHTagger(name="tth_leptonic", channels=("leptonic",))
    assert by_class == TTHTagger(name="t")


def test_what_is_no_tagger_is_named() -> None:
    with pytest.raises(UserError, match=r"'higgsflow.taggers.sequence:UNTAGGED' is neither"):
        load_tagger(TaggerSpec(name="n", tagger="higgsflow.taggers.sequence:UNTAGGED"))


def test_category_is_that_of_the_tagger_which_has_the_event() -> None:
    every = np.ones(4, np.bool_)
    decisions = tuple(
        PlainDecision(every, category=None if n is None else np.arange(4, dtype=np.int16) + n)
        for n in (10, None, 20)
    )
    step = StepResult(np.arange(4), (), decisions)
    rows, tag_idx = np.array([3, 1, 2]), np.array([2, 0, 1], np.int16)
    assert categories(step, tag_idx, rows).tolist() == [23, 11, 0]
