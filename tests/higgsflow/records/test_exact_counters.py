from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from higgsflow.exact_sums import exact_sum
from higgsflow.records.exact_counters import add_kept, exact_counters, whole_counter
from higgsflow.records.ledger import Ledger
from higgsflow.records.ledger_sum import LedgerSum
from higgsflow.records.packed import pack
from higgsflow.selection.cutflow import Counter, count

PLAIN = {"gen:fiducial:all:": Counter(n=1, sumw=0.1, sumw2=0.3)}
WEIGHTS = st.lists(st.floats(-1e6, 1e6).filter(lambda x: abs(x) > 1e-6), max_size=5)


def of(*weights: float) -> dict[str, Counter]:
    values = np.array(weights)
    return exact_counters("b:up:0", count(values), exact_sum(values))


def test_counters_of_an_exact_sum_add_up_to_it_whoever_adds() -> None:
    found = of(1e16, 1.0, 1.0, 1e-20)
    assert [c.n for c in found.values()] == [4, 0, 0]
    assert [c.sumw for c in found.values()] == [1e16 + 2, 1e-20, 0.0]


def test_whole_counter_has_all_that_its_parts_lack() -> None:
    """1e16 + 1 rounds to 1e16, and twice so."""
    parts = {"b": Counter(n=2, sumw=1e16), "b+1": Counter(sumw=1.0), "b+2": Counter(sumw=1.0)}
    assert whole_counter(parts, "b") == Counter(n=2, sumw=1e16 + 2)


def test_sum_that_is_not_finite_is_told_as_such() -> None:
    """As what jobs of which one has an infinite weight add up to."""
    total = add_kept(of(math.inf), of(-1.0))
    assert not math.isfinite(whole_counter(total, "b:up:0").sumw)
    parts = {"b": Counter(n=2, sumw=math.inf), "b+1": Counter(sumw=-math.inf)}
    assert math.isnan(whole_counter(parts, "b").sumw)


def test_sum_rounds_once_and_the_others_as_they_did() -> None:
    """0.1 ten times is 0.9999999999999999 when it rounds nine times."""
    total = {**of(0.1), **PLAIN}
    for _ in range(9):
        total = add_kept(total, {**of(0.1), **PLAIN})
    assert whole_counter(total, "b:up:0").sumw == 1.0
    assert whole_counter(total, "b:up:0").n == 10
    assert total["gen:fiducial:all:"].sumw == 0.9999999999999999


def test_what_was_kept_without_it_is_rounded_as_it_is() -> None:
    """Two sums, of which one does not say what it lacks."""
    total = add_kept(of(0.1), {"b:up:0": Counter(n=1, sumw=0.2, sumw2=0.04)})
    assert total == {"b:up:0": Counter(n=2, sumw=0.1 + 0.2, sumw2=total["b:up:0"].sumw2)}
    assert whole_counter(total, "b:up:0") == total["b:up:0"]


@given(parts=st.lists(WEIGHTS, min_size=1, max_size=8))
def test_jobs_and_blocks_add_to_the_exact_sum(parts: list[list[float]]) -> None:
    """As rows of numbers and as objects, other sums beside it."""
    ledgers = [Ledger(before={"a": Counter(n=1)}, kept={**PLAIN, **of(*p)}) for p in parts]
    total, rows = ledgers[0], LedgerSum()
    for ledger in ledgers[1:]:
        total = total + ledger
    for ledger in ledgers:
        rows.add(pack({"nominal": ledger}), ("nominal",))
    expected = math.fsum(weight for part in parts for weight in part)
    for kept in (total.kept, rows.ledgers()["nominal"].kept):
        assert whole_counter(kept, "b:up:0").sumw == expected
        assert kept["gen:fiducial:all:"] == total.kept["gen:fiducial:all:"]
