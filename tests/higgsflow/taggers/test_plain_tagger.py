from __future__ import annotations

from typing import Any

import awkward as ak
import numpy as np

from higgsflow.events.objects import Objects
from higgsflow.events.plain import plain
from higgsflow.model.columns import required
from higgsflow.model.context import Context
from higgsflow.taggers import DiphotonTagger, TTHTagger
from higgsflow.taggers.base import Decision
from higgsflow.taggers.cut_groups import coded
from higgsflow.taggers.decisions import PlainDecision
from higgsflow.taggers.plain_tagger import PlainTagger, as_plain, is_plain
from higgsflow.taggers.sequence import ask

CONTEXT = Context(sample="S", year="2017", is_data=False)
EVENTS = ak.Array({"Jet": [[{"pt": 50.0}, {"pt": 10.0}], []]})


class Hard(PlainTagger):
    """Events with a hard jet."""

    def reads(self, context: Context) -> Any:
        del context
        return required("Jet_pt")

    def adds(self, context: Context) -> dict[str, str]:
        del context
        return {"HardJet": "collection"}

    def decide(self, events: Any, context: Context) -> PlainDecision:
        del context
        jets = events.collections["Jet"]
        hard = jets.pt > 30
        groups = {"jets": coded({"pt": hard}, jets.lists)}
        return PlainDecision(jets.lists.any(hard), {"HardJet": jets[hard]}, groups)


class Inverted(Hard):
    """A subclass of a user who knows awkward arrays only."""

    def select(self, events: Any, context: Context) -> Decision:
        found = super().select(events, context)
        return Decision(~found.mask, found.columns)


class Further(Inverted):
    """Decides on plain columns again."""

    def decide(self, events: Any, context: Context) -> PlainDecision:
        return super().decide(events, context)


class Bare(Hard):
    """Names no cuts."""

    def decide(self, events: Any, context: Context) -> PlainDecision:
        return PlainDecision(super().decide(events, context).mask)


def test_the_mask_of_one_that_names_no_cuts_is_its_only_cut() -> None:
    (decision,) = ask((Bare(name="b"),), plain(EVENTS), CONTEXT)
    (group,) = decision.cuts.values()
    assert group.names == ("mask",)
    assert group["mask"].tolist() == [True, False]


def test_to_others_it_looks_like_any_tagger() -> None:
    decision = Hard(name="h").select(EVENTS, CONTEXT)
    assert decision.mask.tolist() == [True, False]
    assert ak.to_list(decision.cuts["jets"]["pt"]) == [[True, False], []]
    assert not isinstance(decision.columns["HardJet"], Objects)
    assert decision.columns["HardJet"].pt.tolist() == [[50.0], []]


def test_who_changed_only_the_selection_is_asked_for_that() -> None:
    assert is_plain(Hard(name="h"))
    assert not is_plain(Inverted(name="i"))
    assert is_plain(Further(name="f"))
    assert Inverted(name="i").select(EVENTS, CONTEXT).mask.tolist() == [False, True]
    hard, inverted = ask((Hard(name="h"), Inverted(name="i")), plain(EVENTS), CONTEXT)
    assert (hard.mask.tolist(), inverted.mask.tolist()) == ([True, False], [False, True])


def test_shipped_taggers_are_plain() -> None:
    assert is_plain(DiphotonTagger(name="d"))
    assert is_plain(TTHTagger(name="t"))


def test_events_become_plain_once_per_step() -> None:
    context = CONTEXT.fresh()
    assert as_plain(EVENTS, context) is as_plain(EVENTS, context)
    assert np.array_equal(as_plain(EVENTS, context).column("Jet_pt"), [50.0, 10.0])
