from __future__ import annotations

import math
from typing import Any

import awkward as ak
import numpy as np
import pytest
from numpy.testing import assert_array_equal

from higgsflow.events.objects import Chosen
from higgsflow.events.plain import plain
from higgsflow.taggers.late_columns import LateColumn, Places
from higgsflow.taggers.variants import Reached, Variant, only

EVENTS = plain(
    ak.Array({"met": [1.0, 2.0, math.nan], "Jet": [[{"pt": 50.0}], [], [{"pt": 1.0}, {"pt": 2.0}]]})
)
NOMINAL = Variant("nominal", EVENTS)


def varied(**columns: Any) -> Variant:
    return Variant("v", EVENTS.with_columns(columns), frozenset(columns))


def reached(variant: Variant, *rows: int, **added: Any) -> Reached:
    return Reached(variant, np.array(rows, np.int64), added)


def positions(found: Any) -> list[int] | None:
    return None if found is None else found.tolist()


def test_events_of_which_a_read_column_changes() -> None:
    variant = varied(Jet_pt=np.array([50.0, 1.0, 9.0]), met=np.array([1.0, 7.0, math.nan]))
    assert variant.differs(["Jet_pt"], EVENTS).tolist() == [False, False, True]
    assert variant.differs(["met", "Jet_pt"], EVENTS).tolist() == [False, True, True]
    assert variant.differs(["Jet_eta"], EVENTS).tolist() == [False] * 3


def test_nothing_differs_where_the_same_rows_are_looked_at() -> None:
    nominal = reached(NOMINAL, 0, 2)
    mine = nominal.of(varied(met=np.zeros(3)))
    assert mine.differing(nominal, ["Jet_pt"], []) is None
    assert positions(mine.differing(nominal, ["met"], [])) == [0, 1]


def test_a_column_that_both_have_is_not_worked_out() -> None:
    late = LateColumn(lambda _: pytest.fail("it was worked out"), Places(np.arange(2)))
    nominal = reached(NOMINAL, 0, 2, m=late)
    mine = reached(varied(met=np.zeros(3)), 0, 2, m=late)
    assert positions(mine.differing(nominal, ["met"], ["m"])) == [0, 1]


def test_numbers_of_one_array_differ_where_their_places_do() -> None:
    pt, eta = np.array([3.0, 3.0, 5.0]), np.array([0.1, 0.2, 0.3])

    def columns(*index: int) -> dict[str, LateColumn]:
        places = Places(np.array(index))
        return {"pt": LateColumn.of(pt, places), "eta": LateColumn.of(eta, places)}

    nominal, names = reached(NOMINAL, 0, 2, **columns(2, -1)), ["pt", "eta"]
    for index, expected in {(2, 1, -1): [1], (2, 0, 0): [1, 2], (0, 1, -1): [0, 1]}.items():
        mine = reached(varied(met=np.zeros(3)), 0, 1, 2, **columns(*index))
        assert positions(mine.differing(nominal, [], names)) == expected
        assert not any("values" in vars(column) for column in mine.added.values())
    mine = reached(
        varied(met=np.zeros(3)), 0, 1, 2, **columns(2, 1, -1), m=np.array([1.0, 2.0, 3.0])
    )
    both = reached(NOMINAL, 0, 2, **columns(2, -1), m=np.array([1.0, 4.0]))
    assert positions(mine.differing(both, [], [*names, "m"])) == [1, 2]


def test_rows_that_the_nominal_run_has_not_differ() -> None:
    nominal = reached(NOMINAL, 0, 2, m=np.array([5.0, 6.0]))
    mine = reached(varied(met=np.zeros(3)), 0, 1, 2, m=np.array([5.0, 0.0, 7.0]))
    assert positions(mine.differing(nominal, [], [])) == [1]
    assert positions(mine.differing(nominal, [], ["m"])) == [1, 2]


def test_events_are_seen_without_what_no_tagger_declares() -> None:
    variant = Variant("nominal", EVENTS, unseen=frozenset({"Jet_pt"}))
    mine = reached(variant, 0, 2, m=np.array([5.0, 6.0]))
    assert sorted(mine.events.names) == ["m", "met"]
    assert sorted(mine.everything.names) == ["Jet_pt", "m", "met"]
    assert mine.some(np.array([1])).flat["m"].tolist() == [6.0]


def test_late_columns_that_a_step_does_not_need_are_not_worked_out() -> None:
    def never(_: Any) -> Any:
        raise AssertionError

    late, needed = LateColumn(never, Places(np.arange(2))), frozenset({"m"})
    mine = Reached(NOMINAL, np.array([0, 2]), {"m": np.array([5.0, 6.0]), "far": late}, needed)
    for one in (mine, mine.of(varied(met=np.zeros(3)))):
        assert sorted(one.events.flat) == ["m", "met"]
        assert one.some(np.array([1])).flat["m"].tolist() == [6.0]
    assert mine.added["far"] is late


def test_some_events_of_several_variations_stand_one_behind_the_other() -> None:
    jets = EVENTS.collections["Jet"]
    known = reached(NOMINAL, 0, 2, m=np.array([5.0, 6.0]), best=jets.take(np.array([0, 2])))
    other = reached(varied(met=np.zeros(3)), 1, 2, m=np.array([7.0, 8.0]), best=known.added["best"])
    both = [(known, np.array([1])), (other, np.array([0, 1]))]
    assert only(both, {"Jet", "m"}).view.tolist() == [
        {"m": 6.0, "Jet": [{"pt": 1.0}, {"pt": 2.0}]},
        {"m": 7.0, "Jet": []},
        {"m": 8.0, "Jet": [{"pt": 1.0}, {"pt": 2.0}]},
    ]
    some = only(both, {"met", "best"}, {"best": {"pt"}})
    assert some.collections["best"].lists.counts.tolist() == [2, 1, 2]
    assert_array_equal(some.flat["met"], [math.nan, 0, 0])


def test_of_one_variation_no_object_is_copied_before_it_is_looked_at() -> None:
    some = only([(reached(NOMINAL, 0, 2), np.array([1]))], {"met", "Jet"})
    jets = some.collections["Jet"].columns
    assert isinstance(jets, Chosen)
    assert not jets._made
    assert some.view.Jet.pt.tolist() == [[1.0, 2.0]]
