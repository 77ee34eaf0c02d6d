"""Which events of a chunk are processed at once: a stretch of one file, or several small files.

Awkward takes its time for each call, however few events there are, so small files go together.
Their columns are the same, or each is processed alone; what fails together is tried alone, so that
the error says where.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from higgsflow.block import Read, process_parts
from higgsflow.errors import InputFileError
from higgsflow.events.failing import located
from higgsflow.events.golden import check_numbered
from higgsflow.events.lists import rows_within
from higgsflow.events.lumisections import from_pairs
from higgsflow.events.plain import concatenated
from higgsflow.events.reader import Request, open_events
from higgsflow.profiling import count_bytes, is_recording, span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from higgsflow.block import BlockResult
    from higgsflow.events.chunks import Chunk, Range
    from higgsflow.events.golden import Golden
    from higgsflow.events.lists import Index
    from higgsflow.events.lumisections import Lumisections
    from higgsflow.events.plain import PlainEvents
    from higgsflow.events.reader import EventReader
    from higgsflow.model.columns import Need
    from higgsflow.plan import Plan

    Seen = tuple[Range, Lumisections | None]
    Process = Callable[[Read], Iterator[BlockResult]]

# files that are open at the same time
_AT_ONCE = 64


class Asked(NamedTuple):
    """What a job asks of its events.

    Attributes:
        turn, book: see `Request`.
    """

    chunk: Chunk
    variations: Sequence[str]
    turn: int
    book: Path | None


class _UnlikeError(Exception):
    """Columns of files are not of the same names and types."""


@dataclass(frozen=True)
class _Piece:
    """Entries start to stop of the range of an open file."""

    part: Range
    reader: EventReader
    start: int
    stop: int

    @span("read")
    def read(self, needs: tuple[Need, ...], rows: Index | None = None) -> PlainEvents:
        """Columns of the entries, or of some of them."""
        if rows is None or len(rows) == self.stop - self.start:
            return self.reader.read(needs, self.start, self.stop)
        # without entries nothing is read but names and types
        stop = self.stop if len(rows) else self.start
        return self.reader.read(needs, self.start, stop, rows)

    def first(self, needs: tuple[Need, ...]) -> PlainEvents:
        """The columns of all entries that are needed first."""
        events = self.read(needs)
        if self.reader.lists_lumisections is not None:
            check_numbered(events.flat["run"], events.flat["luminosityBlock"], self.part.url)
        return events

    def seen(self, events: PlainEvents) -> Seen:
        """The range, with the lumisections of data of files that do not list them."""
        if self.reader.lists_lumisections is not False:
            return self.part, None
        return self.part, from_pairs(events.flat["run"], events.flat["luminosityBlock"])

    @property
    def events(self) -> Range:
        """Which events these are."""
        return self.part.model_copy(update={"start": self.start, "stop": self.stop})


def together(ranges: Sequence[Range], size: int) -> Iterator[tuple[Range, ...]]:
    """Ranges that follow each other and fit in one block; a larger one is by itself."""
    group: list[Range] = []
    n = 0
    for part in ranges:
        if group and (n + part.n_entries > size or len(group) == _AT_ONCE):
            yield tuple(group)
            group, n = [], 0
        group.append(part)
        n += part.n_entries
    if group:
        yield tuple(group)


def blocks(
    asked: Asked, plan: Plan, golden: Golden | None, by_uproot: dict[str, str]
) -> Iterator[tuple[BlockResult, tuple[Seen, ...]]]:
    """Processes a chunk block by block, with the ranges to which the sums of a result belong.

    Adds to `by_uproot` the columns that uproot read.
    """
    size = plan.analysis.jobs_manager.n_events_per_block
    process = partial(process_parts, plan, golden, asked.variations)
    for ranges in together(asked.chunk.ranges, size):
        with ExitStack() as opened:
            readers = [_open(opened, asked, plan, part) for part in ranges]
            for pieces in _pieces(ranges, readers, size):
                yield from _processed(plan, pieces, process)
            for part, reader in zip(ranges, readers, strict=True):
                if is_recording():
                    needed = reader.bytes_needed(part.start, part.stop)
                    count_bytes(read=reader.bytes_read, needed=needed)
                by_uproot.update(reader.by_uproot)


@span("open")
def _open(opened: ExitStack, asked: Asked, plan: Plan, part: Range) -> EventReader:
    request = Request(
        part=part,
        needs=(*plan.first_needs, *plan.rest_needs),
        needed_by=plan.needed_by,
        is_data=plan.context.is_data,
        replicas=plan.pair.replicas,
        turn=asked.turn,
        book=asked.book,
        looking=span("read"),
    )
    return opened.enter_context(open_events(request))


def _pieces(
    ranges: Sequence[Range], readers: Sequence[EventReader], size: int
) -> Iterator[list[_Piece]]:
    """What makes a block; a range without entries is an empty one."""
    if len(ranges) > 1:
        both = zip(ranges, readers, strict=True)
        yield [_Piece(part, reader, part.start, part.stop) for part, reader in both]
        return
    (part,), (reader,) = ranges, readers
    for start in range(part.start, max(part.stop, part.start + 1), size):
        yield [_Piece(part, reader, start, min(start + size, part.stop))]


def _processed(
    plan: Plan, pieces: Sequence[_Piece], process: Process
) -> Iterator[tuple[BlockResult, tuple[Seen, ...]]]:
    if len(pieces) > 1:
        try:
            yield from _joined(plan, pieces, process)
        except _UnlikeError:
            pass
        else:
            return
    for piece in pieces:
        yield from _alone(plan, piece, process)


def _alone(
    plan: Plan, piece: _Piece, process: Process
) -> Iterator[tuple[BlockResult, tuple[Seen, ...]]]:
    first = piece.first(plan.first_needs)
    seen = (piece.seen(first),)
    with located(piece.events):
        parts = process(Read(first, partial(piece.read, plan.rest_needs), (len(first),)))
        # the variations are made one after the other; nobody else needs what was read
        del first
        for result in parts:
            yield result, seen


def _joined(
    plan: Plan, pieces: Sequence[_Piece], process: Process
) -> Iterator[tuple[BlockResult, tuple[Seen, ...]]]:
    """All of it at once.

    Raises:
        _UnlikeError: before the first result, when these have to be processed one by one.
    """
    firsts = [piece.first(plan.first_needs) for piece in pieces]
    seen = tuple(piece.seen(first) for piece, first in zip(pieces, firsts, strict=True))
    lengths = tuple(len(first) for first in firsts)

    def rest(rows: Index) -> PlainEvents:
        ends = np.cumsum([0, *lengths]).tolist()
        of_pieces = (rows_within(rows, *stretch) for stretch in pairwise(ends))
        both = zip(pieces, of_pieces, strict=True)
        return _one([piece.read(plan.rest_needs, some) for piece, some in both])

    read = Read(_one(firsts), rest, lengths)
    # as for a single file: nobody else needs what was read
    del firsts
    try:
        for result in process(read):
            yield result, seen
    except (_UnlikeError, InputFileError):
        # the latter says by itself which file it is about
        raise
    except Exception as error:  # noqa: BLE001 (raised again below)
        failed = error
    else:
        return
    # to fail where it belongs, and not while the same is handled: it would be told twice
    for piece in pieces:
        for _ in _alone(plan, piece, process):
            pass
    raise failed


def _one(parts: list[PlainEvents]) -> PlainEvents:
    """Events of several files; none of their columns may be one that only awkward holds."""
    if len({_shape(part) for part in parts}) > 1 or any(part.others for part in parts):
        raise _UnlikeError
    return concatenated(parts)


def _shape(events: PlainEvents) -> frozenset[tuple[str, str, str]]:
    """Names and types of all columns."""
    flat = {("", name, values.dtype.str) for name, values in events.flat.items()}
    collections = events.collections.items()
    # asked for by their types: nobody may look at columns that wait
    fields = {(name, f, one.kind(f).str) for name, one in collections for f in one.columns}
    return frozenset(flat | fields)
