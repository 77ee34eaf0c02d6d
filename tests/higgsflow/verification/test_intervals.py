from __future__ import annotations

from typing import Any

import pytest

from higgsflow.events.index import FileIndex, SampleIndex
from higgsflow.records.job_record import RangeSums
from higgsflow.verification.certificate import NotAsClaimed
from higgsflow.verification.intervals import check_completeness, intervals_of, is_whole


def index(**kinds: str) -> SampleIndex:
    files = tuple(
        FileIndex(
            url=f"/{name}.root", uuid=name, size=None, mtime_ns=None, n_entries=100, schema_id="s",
            clusters=(0, 100), kind=kind,
        )
        for name, kind in kinds.items()
    )  # fmt: skip
    return SampleIndex(files=files, schemas={"s": {}})


def part(uuid: str, start: int, stop: int) -> RangeSums:
    sums: dict[str, Any] = {"n_certified": 0, "sum_g": 1.0, "sum_g2": 1.0, "sum_abs_g": 1.0}
    return RangeSums(url=f"/{uuid}.root", uuid=uuid, start=start, stop=stop, **sums)


TWO = index(a="whole", b="whole")
ALL = [part("b", 0, 100), part("a", 50, 100), part("a", 0, 50)]


def test_ranges_are_sorted_by_file() -> None:
    found = intervals_of(TWO, ALL, "f")
    assert [(p.start, p.stop) for p in found["a"]] == [(0, 50), (50, 100)]
    assert is_whole(TWO.files[0], found)
    assert check_completeness(TWO, found, (True, 1.0), "f") == 200


@pytest.mark.parametrize("wrong", [part("c", 0, 10), part("a", 90, 101)])
def test_what_is_not_in_the_index_is_found(wrong: RangeSums) -> None:
    with pytest.raises(NotAsClaimed, match="are not in the index"):
        intervals_of(TWO, [wrong], "f")


def test_overlap_is_found() -> None:
    with pytest.raises(NotAsClaimed, match=r"entries 40 to 50 of /a.root are in it twice"):
        intervals_of(TWO, [part("a", 0, 50), part("a", 40, 100)], "f")


def test_a_missing_range_is_not_complete() -> None:
    found = intervals_of(TWO, ALL[:2], "f")
    assert check_completeness(TWO, found, (False, 0.75), "f") == 150
    with pytest.raises(NotAsClaimed, match="complete: True is claimed"):
        check_completeness(TWO, found, (True, 0.75), "f")
    with pytest.raises(NotAsClaimed, match=r"entries: 0\.5 is claimed"):
        check_completeness(TWO, found, (False, 0.5), "f")
    with pytest.raises(NotAsClaimed, match=r"entries: 0\.9 is claimed"):
        check_completeness(TWO, found, (False, 0.9), "f")


def test_a_torn_skim_is_left_out_whole() -> None:
    mixed = index(a="whole", b="skim")
    found = intervals_of(mixed, [part("a", 0, 100)], "f")
    assert check_completeness(mixed, found, (False, 0.5), "f") == 100
    with pytest.raises(NotAsClaimed, match=r"entries: 0\.75 is claimed"):
        check_completeness(mixed, found, (False, 0.75), "f")
    torn = intervals_of(mixed, [part("a", 0, 100), part("b", 0, 50)], "f")
    with pytest.raises(NotAsClaimed, match=r"only part of the skim /b.root is in it"):
        check_completeness(mixed, torn, (False, 0.75), "f")
