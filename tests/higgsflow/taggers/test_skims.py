from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from higgsflow.events.plain import PlainEvents
from higgsflow.taggers.diphoton import DiphotonTagger
from higgsflow.taggers.function import FunctionTagger, tagger
from higgsflow.taggers.skims import skim_fits, skimmed

EVENTS = PlainEvents(3, {"met": np.array([1.0, 5.0, 9.0])}, {})


class Wide(DiphotonTagger):
    def skim(self, events: Any, shifts: Any) -> Any:
        met = events.flat["met"] if isinstance(events, PlainEvents) else events.met
        return met > 4 * (1 - shifts["met"])


class Narrow(Wide):
    def select(self, *_: Any) -> Any:
        raise NotImplementedError


class Both(Narrow):
    def skim(self, events: Any, shifts: Any) -> Any:
        return super().skim(events, shifts)


@tagger(reads=["met"])
def all_of_them(events: Any) -> Any:
    return events.met > 0


@pytest.mark.parametrize(
    ("kind", "fits"), [(Wide, True), (Narrow, False), (Both, True), (DiphotonTagger, True)]
)
def test_a_skim_is_of_the_selection_that_it_was_written_for(kind: type, fits: bool) -> None:
    assert skim_fits(kind) == fits


@pytest.mark.parametrize("kind", [Wide, Both])
@pytest.mark.parametrize(("bound", "expected"), [(0.0, [False, True, True]), (0.9, [True] * 3)])
def test_skim_is_asked_with_the_bounds(kind: Any, bound: float, expected: list[bool]) -> None:
    kept = skimmed(kind(name="wide"), EVENTS, {"met": bound})
    assert np.asarray(kept).tolist() == expected


def test_taggers_without_a_skim_keep_all() -> None:
    found = FunctionTagger(name="all", function=f"{__name__}:all_of_them")
    assert skimmed(found, EVENTS, {}) is None
