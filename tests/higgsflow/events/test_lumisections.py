"""Sets of lumisections, against sets of (run, lumi) pairs in plain Python."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from higgsflow.errors import InvalidConfiguration
from higgsflow.events.golden import load_golden
from higgsflow.events.index import FileIndex, SampleIndex
from higgsflow.events.lumisections import (
    Lumisections,
    Ranges,
    all_of_runs,
    certified_of,
    check_certified,
    from_cms,
    from_golden,
    from_pairs,
    from_ranges,
    shortened,
    written,
)
from higgsflow.model.sample import DataSample, SampleYear, SimulatedSample, Year

if TYPE_CHECKING:
    from pathlib import Path

    Pairs = set[tuple[int, int]]

law = settings(deadline=None, max_examples=200)
LAST = 2**32 - 1
# few runs and lumisections at the ends of what there can be, so that ranges meet and touch
runs = st.sampled_from([0, 1, 2, 297050, LAST - 1, LAST])
lumis = st.sampled_from([0, 1, 2, 3, 4, 7, LAST - 3, LAST - 2, LAST - 1, LAST])
pairs = st.frozensets(st.tuples(runs, lumis), max_size=30)
some_range = st.tuples(runs, st.integers(0, 12), st.integers(0, 12)).map(
    lambda row: (row[0], *sorted(row[1:]))
)
ranges = st.lists(some_range, max_size=8)


def made(of: Any) -> Lumisections:
    rows = sorted(of)
    return from_pairs([run for run, _ in rows], [lumi for _, lumi in rows])


def told(lumisections: Lumisections) -> Pairs:
    return {(run, lumi) for run, a, b in lumisections.ranges for lumi in range(a, b + 1)}


def slow(rows: Any) -> Pairs:
    return {(run, lumi) for run, a, b in rows for lumi in range(a, b + 1)}


@law
@given(pairs, pairs)
def test_operations_are_those_of_sets(a: Pairs, b: Pairs) -> None:
    one, other = made(a), made(b)
    assert told(one | other) == a | b
    assert told(one & other) == a & b
    assert told(one - other) == a - b
    assert one.n == len(a)
    assert one.runs == tuple(sorted({run for run, _ in a}))


@law
@given(ranges, ranges)
def test_operations_on_ranges_are_those_of_sets(a: Any, b: Any) -> None:
    one, other = from_ranges(a), from_ranges(b)
    assert told(one) == slow(a)
    assert told(one | other) == slow(a) | slow(b)
    assert told(one & other) == slow(a) & slow(b)
    assert told(one - other) == slow(a) - slow(b)
    assert (one - other).n + (one & other).n == one.n == len(slow(a))


@law
@given(ranges, ranges, pairs)
def test_equal_sets_have_equal_ranges(a: Any, b: Any, c: Pairs) -> None:
    one, other, third = from_ranges(a), from_ranges(b), made(c)
    for result in (one, one | other, one & other, one - other, third - one):
        assert result.ranges == made(told(result)).ranges
        for (run, _, end), (next_run, begin, _) in itertools.pairwise(result.ranges):
            assert (run, end + 1) < (next_run, begin)


@law
@given(st.lists(ranges, max_size=6), st.randoms())
def test_files_merge_in_any_order(files: list[Any], random: Any) -> None:
    whole = from_ranges(row for file in files for row in file).ranges
    random.shuffle(files)
    merged = from_ranges([])
    for file in files:
        merged = merged | from_ranges(file)
    assert merged.ranges == whole == from_ranges(row for file in files for row in file).ranges


@law
@given(pairs)
def test_json_gives_back_what_was_written(
    tmp_path_factory: pytest.TempPathFactory, a: Pairs
) -> None:
    one = made(a)
    path = tmp_path_factory.getbasetemp() / "processed_lumis.json"
    path.write_text(written(one.cms), encoding="utf-8")
    content = json.loads(path.read_text(encoding="utf-8"))
    assert {
        (int(r), s) for r, rows in content.items() for a, b in rows for s in range(a, b + 1)
    } == a
    assert from_cms(content).ranges == one.ranges
    # the golden JSON has the same format
    assert from_golden(load_golden(path)).ranges == one.ranges
    assert list(content) == [str(run) for run in one.runs]


def test_format_is_that_of_brilcalc() -> None:
    found = from_pairs([297050, 297050, 299368, 297050], [6, 5, 1, 9])
    assert written(found.cms) == '{"297050": [[5, 6], [9, 9]],\n "299368": [[1, 1]]}\n'
    assert written({}) == "{}\n"


def test_neighbours_in_different_runs_stay_apart() -> None:
    found = from_pairs([1, 2], [LAST, 0])
    assert found.ranges == ((1, LAST, LAST), (2, 0, 0))
    assert found.n == 2


def test_nothing_lies_between_the_last_of_a_run_and_the_first_of_the_next() -> None:
    both = from_ranges([(1, 5, LAST), (2, 0, 3)])
    left = all_of_runs([1, 2]) - both
    assert left.ranges == ((1, 0, 4), (2, 4, LAST))
    assert (from_ranges([(1, LAST, LAST), (2, 0, 0)]) - both).ranges == ()


def test_whole_run_can_be_taken_away() -> None:
    assert (from_ranges([(1, 3, 5), (2, 1, 1)]) - all_of_runs([1])).ranges == ((2, 1, 1),)
    assert (from_ranges([(LAST, 0, LAST)]) - all_of_runs([LAST])).n == 0


@pytest.mark.parametrize("kind", [np.uint32, np.int32, np.int64, np.uint64])
def test_types_of_a_file_are_taken_as_they_are(kind: Any) -> None:
    columns = np.array([297050, 297050], kind), np.array([3, 4], kind)
    assert from_pairs(*columns).ranges == ((297050, 3, 4),)


def test_a_million_lumisections_are_few_ranges() -> None:
    rng = np.random.default_rng(1)
    run = np.repeat(np.arange(1000, dtype=np.uint32) + 300000, 1000)
    lumi = np.tile(np.arange(1000, dtype=np.uint32) + 1, 1000)
    order = rng.permutation(len(run))
    found = from_pairs(run[order], lumi[order])
    assert found.n == 1_000_000
    assert len(found.ranges) == 1000
    odd = from_pairs(run[lumi % 2 == 1], lumi[lumi % 2 == 1])
    assert (found - odd).n == (found & odd).n == odd.n == 500_000


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ({}, ""),
        ({"7": [(1, 4), (9, 9)]}, "7: 1-4, 9"),
        ({"7": [(1, 4), (9, 9)], "8": [(1, 1)], "9": [(1, 1), (3, 3)]}, "7: 1-4, 9; 8: 1 and 2"),
    ],
)
def test_messages_have_the_first_ranges(content: Any, text: str) -> None:
    rest = " more ranges" if " and " in text else ""
    assert shortened(content, limit=3) == text + rest


def pair(golden: Path, apply: bool = True, kind: str = "data") -> SampleYear:
    era = Year(luminosity=1.0, golden_json=str(golden), apply_golden_json=apply)
    common: dict[str, Any] = {"name": "Data", "files": {"2017": "x.root"}}
    sample = DataSample(**common) if kind == "data" else SimulatedSample(**common, xs=1.0)
    return SampleYear(sample=sample, year="2017", era=era)


def index(*files: Ranges | None) -> SampleIndex:
    found = tuple(
        FileIndex(
            url=f"/{i}.root", uuid=str(i), size=None, mtime_ns=None, n_entries=1, schema_id="s",
            clusters=(0, 1), lumisections=rows,
        )
        for i, rows in enumerate(files)
    )  # fmt: skip
    return SampleIndex(files=found, schemas={})


@pytest.fixture
def golden(tmp_path: Path) -> Path:
    path = tmp_path / "golden.json"
    path.write_text('{"315257": [[1, 28]], "325172": [[1, 30]]}', encoding="utf-8")
    return path


OTHER_YEAR: Ranges = ((297050, 1, 42), (306459, 1, 45))


def test_golden_json_of_another_year_is_an_error(golden: Path) -> None:
    with pytest.raises(InvalidConfiguration) as caught:
        check_certified(pair(golden), index(OTHER_YEAR[:1], OTHER_YEAR[1:]))
    assert str(caught.value).splitlines() == [
        f"no run of Data (2017) is in {golden}: the golden JSON of another year?",
        "  runs of the files: 297050 to 306459; of the golden JSON: 315257 to 325172",
        "  give the golden JSON of that year, or say apply_golden_json: false",
    ]


def test_golden_json_without_runs_is_an_error(golden: Path) -> None:
    golden.write_text("{}", encoding="utf-8")
    with pytest.raises(InvalidConfiguration, match="of the golden JSON: none"):
        check_certified(pair(golden), index(OTHER_YEAR))


@pytest.mark.parametrize(
    "files",
    [
        [(*OTHER_YEAR, (315257, 99, 99))],  # a run in common, though no lumisection
        [OTHER_YEAR, None],  # what a file does not list may be certified
        [()],
    ],
)
def test_golden_json_that_may_be_right_passes(golden: Path, files: Any) -> None:
    check_certified(pair(golden), index(*files))


@pytest.mark.parametrize(("apply", "kind"), [(False, "data"), (True, "simulation")])
def test_nothing_is_certified_where_no_golden_json_is_applied(
    golden: Path, apply: bool, kind: str
) -> None:
    check_certified(pair(golden, apply, kind), index(OTHER_YEAR))
    assert certified_of(pair(golden, apply, kind)) is None


def test_certified_are_those_of_the_golden_json(golden: Path) -> None:
    certified = certified_of(pair(golden))
    assert certified is not None
    assert certified.ranges == ((315257, 1, 28), (325172, 1, 30))


def test_a_single_range_that_is_not_shown_is_one() -> None:
    content = {"1": ((1, 2), (4, 4), (6, 9))}
    assert shortened(content, 2) == "1: 1-2, 4 and 1 more range"
    assert shortened(content, 1) == "1: 1-2 and 2 more ranges"
