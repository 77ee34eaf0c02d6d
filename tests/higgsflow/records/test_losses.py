"""Numbers by hand: four files of five ranges of ten entries each, of which some are lost."""

from __future__ import annotations

import math
from itertools import starmap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from higgsflow.events.chunks import Range
from higgsflow.records.job_record import RangeSums
from higgsflow.records.losses import Losses, losses

ALL = [(file, part) for file in "abcd" for part in range(5)]


def read(file: str, part: int, n: int = 10, mean: float = 1.0, spread: float = 0.5) -> RangeSums:
    """Weights of which one half is `spread` above the mean, and one half below."""
    return RangeSums(
        url=f"/{file}.root", uuid=file, start=part * n, stop=part * n + n, n_certified=n,
        sum_g=n * mean, sum_g2=n * (mean**2 + spread**2), sum_abs_g=n * mean,
    )  # fmt: skip


def gone(file: str, part: int, n: int = 10) -> Range:
    return Range(url=f"/{file}.root", uuid=file, start=part * n, stop=part * n + n)


def without(lost: list[tuple[str, int]]) -> Losses:
    kept = [place for place in ALL if place not in lost]
    found = losses(list(starmap(read, kept)), list(starmap(gone, lost)), [(10, 5)] * len(kept))
    assert found is not None
    return found


def test_nothing_lost_is_nothing_to_look_at() -> None:
    assert losses([read("a", 0)], [], [(10, 1)]) is None


@pytest.mark.parametrize(
    ("lost", "pattern", "ways"),
    [
        ([("b", i) for i in range(5)], "of one file", 4),
        ([("b", 1), ("b", 2)], "of one file", 4 * math.comb(5, 2)),
        ([(f, i) for f in "ab" for i in range(5)], "whole files", math.comb(4, 2)),
        ([(f, 4) for f in "abcd"], "the ends of files", 1),
        ([(f, 0) for f in "ab"], "the beginnings of files", math.comb(4, 2)),
        ([("a", 1), ("b", 3)], "", math.comb(20, 2)),
    ],
)
def test_chance_is_the_share_of_choices_that_look_alike(
    lost: list[tuple[str, int]], pattern: str, ways: int
) -> None:
    found = without(lost)
    assert (found.n_ranges, found.n_lost, found.fraction_lost) == (20, len(lost), len(lost) / 20)
    assert found.pattern == pattern
    assert found.chance == ways / math.comb(20, len(lost))


def test_what_is_left_out_of_a_skim_was_read_and_is_lost_in_entries() -> None:
    """The ranges say where failures were, the entries how much is missing."""
    done, lost = [read("a", i) for i in range(5)], [gone("b", 0)]
    left_out = [gone("b", i) for i in range(1, 5)]
    found = losses(done, lost, [(10, 5)] * 5, left_out)
    assert found is not None
    assert (found.n_ranges, found.n_lost, found.fraction_lost) == (10, 1, 0.5)
    assert found.pattern != "whole files"


def test_files_without_events_have_no_part_in_it() -> None:
    done, lost, selected = [read("a", 0), read("b", 0)], [gone("c", 0)], [(10, 5)] * 2
    empty = read("d", 0, n=0), gone("e", 0, n=0)
    found = losses([*done, empty[0]], [*lost, empty[1]], [*selected, (0, 0)], [gone("f", 0, n=0)])
    assert found is not None
    assert found.n_ranges == 3
    assert found.model_copy(update={"selected": None}) == losses(done, lost, [])
    assert losses(done, [empty[1]], selected) is None


def test_files_of_one_range_are_lost_as_likely_as_any() -> None:
    found = losses([read(f, 0) for f in "abcd"], [gone(f, 0) for f in "ef"], [(10, 5)] * 4)
    assert found is not None
    assert found.chance == 1.0


def test_mean_position_of_lost_ranges_is_compared_with_that_of_all() -> None:
    """The middles are at 0.1, 0.3, ... 0.9, with variance 0.08; five of twenty are lost."""
    found = without([*((f, 4) for f in "abcd"), ("a", 3)]).position
    assert found is not None
    assert found.lost == pytest.approx((4 * 0.9 + 0.7) / 5)
    assert found.every == pytest.approx(0.5)
    sigma = math.sqrt(0.08 / 5 * 15 / 19)
    assert found.chance == pytest.approx(math.erfc(0.36 / sigma / math.sqrt(2)))
    # four are too few for a normal distribution
    assert without([(f, 4) for f in "abcd"]).position is None


def test_lost_ranges_of_large_files_are_seen() -> None:
    done = [read(f, 0) for f in "abcdefghij"] + [read("z", 0)]
    found = losses(done, [gone("z", i) for i in range(1, 6)], [(10, 5)] * 11)
    assert found is not None
    placing = found.file_entries
    assert placing is not None
    assert (placing.lost, placing.every) == (60.0, (10 * 10 + 6 * 60) / 16)
    assert placing.chance < 0.01


def test_means_that_differ_more_than_their_statistics() -> None:
    """Means 1.0 and 1.2 of 100 events of variance 25 / 99 each."""
    done = [read("a", 0, 100, 1.0), read("b", 0, 100, 1.2)]
    found = losses(done, [gone("c", 0)], [(100, 20), (100, 40)])
    assert found is not None
    assert found.weight is not None
    variance = 50 / 198
    assert found.weight.mean == pytest.approx(1.1)
    assert found.weight.ndf == 1
    assert found.weight.chi2 == pytest.approx(2 * 100 * 0.1**2 / variance)
    assert found.weight.excess == pytest.approx(math.sqrt((2 - variance) / 100) / 1.1)
    assert (found.weight.is_beyond(4.0), found.weight.is_beyond(5.0)) == (True, False)
    assert found.selected is not None
    assert found.selected.mean == pytest.approx(0.3)
    assert found.selected.chi2 == pytest.approx(2 / 0.21)
    assert found.selected.excess == pytest.approx(math.sqrt((2 - 0.21) / 100) / 0.3)


@pytest.mark.parametrize("unit", [2.0**-30, 2.0**30])
@pytest.mark.parametrize(("spread", "other"), [(0.5, 1.2), (0.0, 1.0), (0.0, 1.0 + 1e-5)])
def test_spread_does_not_depend_on_the_unit_of_weights(
    unit: float, spread: float, other: float
) -> None:
    found = []
    for one in (1.0, unit):
        means = {"a": one, "b": other * one, "c": one}
        done = [read(file, 0, 10, mean, spread * one) for file, mean in means.items()]
        of_weights = losses(done, [gone("d", 0)], [(10, 5)] * 3)
        assert of_weights is not None
        assert of_weights.weight is not None
        found.append(of_weights.weight.changed(mean=of_weights.weight.mean / one))
    assert found[0] == found[1]
    assert (found[0].chi2 == 0.0) == (other == 1.0)


def test_weights_that_cancel_have_no_relative_spread() -> None:
    done = [read("a", 0, mean=1.0), read("b", 0, mean=-1.0)]
    found = losses(done, [gone("c", 0)], [(10, 5)] * 2)
    assert found is not None
    assert found.weight is not None
    assert (found.weight.mean, found.weight.excess) == (0.0, 0.0)


def test_equal_parts_do_not_differ() -> None:
    found = without([("a", 0)])
    for spread in (found.weight, found.selected):
        assert spread is not None
        assert (spread.chi2, spread.excess, spread.is_beyond(0.0)) == (0.0, 0.0, False)


def test_weights_that_are_all_the_same_do_not_differ() -> None:
    done = [read("a", 0, spread=0.0), read("b", 0, spread=0.0)]
    found = losses(done, [gone("c", 0)], [(10, 5)] * 2)
    assert found is not None
    assert found.weight is not None
    assert (found.weight.chi2, found.weight.excess) == (0.0, 0.0)


def test_files_of_different_constant_weights_differ_without_bound() -> None:
    done = [read("a", 0, spread=0.0), read("b", 0, mean=2.0, spread=0.0)]
    found = losses(done, [gone("c", 0)], [(10, 5)] * 2)
    assert found is not None
    assert found.weight is not None
    assert found.weight.chi2 is None
    assert found.weight.is_beyond(1e9)
    assert found.weight.excess == pytest.approx(math.sqrt(5.0 / 10) / 1.5)


def test_how_much_ranges_of_one_event_differ_by_chance_nobody_knows() -> None:
    weights = [1.5, -1.5, 1.5, 2.0]
    done = [read("a", i, 1, weight, spread=0.0) for i, weight in enumerate(weights)]
    found = losses(done, [gone("a", 4, 1)], [(1, 0), (1, 1), (1, 1), (1, 0)])
    assert found is not None
    assert found.weight is None
    assert found.selected is not None


@pytest.mark.parametrize("chunks", [[(10, None), (10, 5)], [(10, 5), (10, 12)], []])
def test_no_selected_fraction_where_it_is_none(chunks: list[tuple[int, int | None]]) -> None:
    found = losses([read("a", 0), read("a", 1)], [gone("a", 2)], chunks)
    assert found is not None
    assert found.selected is None


@given(
    st.lists(
        st.tuples(st.integers(1, 50), st.floats(0.1, 3), st.floats(0, 2)), min_size=2, max_size=9
    ),
    st.floats(0.01, 100),
    st.randoms(use_true_random=False),
)
def test_neither_the_unit_of_weights_nor_the_order_matters(parts, unit, rng) -> None:  # type: ignore[no-untyped-def]
    def looked_at(factor: float, shuffled: bool) -> Losses:
        done = [read(str(i), 0, n, factor * m, factor * s) for i, (n, m, s) in enumerate(parts)]
        done.append(read("y", 0, 2, factor, factor))
        if shuffled:
            rng.shuffle(done)
        found = losses(
            done, [gone("z", 1), gone("z", 0)], [*((n, n // 2) for n, _, _ in parts), (2, 1)]
        )
        assert found is not None
        return found

    before, after = looked_at(1.0, shuffled=False), looked_at(unit, shuffled=True)
    assert (before.pattern, before.chance) == (after.pattern, after.chance)
    assert before.weight is not None
    assert after.weight is not None
    assert before.weight.excess == pytest.approx(after.weight.excess, abs=1e-5)
    if before.weight.chi2 and after.weight.chi2 and before.weight.chi2 < 1e6:
        assert before.weight.chi2 == pytest.approx(after.weight.chi2, rel=1e-5, abs=1e-5)
