from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from higgsflow.diff import parts as room
from higgsflow.diff.compare import compare_sources
from higgsflow.diff.source import Source
from higgsflow.errors import UserError
from higgsflow.model.analysis import Blinding

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from higgsflow.diff.content import PairDifference

KEY = ("S", "2017", "nominal")
TAGS = ("tth", "thq")


@pytest.fixture
def compared(
    make_parquet: Callable[..., Path], make_columns: Callable[..., dict[str, Any]]
) -> Callable[..., PairDifference]:
    """Compares usual events with others, which are given by what is other."""

    def compare(
        n: int = 6, tolerance: float = 0.0, hides: tuple[float, float] | None = None, **changes: Any
    ) -> PairDifference:
        blinding = None if hides is None else Blinding(window=hides)
        a = Source((make_parquet("a.parquet", make_columns(6)),), TAGS, blinding=blinding)
        content = {k: v for k, v in make_columns(n, **changes).items() if v.ndim}
        b = Source((make_parquet("b.parquet", content),), TAGS, blinding=blinding)
        return compare_sources(KEY, a, b, tolerance)

    return compare


def test_the_same_events_in_another_order(compared: Callable[..., PairDifference]) -> None:
    order = np.array([3, 1, 0, 5, 2, 4])
    found = compared(event=order, m_gg=120.0 + order, tag_idx=order % 2)
    assert found.is_same
    assert (found.n_a, found.n_b, found.n_matched, found.n_columns) == (6, 6, 6, 2)
    tth = found.tags[0]
    assert (tth.tag, tth.n_a, tth.n_b, tth.yield_a, tth.yield_b) == ("tth", 3, 3, 1.5, 1.5)
    assert [tag.tag for tag in found.tags] == ["tth", "thq"]


def test_events_that_moved_are_counted_and_named(
    compared: Callable[..., PairDifference],
) -> None:
    found = compared(8, tag_idx=[1, 1, 1, -1, 0, 1, 0, 0])
    moves = {(move.origin, move.target): (move.n, move.events) for move in found.moves}
    assert moves == {
        ("tth", "thq"): (2, ("1:2:0", "1:2:2")),
        ("thq", "untagged"): (1, ("1:2:3",)),
        ("absent", "tth"): (2, ("1:2:6", "1:2:7")),
    }
    assert (found.only_a, found.only_b, found.is_same) == (0, 2, False)
    fewer = compared(4)
    assert {(m.origin, m.target): m.n for m in fewer.moves} == {
        ("tth", "absent"): 1, ("thq", "absent"): 1,
    }  # fmt: skip


def test_every_tag_is_told_where_a_side_has_no_weights(
    make_parquet: Callable[..., Path], make_columns: Callable[..., dict[str, Any]]
) -> None:
    """Those after the first hundred were left out."""
    tags = tuple(f"tag{i}" for i in range(120))
    content = make_columns(120, tag_idx=np.arange(120, dtype=np.int16))
    a = Source((make_parquet("a.parquet", content),), tags)
    del content["weight_central"]
    b = Source((make_parquet("b.parquet", content),), tags)
    found = {tag.tag: tag for tag in compare_sources(KEY, a, b, 0.0).tags}
    assert tuple(found) == tags
    last = found["tag119"]
    assert (last.n_a, last.n_b, last.yield_a, last.yield_b) == (1, 1, None, None)


def test_columns_that_changed(compared: Callable[..., PairDifference]) -> None:
    mass = [120.0, 121.5, 122.0, math.nan, 124.0, 123.0]
    found = compared(m_gg=mass, extra=np.zeros(6))
    (column,) = found.columns
    assert (column.name, column.n_changed, column.n_one_nan) == ("m_gg", 3, 1)
    assert (column.max_difference, column.worst) == (-2.0, "1:2:5")
    assert column.mean_difference == pytest.approx((0.5 - 2.0) / 5)
    assert column.max_relative == pytest.approx(2 / 125)
    assert (found.columns_a, found.columns_b) == ((), ("extra",))


def test_tags_that_one_side_has_are_told(compared: Callable[..., PairDifference]) -> None:
    found = compared(tag_idx=None)
    assert (found.is_same, found.columns_a, found.columns_b) == (True, ("tag_idx",), ())


def test_differences_within_the_tolerance_are_none(
    compared: Callable[..., PairDifference],
) -> None:
    mass = (120.0 + np.arange(6)) * (1 + 1e-7)
    assert compared(m_gg=mass).columns[0].n_changed == 6
    assert compared(tolerance=1e-6, m_gg=mass).is_same


@pytest.mark.parametrize(("factor", "n_changed"), [(1.5, 0), (1 / 1.5, 0), (1.6, 6), (1 / 1.6, 6)])
def test_tolerance_is_of_the_larger_number_whichever_side_has_it(
    compared: Callable[..., PairDifference], factor: float, n_changed: int
) -> None:
    columns = compared(tolerance=0.34, m_gg=factor * (120.0 + np.arange(6))).columns
    assert sum(column.n_changed for column in columns) == n_changed
    assert all(column.max_relative == pytest.approx(0.375) for column in columns)


def test_what_is_not_a_number_is_like_itself(
    compared: Callable[..., PairDifference], make_parquet: Callable[..., Path],
    make_columns: Callable[..., dict[str, Any]],
) -> None:  # fmt: skip
    content = make_columns(3, m_gg=[math.nan, math.inf, -math.inf])
    source = Source((make_parquet("nan.parquet", content),), TAGS)
    assert compare_sources(KEY, source, source).is_same


@pytest.mark.parametrize("tolerance", [0.0, 0.5])
@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_a_number_is_never_like_what_is_none(
    compared: Callable[..., PairDifference], value: float, tolerance: float
) -> None:
    (column,) = compared(tolerance=tolerance, m_gg=[120, 121, 122, value, 124, 125]).columns
    assert (column.n_changed, column.max_difference) == (1, 0.0)
    # some event is named all the same
    assert column.worst == "1:2:3"


def test_events_that_come_twice_are_counted(compared: Callable[..., PairDifference]) -> None:
    found = compared(7, event=[0, 1, 2, 3, 4, 5, 5], m_gg=[120, 121, 122, 123, 124, 125, 7])
    assert (found.duplicates_a, found.duplicates_b, found.n_matched) == (0, 1, 6)
    assert (found.only_b, found.columns) == (1, ())


def test_blinded_events_are_taken_out_of_both_sides(
    compared: Callable[..., PairDifference],
) -> None:
    found = compared(hides=(121.5, 124.5), m_gg=[120, 121, 122, 1000, 124, 125])
    assert found.n_hidden == 5
    assert (found.n_a, found.n_b, found.n_matched) == (3, 4, 3)
    assert found.only_b == 1
    with pytest.raises(UserError, match="data are blinded by m_gg, which only one side has"):
        compared(hides=(121.5, 124.5), m_gg=None)


def test_edges_of_the_blinded_window_are_shown(compared: Callable[..., PairDifference]) -> None:
    found = compared(hides=(122.0, 124.0))
    assert (found.n_hidden, found.n_a, found.n_b) == (2, 5, 5)


def test_integers_are_compared_as_they_are(
    make_parquet: Callable[..., Path], make_columns: Callable[..., dict[str, Any]]
) -> None:
    """A float64 holds neither number."""
    one = np.array([2**53, 2**62 + 1, -(2**62), 5], np.int64)
    other = np.array([2**53 + 1, 2**62 + 1, -(2**62) - 3, 5], np.int64)
    large = [np.array([2**64 - 1, 0, 7, 8], np.uint64), np.array([2**64 - 2, 0, 7, 8], np.uint64)]
    sides = [
        Source((make_parquet(f"{name}.parquet", make_columns(4, x=x, y=y)),), TAGS)
        for name, x, y in (("a", one, large[0]), ("b", other, large[1]))
    ]
    found = {column.name: column for column in compare_sources(KEY, *sides).columns}
    assert (found["x"].n_changed, found["x"].max_difference, found["x"].worst) == (2, -3.0, "1:2:2")
    assert (found["y"].n_changed, found["y"].max_difference) == (1, -1.0)
    assert compare_sources(KEY, *sides, tolerance=1e-12).is_same
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "ROWS", 2)
        assert {c.name for c in compare_sources(KEY, *sides).columns} == {"x", "y"}
    # with one missing, numbers are what a float64 makes of them
    content = {**make_columns(4), "x": [2**53 + 1, None, 3, 4]}
    gap = Source((make_parquet("c.parquet", content),), TAGS)
    (column,) = (c for c in compare_sources(KEY, sides[0], gap).columns if c.name == "x")
    assert (column.n_changed, column.n_one_nan) == (3, 1)


def test_types_that_changed_are_told(compared: Callable[..., PairDifference]) -> None:
    found = compared(m_gg=(120 + np.arange(6)).astype(np.float32))
    assert [(one.name, one.a, one.b) for one in found.types] == [("m_gg", "float64", "float32")]
    assert found.is_same
    assert compared().types == ()


def test_what_either_side_hides_is_hidden(
    make_parquet: Callable[..., Path], make_columns: Callable[..., dict[str, Any]]
) -> None:
    path = make_parquet("a.parquet", make_columns(6))
    hides = [Blinding(window=window) for window in ((120.5, 122.5), (123.5, 125.5))]
    sides = [Source((path,), TAGS, blinding=blinding) for blinding in hides]
    found = compare_sources(KEY, *sides)
    assert (found.n_hidden, found.n_matched) == (8, 2)
    assert compare_sources(KEY, sides[0], Source((path,), TAGS)).n_hidden == 4


def test_a_side_without_events(compared: Callable[..., PairDifference]) -> None:
    found = compared(0)
    assert (found.n_b, found.only_a, found.n_matched) == (0, 6, 0)


@given(seed=st.integers(0, 99), rows=st.sampled_from([2, 3, 100]))
@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_the_number_of_parts_changes_nothing(
    compared: Callable[..., PairDifference], seed: int, rows: int
) -> None:
    rng = np.random.default_rng(seed)
    changes = {
        "event": rng.integers(0, 9, 8),
        "tag_idx": rng.integers(-1, 2, 8),
        "m_gg": rng.integers(118, 128, 8).astype(float),
    }
    whole = compared(8, **changes)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "ROWS", rows)
        parted = compared(8, **changes)
    for ours, theirs in zip(whole.columns, parted.columns, strict=True):
        assert ours.mean_difference == pytest.approx(theirs.mean_difference, abs=1e-12)
    loose = {"mean_difference": 0.0, "worst": ""}
    assert [c.model_copy(update=loose) for c in whole.columns] == [
        c.model_copy(update={**loose, "max_difference": w.max_difference})
        for c, w in zip(parted.columns, whole.columns, strict=True)
    ]
    assert {(m.origin, m.target): m.n for m in whole.moves} == {
        (m.origin, m.target): m.n for m in parted.moves
    }
    assert whole.tags == parted.tags
