"""What came out as in the nominal run is the very same object, and nothing else is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from higgsflow.events.lists import from_counts
from higgsflow.events.objects import Chosen, Objects
from higgsflow.taggers.cut_groups import coded
from higgsflow.taggers.decisions import PlainDecision
from higgsflow.taggers.late_columns import LateColumn, Places
from higgsflow.taggers.same import with_same

PT = np.array([30.0, 40.0, 50.0])


def decision(**columns: Any) -> PlainDecision:
    """Of three events, made anew."""
    mask = np.array([True, False, True])
    jets = from_counts(np.array([1, 0, 2]))
    return PlainDecision(
        mask,
        {"m": np.array([1.0, np.nan, 0.0]), "Hard": Objects(jets, {"pt": PT.copy()}), **columns},
        {"events": coded({"any": mask}), "jets": coded({"hard": PT > 35}, jets)},
        np.array([0, 1, 0], np.int16),
    )


def test_an_answer_that_is_the_same_is_the_known_one() -> None:
    known = (decision(), decision())
    assert with_same((decision(), decision()), known) is known


OTHERS = {
    "a number": {"m": np.array([1.0, np.nan, 2.0])},
    "the sign of a zero": {"m": np.array([1.0, np.nan, -0.0])},
    "a type": {"m": np.array([1.0, np.nan, 0.0], np.float32)},
    "lists": {"Hard": Objects(from_counts(np.array([2, 0, 1])), {"pt": PT})},
    "objects": {"Hard": Objects(from_counts(np.array([1, 0, 2])), {"pt": -PT})},
    "fields": {"Hard": Objects(from_counts(np.array([1, 0, 2])), {"eta": PT})},
}


@pytest.mark.parametrize("columns", OTHERS.values(), ids=OTHERS.keys())
def test_only_what_is_another_is_new(columns: dict[str, Any]) -> None:
    known, fresh = decision(), decision(**columns)
    (found,) = with_same((fresh,), (known,))
    for name, values in known.columns.items():
        assert found.columns[name] is (fresh.columns[name] if name in columns else values)
    assert found.mask is known.mask
    assert found.cuts["jets"] is known.cuts["jets"]
    assert found.category is known.category


def test_late_columns_are_not_worked_out_to_be_compared() -> None:
    def late() -> LateColumn:
        return LateColumn(lambda at: pytest.fail(f"looked at {at}"), Places(np.array([2, -1, 0])))

    known, fresh = decision(lead=late()), decision(lead=late())
    assert with_same((fresh,), (known,))[0].columns["lead"] is fresh.columns["lead"]


def test_cuts_of_other_objects_are_others() -> None:
    known = decision()
    lists = from_counts(np.array([0, 1, 2]))
    fresh = replace(decision(), cuts={**known.cuts, "jets": coded({"hard": PT > 35}, lists)})
    assert with_same((fresh,), (known,))[0].cuts == fresh.cuts


def test_what_is_not_copied_yet_is_not_copied_to_be_compared() -> None:
    def chosen() -> Objects:
        many = Objects(from_counts(np.array([9, 0, 30])), {"pt": np.arange(39.0)})
        return many.take(np.arange(3))

    known, fresh = decision(Gen=chosen()), decision(Gen=chosen())
    assert with_same((fresh,), (known,))[0].columns["Gen"] is fresh.columns["Gen"]
    columns = fresh.columns["Gen"].columns
    assert isinstance(columns, Chosen)
    assert not columns._made


def test_an_answer_of_another_kind_stands_as_it_is() -> None:
    known, fresh = decision(), replace(decision(), category=None)
    assert with_same((fresh,), (known,)) == (fresh,)
    fresh = replace(decision(), cuts={})
    assert with_same((fresh,), (known,)) == (fresh,)


def test_of_many_rows_none_are_compared() -> None:
    known, fresh = (PlainDecision(np.ones(5_000, np.bool_)) for _ in range(2))
    assert with_same((fresh,), (known,)) == (fresh,)
