"""How much of the certified luminosity of data was processed.

A lumisection counts as processed when a file that lists it was read whole: also an empty one, whose
luminosity is as real as that of the others.
"""

from __future__ import annotations

import functools
import operator
from typing import TYPE_CHECKING, Any

from higgsflow.errors import shorten
from higgsflow.events.lumisections import (
    CmsFormat,
    Lumisections,
    Ranges,
    all_of_runs,
    certified_of,
    from_cms,
    from_ranges,
    shortened,
)
from higgsflow.model.noun import Noun

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from higgsflow.events.chunks import Range
    from higgsflow.events.index import FileIndex, SampleIndex
    from higgsflow.model.sample import SampleYear
    from higgsflow.records.job_record import RangeSums


_NONE_CERTIFIED = "no lumisection of the files is certified: the golden JSON of another year?"


class Coverage(Noun):
    """The lumisections of data that were processed, and those that are missing.

    Attributes:
        n_certified: of the golden JSON; None where none is applied.
        n_processed: of those (of all, without a golden JSON) the ones that were processed.
        coverage: processed in percent of certified; None where nothing is certified.
        processed, missing: the lumisections in the CMS format {"run": [[first, last], ...]}.
        runs: the runs that the files hold.
        notes: what a reader of these numbers must know.
    """

    n_certified: int | None
    n_processed: int
    coverage: float | None
    processed: CmsFormat
    missing: CmsFormat
    runs: tuple[int, ...]
    notes: tuple[str, ...] = ()


class SampleCoverage(Coverage):
    """The coverage of one sample and year.

    Attributes:
        n_in_files: certified lumisections that the files hold, processed or not, as far as is
            known.
    """

    n_in_files: int


class YearCoverage(Coverage):
    """The coverage of all samples of data of a year together.

    A lumisection is processed when every sample that has its run has processed it: of primary
    datasets, which share runs, this is the intersection; eras of one primary dataset share none,
    and are put together.

    Attributes:
        samples: their names.
        n_in_any, n_in_all: lumisections that some sample, and that every sample has processed.
    """

    samples: tuple[str, ...]
    n_in_any: int
    n_in_all: int


def sample_coverage(
    pair: SampleYear, index: SampleIndex, ranges: Iterable[RangeSums], lost: Iterable[Range]
) -> SampleCoverage | None:
    """The coverage of one sample and year, from what was read and what was not; None if simulated.

    Files with a lost range do not count at all: which of their lumisections were read whole is not
    known.
    """
    if not pair.is_data:
        return None
    of_events, torn = _of_events(ranges), {part.uuid for part in lost}
    rows = {file.uuid: _rows(file, of_events) for file in index.files}
    certified = certified_of(pair)
    sets = (
        _union(rows.values()),
        _union(rows[uuid] for uuid in rows if uuid in torn),
        _union(rows[uuid] for uuid in rows if uuid not in torn),
    )
    held, left, processed = sets if certified is None else (one & certified for one in sets)
    return SampleCoverage(
        **_numbers(processed, certified),
        n_in_files=held.n,
        runs=sets[0].runs,
        notes=(
            *_file_notes(index.files, of_events),
            *((_NONE_CERTIFIED,) if sets[0].n and not held.n else ()),
            *_loss_notes(left, processed),
        ),
    )


def year_coverage(samples: Mapping[str, SampleCoverage]) -> YearCoverage:
    """The coverage of a year, from those of its samples of data (at least one)."""
    found = list(samples.values())
    processed = [from_cms(one.processed) for one in found]
    in_any = functools.reduce(operator.or_, processed)
    in_all = functools.reduce(operator.and_, processed)
    together = in_any
    for one, own in zip(found, processed, strict=True):
        together = together - (all_of_runs(one.runs) - own)
    certified = None
    if found[0].n_certified is not None:
        certified = processed[0] | from_cms(found[0].missing)
    return YearCoverage(
        **_numbers(together, certified),
        runs=tuple(sorted({run for one in found for run in one.runs})),
        notes=_not_in_all(samples, together, in_all),
        samples=tuple(samples),
        n_in_any=in_any.n,
        n_in_all=in_all.n,
    )


def by_year(samples: Iterable[tuple[str, str, SampleCoverage | None]]) -> dict[str, YearCoverage]:
    """The coverage of each year that has data, from name, year and coverage of all samples."""
    found: dict[str, dict[str, SampleCoverage]] = {}
    for name, year, coverage in samples:
        if coverage is not None:
            found.setdefault(year, {})[name] = coverage
    return {year: year_coverage(of_year) for year, of_year in found.items()}


def _numbers(processed: Lumisections, certified: Lumisections | None) -> dict[str, Any]:
    """Processed lumisections as they compare with the certified ones."""
    if certified is None:
        unknown: dict[str, Any] = {"n_certified": None, "coverage": None, "missing": {}}
        return {**unknown, "n_processed": processed.n, "processed": processed.cms}
    n_certified = certified.n
    return {
        "n_certified": n_certified,
        "n_processed": processed.n,
        "coverage": 100.0 * processed.n / n_certified if n_certified else None,
        "processed": processed.cms,
        "missing": (certified - processed).cms,
    }


def _of_events(ranges: Iterable[RangeSums]) -> dict[str, list[Ranges | None]]:
    """What jobs found, by file."""
    found: dict[str, list[Ranges | None]] = {}
    for part in ranges:
        found.setdefault(part.uuid, []).append(part.lumisections)
    return found


def _rows(file: FileIndex, of_events: Mapping[str, Sequence[Ranges | None]]) -> Ranges:
    if file.lumisections is not None:
        return file.lumisections
    return tuple(row for rows in of_events.get(file.uuid, ()) for row in rows or ())


def _union(rows: Iterable[Ranges]) -> Lumisections:
    return from_ranges(row for of_file in rows for row in of_file)


def _file_notes(
    files: Sequence[FileIndex], of_events: Mapping[str, Sequence[Ranges | None]]
) -> Iterator[str]:
    """What is not known because files do not say it."""
    unlisted = [file for file in files if file.lumisections is None]
    if unlisted:
        yield (
            f"{len(unlisted)} of {len(files)} files have no LuminosityBlocks: of these, only "
            f"lumisections with events count (the first is {unlisted[0].url})"
        )
    silent = [file for file in unlisted if None in of_events.get(file.uuid, ())]
    if silent:
        yield (
            f"the jobs of {len(silent)} of them did not record their lumisections: "
            f"none of theirs count (the first is {silent[0].url})"
        )


def _loss_notes(left: Lumisections, processed: Lumisections) -> Iterator[str]:
    """What the loss of files does; `left` are the lumisections of those not read whole."""
    lost = left - processed
    if lost.n:
        yield (
            f"{lost.n} lumisections are lost with files that were not read whole: "
            f"{shortened(lost.cms)}"
        )
    split = left & processed
    if split.n:
        yield (
            f"{split.n} processed lumisections lie also in files that were not read whole: "
            f"{shortened(split.cms)}"
        )


def _not_in_all(
    samples: Mapping[str, SampleCoverage], together: Lumisections, in_all: Lumisections
) -> tuple[str, ...]:
    alone = together - in_all
    without = [name for name, one in samples.items() if set(alone.runs) - set(one.runs)]
    if not alone.n:
        return ()
    note = (
        f"{alone.n} processed lumisections are of runs that other samples have, but not "
        f"{shorten(without)}: right for eras, wrong for primary datasets ({shortened(alone.cms)})"
    )
    return (note,)
