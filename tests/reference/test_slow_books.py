"""The worked numbers of the semantics."""

from __future__ import annotations

import math

import pytest
from slow_books import (
    CutFlow,
    FileSums,
    Moments,
    apply_weight,
    denominator,
    is_certified,
    merge_lhe,
    merge_moments,
    moments_of,
    remove_overlap,
    scale1fb,
    weighted_efficiency,
)


def bits(text: str) -> list[bool]:
    return [character == "1" for character in text]


F1 = FileSums("whole", 1000, 1000, 900.0, 900.0, 1000.0)
F2 = FileSums("whole", 500, 500, 460.0, 460.0, 500.0)
F1_HALF = FileSums("whole", 1000, 500, 450.0, 900.0)
F2_MISSING = FileSums("whole", 500, 0, 0.0, 460.0)


@pytest.mark.parametrize(
    ("files", "d", "scale"),
    [
        ([F1, F2], 1360.0, 0.0008464096),
        ([F1, F2_MISSING], 900.0, 0.0012790189),
        ([F1_HALF, FileSums("skim", 500, 500, 12.0, 460.0)], 910.0, 0.0012649637),
        ([F1, FileSums("skim", 500, 499, 11.0, 460.0)], 900.0, 0.0012790189),
        ([F1, FileSums("partial", 10, 10, 460.0, 45869.0)], 1360.0, 0.0008464096),
    ],
)
def test_denominator_is_what_was_processed(files: list[FileSums], d: float, scale: float) -> None:
    assert denominator(files) == d
    result = scale1fb(d, 0.5071, [0.00227], may_be_negative=False)
    assert result == pytest.approx(scale, rel=1e-7)


def test_whole_file_that_disagrees_with_its_runs_is_an_error() -> None:
    with pytest.raises(ValueError, match="read 900"):
        denominator([FileSums("whole", 10, 10, 900.0, 901.0, 1000.0)])


@pytest.mark.parametrize("d", [0.0, math.nan, math.inf, -1.0])
def test_sum_of_weights_without_meaning_is_an_error(d: float) -> None:
    with pytest.raises(ValueError, match="sum of weights"):
        scale1fb(d, 1.0, [], may_be_negative=False)


def test_declared_interference_may_be_negative() -> None:
    assert scale1fb(-2.0, 1.0, [0.5, 4.0], may_be_negative=True) == -1000.0


def test_lhe_sums_merge_weighted() -> None:
    merged = merge_lhe([(900.0, [1.0, 1.04]), (460.0, [1.0, 1.10])])
    assert merged == pytest.approx([1.0, 1.0602941], rel=1e-7)


def test_first_tag_in_priority_takes_the_event() -> None:
    overlap = remove_overlap([bits("01101"), bits("11001"), bits("10101")], 5)
    assert overlap.tag_idx == [1, 0, 0, -1, 0]
    assert overlap.before == [3, 3, 3]
    assert overlap.after == [3, 1, 0]
    assert overlap.matrix == [[3, 2, 2], [2, 3, 2], [2, 2, 3]]


def worked_cut_flow() -> CutFlow:
    flow = CutFlow(("A", "B", "C"))
    decisions = zip(bits("111101"), bits("110110"), bits("101111"), strict=True)
    for passed, weight in zip(decisions, (2.0, 2.0, -2.0, 2.0, 2.0, 2.0), strict=True):
        flow.count(passed, weight)
    return flow


def test_cut_flow_counts_alone_prefixes_and_all_but_one() -> None:
    flow = worked_cut_flow()
    assert (flow.total.n, flow.total.sum_w, flow.total.sum_w2) == (6, 8.0, 24.0)
    assert [c.n for c in flow.alone] == [5, 4, 5]
    assert [c.sum_w for c in flow.alone] == [6.0, 8.0, 6.0]
    assert [c.n for c in flow.prefixes] == [5, 3, 2]
    assert [c.sum_w for c in flow.prefixes] == [6.0, 6.0, 4.0]
    assert [c.n for c in flow.all_but_one] == [3, 4, 3]
    assert flow.prefixes[-1].n == 2


def test_weighted_efficiency_has_the_worked_uncertainty() -> None:
    flow = worked_cut_flow()
    efficiency = weighted_efficiency(flow.alone[0], flow.total)
    assert efficiency == pytest.approx((0.75, 0.2339), abs=5e-5)


def test_efficiency_of_nothing_is_none() -> None:
    empty = CutFlow(("A",))
    assert weighted_efficiency(empty.alone[0], empty.total) is None


def test_moments_merge_to_those_of_the_union() -> None:
    merged = merge_moments(moments_of([0.9, 1.0, 1.1]), moments_of([1.2, 1.4]))
    assert (merged.n, merged.low, merged.high) == (5, 0.9, 1.4)
    assert merged.mean == pytest.approx(1.12)
    assert merged.m2 == pytest.approx(0.148)
    assert merged.std == pytest.approx(0.17205, abs=5e-6)


def test_empty_moments_are_the_identity() -> None:
    some = moments_of([0.9, 1.4])
    assert merge_moments(some, Moments()) == some
    assert merge_moments(Moments(), some) == some
    assert merge_moments(Moments(), Moments()).std is None


@pytest.mark.parametrize(
    ("run", "lumi", "certified"),
    [(7, 2, False), (7, 3, True), (7, 5, True), (7, 6, False), (7, 9, True), (8, 3, False)],
)
def test_certified_ranges_are_inclusive(run: int, lumi: int, certified: bool) -> None:
    assert is_certified({"7": [[3, 5], [9, 9]]}, run, lumi) is certified


def test_factors_are_one_outside_the_mask() -> None:
    results = [
        apply_weight(1.0, 2.0, {"up": 3.0}, in_mask=inside, modify_central=True)
        for inside in (False, True, True, False)
    ]
    assert [r.weight_central for r in results] == [1.0, 2.0, 2.0, 1.0]
    assert [r.factors["up"] for r in results] == [1.0, 3.0, 3.0, 1.0]
    assert [r.full["up"] for r in results] == [1.0, 3.0, 3.0, 1.0]


def test_full_weight_keeps_a_central_that_was_not_modified() -> None:
    result = apply_weight(5.0, 2.0, {"up": 3.0}, in_mask=True, modify_central=False)
    assert (result.weight_central, result.full) == (5.0, {"up": 15.0})


def test_zero_central_factor_needs_no_division() -> None:
    result = apply_weight(5.0, 0.0, {"up": 3.0}, in_mask=True, modify_central=True)
    assert (result.weight_central, result.full) == (0.0, {"up": 15.0})


def test_non_finite_factor_is_an_error() -> None:
    with pytest.raises(ValueError, match="nan"):
        apply_weight(1.0, 1.0, {"up": math.nan}, in_mask=True, modify_central=True)
