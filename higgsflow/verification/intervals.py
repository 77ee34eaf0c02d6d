"""Which entries of which files are in a merged file, by the records of its jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from higgsflow.verification.certificate import NotAsClaimed, claim

if TYPE_CHECKING:
    from collections.abc import Sequence

    from higgsflow.events.index import FileIndex, SampleIndex
    from higgsflow.records.job_record import RangeSums

Intervals = dict[str, list["RangeSums"]]


def intervals_of(index: SampleIndex, ranges: Sequence[RangeSums], where: str) -> Intervals:
    """The ranges of each file by its UUID, in order.

    Raises:
        NotAsClaimed: for a range of an unknown file or beyond its end, and for ranges that overlap.
    """
    known = {file.uuid: file for file in index.files}
    found: Intervals = {}
    for part in sorted(ranges, key=lambda part: (part.uuid, part.start, part.stop)):
        file = known.get(part.uuid)
        if file is None or not 0 <= part.start <= part.stop <= file.n_entries:
            raise NotAsClaimed(
                f"entries {part.start} to {part.stop} of {part.url} are not in the index", where
            )
        before = found.setdefault(part.uuid, [])
        if before and part.start < before[-1].stop:
            raise NotAsClaimed(
                f"entries {part.start} to {before[-1].stop} of {part.url} are in it twice", where
            )
        before.append(part)
    return found


def check_completeness(
    index: SampleIndex, intervals: Intervals, claimed: tuple[bool, float], where: str
) -> int:
    """How many entries are in it; `claimed` says whether that is all, and the fraction that is.

    Raises:
        NotAsClaimed: when more is claimed than is there, or a torn skim is in it.
    """
    complete, fraction = claimed
    n = sum(part.stop - part.start for parts in intervals.values() for part in parts)
    for file in index.files:
        if file.kind == "skim" and intervals.get(file.uuid) and not is_whole(file, intervals):
            raise NotAsClaimed(f"only part of the skim {file.url} is in it", where)
    claim("complete", complete, n == index.n_entries and complete, where)
    there = n / index.n_entries if index.n_entries else 1.0
    if abs(there - fraction) > 1e-12:
        claim("fraction of the entries", fraction, there, where)
    return n


def is_whole(file: FileIndex, intervals: Intervals) -> bool:
    """Whether every entry of a file is in it."""
    return sum(part.stop - part.start for part in intervals.get(file.uuid, ())) == file.n_entries
