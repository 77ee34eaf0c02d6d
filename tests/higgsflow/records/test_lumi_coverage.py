"""Coverage of the golden JSON, against sets of (run, lumi) pairs in plain Python."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from higgsflow.events.chunks import Range
from higgsflow.events.index import FileIndex, SampleIndex
from higgsflow.model.sample import DataSample, SampleYear, SimulatedSample, Year
from higgsflow.records.job_record import RangeSums
from higgsflow.records.lumi_coverage import (
    Coverage,
    SampleCoverage,
    by_year,
    sample_coverage,
    year_coverage,
)

if TYPE_CHECKING:
    from pathlib import Path

    Pairs = set[tuple[int, int]]

N = 10  # entries of every file, read in two ranges
GOLDEN = {"1": [[1, 4]], "2": [[2, 3], [6, 7]], "3": [[1, 2]]}
law = settings(deadline=None, max_examples=150)
rows = st.lists(
    st.tuples(st.integers(1, 4), st.integers(1, 8), st.integers(0, 3)).map(
        lambda row: (row[0], row[1], row[1] + row[2])
    ),
    max_size=4,
).map(tuple)


class File:
    """A file with what its tree lists, what its events are in, and which half of it was lost."""

    def __init__(
        self,
        listed: Any = None,
        halves: tuple[Any, Any] = ((), ()),
        lost: tuple[bool, bool] = (False, False),
    ) -> None:
        self.listed, self.halves, self.lost = listed, halves, lost

    def index(self, uuid: str) -> FileIndex:
        return FileIndex(
            url=f"/{uuid}.root", uuid=uuid, size=None, mtime_ns=None, n_entries=N, schema_id="s",
            clusters=(0, N), lumisections=self.listed,
        )  # fmt: skip

    def parts(self, uuid: str) -> list[tuple[bool, Any, Range]]:
        ends = ((0, N // 2), (N // 2, N))
        ranges = [Range(url=f"/{uuid}.root", uuid=uuid, start=a, stop=b) for a, b in ends]
        return list(zip(self.lost, self.halves, ranges, strict=True))


file = st.builds(
    File,
    st.none() | rows,
    st.tuples(rows, rows),
    st.sampled_from([(False, False)] * 3 + [(True, False), (True, True)]),
)


def pair(golden: Path | None, kind: str = "data") -> SampleYear:
    era = Year(luminosity=1.0, golden_json=str(golden), apply_golden_json=golden is not None)
    common: dict[str, Any] = {"name": "Data", "files": {"2017": "x.root"}}
    sample = DataSample(**common) if kind == "data" else SimulatedSample(**common, xs=1.0)
    return SampleYear(sample=sample, year="2017", era=era)


def read(part: Range, found: Any) -> RangeSums:
    sums = {"n_certified": 0, "sum_g": 0.0, "sum_g2": 0.0, "sum_abs_g": 0.0}
    return RangeSums(**part.model_dump(), **sums, lumisections=found)


def cover(files: list[File], golden: Path | None, kind: str = "data") -> SampleCoverage | None:
    index = SampleIndex(files=tuple(f.index(str(i)) for i, f in enumerate(files)), schemas={})
    parts = [(f, *part) for i, f in enumerate(files) for part in f.parts(str(i))]
    done = [read(r, rows if f.listed is None else None) for f, lost, rows, r in parts if not lost]
    return sample_coverage(pair(golden, kind), index, done, [r for _, lost, _, r in parts if lost])


def covered(files: list[File], golden: Path | None) -> SampleCoverage:
    found = cover(files, golden)
    assert found is not None
    return found


def slow(content: Any) -> Pairs:
    return {
        (int(run), s) for run, pairs in content.items() for a, b in pairs for s in range(a, b + 1)
    }


def of_rows(rows: Any) -> Pairs:
    return {(run, s) for run, a, b in rows for s in range(a, b + 1)}


@pytest.fixture(scope="module")
def golden(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("golden") / "golden.json"
    path.write_text(json.dumps(GOLDEN), encoding="utf-8")
    return path


@law
@given(st.lists(file, min_size=1, max_size=5), st.booleans())
def test_processed_and_missing_are_those_of_the_slow_sets(
    golden: Path, files: list[File], apply: bool
) -> None:
    found = covered(files, golden if apply else None)
    good, whole = slow(GOLDEN), set()
    for one in files:
        own = [r for half in one.halves for r in half] if one.listed is None else one.listed
        if not any(one.lost):
            whole |= of_rows(own)
    expected = whole & good if apply else whole
    assert slow(found.processed) == expected
    assert found.n_processed == len(expected)
    assert slow(found.missing) == (good - expected if apply else set())
    assert found.n_certified == (len(good) if apply else None)
    if apply:
        assert found.coverage == pytest.approx(100 * len(expected) / len(good))
    assert SampleCoverage.model_validate_json(found.model_dump_json()) == found


@law
@given(st.permutations(range(4)), st.lists(file, min_size=4, max_size=4))
def test_order_of_files_does_not_matter(golden: Path, order: list[int], files: list[File]) -> None:
    one, other = covered(files, golden), covered([files[i] for i in order], golden)
    assert one.model_copy(update={"notes": ()}) == other.model_copy(update={"notes": ()})


def test_empty_lumisections_count(golden: Path) -> None:
    found = covered([File(listed=((1, 1, 4), (3, 1, 2), (9, 1, 50)))], golden)
    assert found.processed == {"1": ((1, 4),), "3": ((1, 2),)}
    assert found.missing == {"2": ((2, 3), (6, 7))}
    assert (found.n_processed, found.n_certified, found.coverage) == (6, 10, 60.0)
    assert (found.runs, found.notes) == ((1, 3, 9), ())


def test_events_serve_where_no_tree_lists_lumisections_and_a_note_says_so(golden: Path) -> None:
    files = [File(listed=((1, 1, 2),)), File(halves=(((2, 2, 2),), ((2, 2, 3), (2, 9, 9))))]
    found = covered(files, golden)
    assert found.processed == {"1": ((1, 2),), "2": ((2, 3),)}
    (note,) = found.notes
    assert note.startswith("1 of 2 files have no LuminosityBlocks")
    assert "/1.root" in note


def test_jobs_that_did_not_record_lumisections_are_noted(golden: Path) -> None:
    found = covered([File(halves=(None, ((1, 1, 1),)))], golden)
    assert found.processed == {"1": ((1, 1),)}
    assert "did not record their lumisections" in found.notes[1]


def test_file_of_which_a_part_was_lost_does_not_count(golden: Path) -> None:
    torn = File(listed=((2, 1, 9),), lost=(False, True))
    found = covered([File(listed=((1, 1, 4),)), torn], golden)
    assert found.processed == {"1": ((1, 4),)}
    assert found.n_in_files == 8
    assert found.notes == (
        "4 lumisections are lost with files that were not read whole: 2: 2-3, 6-7",
    )


def test_lumisection_of_which_a_file_was_lost_is_noted(golden: Path) -> None:
    files = [File(listed=((1, 1, 4),)), File(listed=((1, 4, 4),), lost=(True, True))]
    found = covered(files, golden)
    assert found.n_processed == 4
    assert found.notes == (
        "1 processed lumisections lie also in files that were not read whole: 1: 4",
    )


def test_nothing_certified_is_called_out(golden: Path) -> None:
    found = covered([File(listed=((1, 5, 9),))], golden)
    assert found.coverage == 0.0
    assert found.notes == (
        "no lumisection of the files is certified: the golden JSON of another year?",
    )


def test_golden_json_without_lumisections_has_no_coverage(tmp_path: Path) -> None:
    (tmp_path / "golden.json").write_text("{}", encoding="utf-8")
    found = covered([File(listed=((1, 5, 9),))], tmp_path / "golden.json")
    assert (found.n_certified, found.coverage) == (0, None)


def test_simulation_has_no_lumisections(golden: Path) -> None:
    assert cover([File(listed=((1, 1, 1),))], golden, "simulation") is None


def year(golden: Path | None, **samples: Any) -> Any:
    return year_coverage({n: covered([File(listed=rows)], golden) for n, rows in samples.items()})


def test_primary_datasets_give_their_intersection(golden: Path) -> None:
    found = year(golden, EG=((1, 1, 4), (2, 2, 3)), MuonEG=((1, 2, 9), (2, 3, 6)))
    assert found.processed == {"1": ((2, 4),), "2": ((3, 3),)}
    assert found.missing == {"1": ((1, 1),), "2": ((2, 2), (6, 7)), "3": ((1, 2),)}
    assert (found.n_in_any, found.n_in_all, found.coverage) == (7, 4, 40.0)
    assert (found.samples, found.notes) == (("EG", "MuonEG"), ())


def test_eras_are_put_together(golden: Path) -> None:
    found = year(golden, B=((1, 1, 4),), C=((2, 1, 9),))
    assert (found.n_processed, found.n_in_any, found.n_in_all) == (8, 8, 0)
    assert found.notes[0].startswith("8 processed lumisections are of runs that other samples have")


def test_sample_that_lacks_a_run_is_named(golden: Path) -> None:
    found = year(golden, EG=((1, 1, 4), (3, 1, 2)), MuonEG=((1, 1, 4),))
    assert found.n_processed == 6
    assert "but not MuonEG: right for eras" in found.notes[0]
    assert "(3: 1-2)" in found.notes[0]


def test_run_whose_files_were_lost_counts_for_no_sample(golden: Path) -> None:
    lost = File(listed=((3, 1, 2),), lost=(True, True))
    eg = covered([File(listed=((1, 1, 4), (3, 1, 2)))], golden)
    muon = covered([File(listed=((1, 1, 4),)), lost], golden)
    found = year_coverage({"EG": eg, "MuonEG": muon})
    assert found.processed == {"1": ((1, 4),)}
    assert found.notes == ()


def test_one_sample_is_its_year(golden: Path) -> None:
    one = covered([File(listed=((1, 1, 3), (8, 1, 2)))], golden)
    shared = set(Coverage.model_fields)
    assert year_coverage({"Data": one}).model_dump(include=shared) == one.model_dump(include=shared)


def test_without_golden_json_everything_read_counts() -> None:
    found = year(None, EG=((8, 1, 4),), MuonEG=((8, 2, 9),))
    assert found.processed == {"8": ((2, 4),)}
    assert (found.n_certified, found.coverage, found.missing) == (None, None, {})


@law
@given(st.lists(rows, min_size=1, max_size=4))
def test_year_is_that_of_the_slow_sets(golden: Path, samples: list[Any]) -> None:
    found = year(golden, **{f"S{i}": rows for i, rows in enumerate(samples)})
    sets, good = [of_rows(rows) for rows in samples], slow(GOLDEN)
    expected = {
        (run, lumi)
        for run, lumi in set.union(*sets) & good
        if all((run, lumi) in s for s in sets if run in {r for r, _ in s})
    }
    assert slow(found.processed) == expected
    assert slow(found.missing) == good - expected
    assert found.n_in_any == len(set.union(*sets) & good)
    assert found.n_in_all == len(set.intersection(*sets) & good)


def test_years_are_apart_and_simulation_is_left_out(golden: Path) -> None:
    one = covered([File(listed=((1, 1, 3),))], golden)
    entries = [("ttH", "2017", None), ("Data", "2018", one), ("EG", "2017", one)]
    found = by_year([*entries, ("MuonEG", "2017", one)])
    assert {y: c.samples for y, c in found.items()} == {"2018": ("Data",), "2017": ("EG", "MuonEG")}
    assert by_year(entries[:1]) == {}
