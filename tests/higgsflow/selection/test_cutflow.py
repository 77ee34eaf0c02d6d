from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
import slow_books
from cut_flows import count_cuts
from hypothesis import given, settings
from hypothesis import strategies as st

from higgsflow.selection.cutflow import (
    Counter,
    CutFlow,
    count,
    efficiency,
    weighted_efficiency,
)

law = settings(deadline=None, max_examples=40)
NAMES = ("A", "B", "C")
WORKED = np.array([2.0, 2.0, -2.0, 2.0, 2.0, 2.0])
# whole numbers add exactly, in any order
weights = st.integers(-3, 3).map(float)
rows = st.lists(st.tuples(weights, st.tuples(*[st.booleans()] * 3)), max_size=12)


def bits(text: str) -> Any:
    return np.array([character == "1" for character in text], np.bool_)


def worked() -> CutFlow:
    return count_cuts({"A": bits("111101"), "B": bits("110110"), "C": bits("101111")}, WORKED)


def flow_of(events: list[Any]) -> CutFlow:
    weight = np.array([w for w, _ in events], np.float64)
    masks = {n: np.array([m[i] for _, m in events], np.bool_) for i, n in enumerate(NAMES)}
    return count_cuts(masks, weight)


def numbers(counters: tuple[Counter, ...]) -> list[tuple[int, float, float]]:
    return [(c.n, c.sumw, c.sumw2) for c in counters]


def test_worked_counters() -> None:
    flow = worked()
    assert flow.total == Counter(n=6, sumw=8.0, sumw2=24.0)
    assert [c.n for c in flow.alone] == [5, 4, 5]
    assert [c.sumw for c in flow.alone] == [6.0, 8.0, 6.0]
    assert [c.n for c in flow.prefix] == [5, 3, 2]
    assert [c.sumw for c in flow.prefix] == [6.0, 6.0, 4.0]
    assert [c.n for c in flow.others] == [3, 4, 3]
    assert flow.passed == flow.prefix[-1]
    assert flow.passed.n == 2


def test_worked_uncertainty_of_a_weighted_efficiency() -> None:
    value, sigma = weighted_efficiency(worked().alone[0], worked().total)
    assert value == 0.75
    assert sigma == pytest.approx(0.2339, abs=5e-5)


@law
@given(rows)
def test_counters_are_those_of_the_slow_books(events: list[Any]) -> None:
    slow = slow_books.CutFlow(NAMES)
    for weight, passed in events:
        slow.count(passed, weight)
    flow = flow_of(events)
    assert numbers((flow.total,)) == [(slow.total.n, slow.total.sum_w, slow.total.sum_w2)]
    for mine, theirs in (
        (flow.alone, slow.alone),
        (flow.prefix, slow.prefixes),
        (flow.others, slow.all_but_one),
    ):
        assert numbers(mine) == [(c.n, c.sum_w, c.sum_w2) for c in theirs]
    assert flow.passed == flow.prefix[-1]


@law
@given(rows, st.lists(st.integers(0, 12), max_size=4))
def test_cut_flows_add_under_any_splitting(events: list[Any], cuts: list[int]) -> None:
    bounds = [0, *sorted(min(c, len(events)) for c in cuts), len(events)]
    parts = [flow_of(events[a:b]) for a, b in itertools.pairwise(bounds)]
    total = parts[0]
    for part in parts[1:]:
        total += part
    assert total == flow_of(events)


@law
@given(rows, rows, rows)
def test_addition_is_associative_with_no_events_as_identity(
    a: list[Any], b: list[Any], c: list[Any]
) -> None:
    x, y, z = flow_of(a), flow_of(b), flow_of(c)
    assert (x + y) + z == x + (y + z)
    assert x + flow_of([]) == x == flow_of([]) + x


@law
@given(rows)
def test_weighted_efficiency_is_that_of_the_slow_books(events: list[Any]) -> None:
    flow = flow_of(events)
    passed = slow_books.Counter(*numbers((flow.passed,))[0])
    total = slow_books.Counter(*numbers((flow.total,))[0])
    expected = slow_books.weighted_efficiency(passed, total)
    found = weighted_efficiency(flow.passed, flow.total)
    assert found == ((None, None) if expected is None else pytest.approx(expected))


def test_sum_survives_being_written() -> None:
    total = worked() + worked()
    assert CutFlow.model_validate_json(total.model_dump_json()) == total


def test_flows_of_unlike_cuts_do_not_add() -> None:
    other = count_cuts({"A": bits("1")}, np.ones(1))
    with pytest.raises(ValueError, match="unlike cuts"):
        worked() + other


def test_end_alone_adds_too() -> None:
    end = CutFlow(cuts=(), total=Counter(), passed=count(WORKED))
    assert (end + end).passed == Counter(n=12, sumw=16.0, sumw2=48.0)


def test_mask_chooses_what_is_counted() -> None:
    assert count(WORKED, bits("001001")) == Counter(n=2, sumw=0.0, sumw2=8.0)


def test_no_events_give_zero_counters_of_every_cut() -> None:
    flow = count_cuts({"a": bits(""), "b": bits("")}, np.zeros(0))
    assert flow.cuts == ("a", "b")
    assert flow.total == flow.passed == flow.alone[1] == Counter()


@pytest.mark.parametrize("n", [1, 9, 10, 11, 20])
def test_many_cuts_are_counted_as_one_by_one(n: int) -> None:
    """The way of counting changes with the number of cuts."""
    random = np.random.default_rng(n)
    masks = {f"c{i}": random.random(300) < 0.8 for i in range(n)}
    weight = random.integers(-3, 4, 300).astype(np.float64)
    flow = count_cuts(masks, weight)
    for i, mask in enumerate(masks.values()):
        others = [m for j, m in enumerate(masks.values()) if j != i]
        before = list(masks.values())[: i + 1]
        assert flow.alone[i] == count(weight, mask)
        assert flow.prefix[i] == count(weight, np.logical_and.reduce(before))
        assert flow.others[i] == count(weight, np.logical_and.reduce([mask | True, *others]))
    assert flow.passed == flow.prefix[-1]


def test_efficiency_of_nothing_is_none() -> None:
    assert efficiency(Counter(), Counter()) is None
    assert weighted_efficiency(Counter(), Counter()) == (None, None)
    assert efficiency(Counter(n=1), Counter(n=4)) == 0.25


def test_weights_that_cancel_have_no_efficiency() -> None:
    assert weighted_efficiency(Counter(n=1, sumw=1, sumw2=1), Counter(n=2, sumw2=2)) == (None, None)


def test_weighted_efficiency_may_leave_its_usual_range() -> None:
    total, passed = Counter(n=3, sumw=1.0, sumw2=3.0), Counter(n=2, sumw=2.0, sumw2=2.0)
    value, sigma = weighted_efficiency(passed, total)
    assert value == 2.0
    assert sigma == pytest.approx(math.sqrt(1 * 2 + 4 * 1))
    assert weighted_efficiency(Counter(n=1, sumw=-1.0, sumw2=1.0), total)[0] == -1.0
