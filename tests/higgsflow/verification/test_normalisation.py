from __future__ import annotations

import pytest

from higgsflow.events.index import FileIndex, RunsSums, SampleIndex
from higgsflow.model.sample import SampleYear, SimulatedSample, Year
from higgsflow.records.job_record import RangeSums
from higgsflow.verification.intervals import intervals_of
from higgsflow.verification.normalisation import denominator_of, scale1fb_of


def file(uuid: str, n: int, runs: float, kind: str = "whole") -> FileIndex:
    sums = RunsSums(count=n, sumw=runs, sumw2=1.0)
    return FileIndex(
        url=uuid, uuid=uuid, size=None, mtime_ns=None, n_entries=n, schema_id="s",
        clusters=(0, n), kind=kind, runs=sums,
    )  # fmt: skip


def read(uuid: str, start: int, stop: int, s: float) -> RangeSums:
    return RangeSums(
        url=uuid, uuid=uuid, start=start, stop=stop, n_certified=0, sum_g=s, sum_g2=1.0,
        sum_abs_g=abs(s),
    )  # fmt: skip


WHOLE = [read("f1", 0, 1000, 900.0)]
HALF = [read("f1", 0, 500, 450.0)]
SECOND = [read("f2", 0, 500, 460.0)]
SKIMMED = [read("f2", 0, 500, 12.0)]


@pytest.mark.parametrize(
    ("kind", "ranges", "d", "expected"),
    [
        ("whole", WHOLE + SECOND, 1360.0, 0.0008464096),
        ("whole", WHOLE, 900.0, 0.0012790189),
        ("skim", HALF + SKIMMED, 910.0, 0.0012649637),
        ("skim", [*HALF, read("f2", 0, 499, 11.0)], 450.0, 0.0025580378),
    ],
)
def test_worked_example(kind: str, ranges: list[RangeSums], d: float, expected: float) -> None:
    index = SampleIndex(files=(file("f1", 1000, 900.0), file("f2", 500, 460.0, kind)), schemas={})
    found = denominator_of(index, intervals_of(index, ranges, "m"))
    assert found == d
    sample = SimulatedSample(name="S", files={"2017": ("f",)}, xs=0.5071, bf=0.00227)
    pair = SampleYear(sample=sample, year="2017", era=Year(luminosity=1.0))
    assert scale1fb_of(pair, found) == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize(("ranges", "d"), [([read("f2", 0, 0, 0.0)], 1360.0), ([], 900.0)])
def test_a_skim_that_kept_nothing_counts_once_a_job_has_read_it(
    ranges: list[RangeSums], d: float
) -> None:
    index = SampleIndex(files=(file("f1", 1000, 900.0), skim_of_nothing()), schemas={})
    assert denominator_of(index, intervals_of(index, [*WHOLE, *ranges], "m")) == d


def skim_of_nothing() -> FileIndex:
    return file("f2", 0, 460.0, "skim")


def test_a_scale_by_hand_is_taken_as_it_is() -> None:
    sample = SimulatedSample(name="S", files={"2017": ("f",)}, xs=1.0, scale1fb=0.25)
    pair = SampleYear(sample=sample, year="2017", era=Year(luminosity=1.0))
    assert scale1fb_of(pair, 7.0) == 0.25
