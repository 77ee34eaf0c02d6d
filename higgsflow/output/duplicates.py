"""Events that two samples of data hold both: they would count twice where the samples add."""

from __future__ import annotations

import functools
from itertools import combinations
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa

from higgsflow.errors import NormalizationError
from higgsflow.output.arrow_arrays import without_rows
from higgsflow.output.merged_events import column_types, tables
from higgsflow.output.met_twice import chosen, hashes_of_several

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_IDENTITY = ["run", "luminosityBlock", "event"]


class DataFile(NamedTuple):
    """The merged nominal events of a sample of data.

    Attributes:
        process: samples of one are added in every table.
        is_listed: whether it is one of the primary datasets, each event of which is in one only.
        rows: of the file.
    """

    sample: str
    year: str
    process: str
    is_listed: bool
    path: Path
    rows: int

    @property
    def name(self) -> str:
        """For messages."""
        return f"{self.sample} ({self.year})"

    def is_added_to(self, other: DataFile) -> bool:
        """Whether no event may be in both."""
        return self.process == other.process or (self.is_listed and other.is_listed)


def kept_apart(files: Sequence[DataFile]) -> dict[str, str]:
    """Processes that hold events of one before them in the same year, with one such event.

    Compares (run, lumi, event). Whoever adds the data of several processes leaves these out.

    Raises:
        NormalizationError: for an event of two samples that are added; names both and the event.
    """
    shared: dict[frozenset[str], str] = {}
    for year in dict.fromkeys(file.year for file in files):
        for one, other, events in _shared([file for file in files if file.year == year]):
            event = _first(events)
            if one.is_added_to(other):
                raise NormalizationError(
                    f"{one.name} and {other.name} both hold event {event}",
                    f"and {len(events) - 1} more",
                    "name both in `primary_datasets` of the catalogue, with their triggers",
                )
            processes = frozenset((one.process, other.process))
            shared.setdefault(processes, f"{one.name} and {other.name} both hold event {event}")
    apart: dict[str, str] = {}
    together: list[str] = []
    for process in dict.fromkeys(file.process for file in files):
        found = [shared.get(frozenset((process, other))) for other in together]
        if why := next(filter(None, found), None):
            apart[process] = why
        else:
            together.append(process)
    return apart


def _shared(files: Sequence[DataFile]) -> Iterator[tuple[DataFile, DataFile, Any]]:
    """Pairs of files that hold the same events, and these."""
    if len(files) < 2:
        return
    sources = [functools.partial(_rows, file.path) for file in files]
    n = sum(file.rows for file in files)
    hashes = hashes_of_several(sources, n)
    if not len(hashes):
        return
    # each file was found to hold no event twice when it was merged
    identities = {file: chosen(rows, hashes) for file, rows in zip(files, sources, strict=True)}
    for one, other in combinations(files, 2):
        events = identities[one].join(identities[other], _IDENTITY, join_type="inner")
        if len(events):
            # where a row is a candidate, an event has several
            yield one, other, events.group_by(_IDENTITY).aggregate([])


def _rows(path: Path) -> Iterator[Any]:
    types = column_types(path)
    # a file without events has columns, too
    yield without_rows(pa.schema([(name, types[name]) for name in _IDENTITY]))
    yield from tables(path, _IDENTITY)


def _first(events: Any) -> str:
    ordered = events.sort_by([(name, "ascending") for name in _IDENTITY])
    return ":".join(str(ordered[name][0].as_py()) for name in _IDENTITY)
