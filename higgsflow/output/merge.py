"""The merge: job outputs become one file per variation, scaled once.

weight_central of a job is the generator weight times the central factors; here it is multiplied
with scale1fb and luminosity, so that a yield is a plain sum.
"""

from __future__ import annotations

import functools
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from higgsflow.errors import NormalizationError, StoreError
from higgsflow.ingredients import digest
from higgsflow.output.arrow_arrays import arrow_array, arrow_number, same_text
from higgsflow.output.atomic import written_atomically
from higgsflow.output.chunk_file import ChunkFile, unreadable
from higgsflow.output.manifest import Manifest
from higgsflow.output.merge_order import IDENTITY, TAGS, MergeOrder, Part
from higgsflow.output.merged_file import ROW_GROUP, TABLES, WRITERS, MergedWriter
from higgsflow.output.met_twice import met_twice
from higgsflow.output.provenance import annotated, provenance
from higgsflow.output.renamed_file import by_names_of_today
from higgsflow.output.rescale import rescaled
from higgsflow.output.verified import State, Verified
from higgsflow.sharing import alone
from higgsflow.taggers.base import CANDIDATE_IDX
from higgsflow.weight_columns import is_whole_weight

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping, Sequence
    from pathlib import Path

    from higgsflow.sharing import Share

# each open file keeps up to a row group in memory [bytes, of all]: with more variations, the job
# outputs are opened again rather than all kept
_TOGETHER = 100_000_000
# what a column of a table that waits takes beside its rows [bytes]
_COLUMN = 512


def merge(order: MergeOrder, share: Share = alone) -> Generator[tuple[str, Manifest], None, None]:
    """Writes the merged file of every variation, streaming the job outputs.

    Some variations are merged at a time; the manifest of each comes when its file is whole.

    Args:
        order: what to merge.
        share: who does the work, in any order.

    Raises:
        StoreError: when an output is damaged or lacks a column.
        NormalizationError: when data hold one event twice.
    """
    passes = list(_passes(order))
    # of several passes none need do it again
    states = {}
    if len(passes) > 1:
        states = dict(share(_verify, _outputs(order), "job outputs compared with their checksums"))
    work = functools.partial(_merge_together, order, states)
    for found in share(work, passes, "groups of variations merged"):
        yield from found.items()


def _passes(order: MergeOrder) -> Iterator[list[str]]:
    """The variations that are merged together."""
    together: list[str] = []
    n_bytes = 0
    for variation in order.parts:
        needed = len(order.input_columns(variation)) * _column_bytes(order.parts[variation])
        if together and n_bytes + needed > _TOGETHER:
            yield together
            together, n_bytes = [], 0
        together.append(variation)
        n_bytes += needed
    if together:
        yield together


def _column_bytes(parts: Sequence[Part]) -> int:
    """What a column of an open file takes at most: no column has numbers of more bytes than 8."""
    n_rows = min(sum(part.most_rows for part in parts), ROW_GROUP)
    return 8 * n_rows + _COLUMN * min(len(parts), TABLES)


def _outputs(order: MergeOrder) -> list[Part]:
    """All job outputs, each once."""
    parts = {part.path: part for parts in order.parts.values() for part in parts}
    return list(parts.values())


def _verify(part: Part) -> tuple[Path, State]:
    """The state of a job output whose checksum is that of its record."""
    with unreadable(part.path):
        return part.path, Verified().verify(part.path, part.checksum)


def _merge_together(
    order: MergeOrder, states: Mapping[Path, State], variations: Sequence[str]
) -> dict[str, Manifest]:
    """Some variations in one pass over the job outputs, of which some are verified."""
    verified = Verified(states)
    with ExitStack() as stack:
        writers: dict[str, MergedWriter] = {}
        known: dict[str, Any] = {}
        for variation, table in _tables(order, variations, verified):
            if variation not in writers:
                temporary = stack.enter_context(written_atomically(order.path(variation)))
                writers[variation] = _writer(order, variation, temporary, table)
                stack.callback(writers[variation].release)
                known[variation] = table.schema
            _refuse_other_types(known[variation], table)
            writers[variation].add(table)
        if order.is_data and writers:
            _refuse_duplicates(order, verified, variations[0], writers[variations[0]].rows)
        for writer in writers.values():
            writer.close()
        return {v: _manifest(order, v, writer) for v, writer in writers.items()}


def _writer(order: MergeOrder, variation: str, path: Path, table: Any) -> MergedWriter:
    """The writer of a merged file, which says of itself what it is; `table` has no rows."""
    facts = {
        "sample": order.sample,
        "year": order.year,
        "variation": variation,
        "inputs": order.inputs[variation],
        "chunks": digest([part.chunk_id for part in order.parts[variation]]),
        **order.scale_facts,
    }
    scaled = _scaled(order, variation, table).schema
    schema = pa.schema([field.with_nullable(False) for field in scaled])
    known = annotated(schema, order.origin.descriptions, provenance(order.origin, facts))
    writer = WRITERS[order.output_format](path, known, order.trees)
    writer.final = functools.partial(_scaled, order, variation)
    return writer


def _tables(
    order: MergeOrder, variations: Sequence[str], verified: Verified
) -> Iterator[tuple[str, Any]]:
    """The variation and rows of one table after the other; of a job output only what is theirs."""
    columns = {variation: order.input_columns(variation) for variation in variations}
    by_stem: dict[str, list[str]] = {}
    outputs: dict[str, Part] = {}
    for variation in variations:
        for part in order.parts[variation]:
            by_stem.setdefault(part.stem, []).append(variation)
            outputs.setdefault(part.stem, part)
    for stem, part in outputs.items():
        file = by_names_of_today(ChunkFile(part.path, part.checksum, verified), part.called)
        for variation in by_stem[stem]:
            for table in file.read(variation, columns[variation]):
                yield variation, table


def _scaled(order: MergeOrder, variation: str, table: Any) -> Any:
    """The rows with their final columns."""
    _refuse_missing(table, order)
    table = rescaled(table, order.ratios.get(variation, {}))
    central = table["weight_central"]
    per_fb = arrow_number(1.0 if order.scale1fb is None else order.scale1fb)
    scale = arrow_number(order.scale)
    columns = {name: table[name] for name in (*IDENTITY, *order.variables, *TAGS)}
    columns["weight_central"] = pc.multiply(central, scale)
    columns["weight_central_no_lumi"] = pc.multiply(central, per_fb)
    columns["weight_central_initial"] = table["weight_central_initial"]
    for name in order.weights[variation]:
        whole = is_whole_weight(name)
        columns[name] = pc.multiply(table[name], scale) if whole else table[name]
    n = len(table)
    columns["process_id"] = arrow_array(np.full(n, order.process_id, dtype=np.int32))
    columns["year"] = same_text(order.year, n)
    return pa.table(columns)


def _refuse_other_types(known: Any, table: Any) -> None:
    """All job outputs have the same columns with the same types."""
    if table.schema.equals(known):
        return
    for field, expected in zip(table.schema, known, strict=True):
        if field.type != expected.type:
            raise StoreError(
                f"column '{field.name}' differs in type between job outputs",
                f"{field.type} and {expected.type}",
            )


def _refuse_missing(table: Any, order: MergeOrder) -> None:
    """An event has a value in every column."""
    for name in table.column_names:
        if table[name].null_count:
            raise StoreError(f"column '{name}' of {order.sample} ({order.year}) lacks values")


def _of_row(order: MergeOrder) -> list[str]:
    """The columns that tell which event a row is, and which candidate of it."""
    return [*IDENTITY, *(name for name in order.variables if name == CANDIDATE_IDX)]


def _refuse_duplicates(order: MergeOrder, verified: Verified, variation: str, n: int) -> None:
    """Of n rows of data: an event, or a candidate of one, may be there once."""

    def rows() -> Iterator[Any]:
        for part in order.parts[variation]:
            file = by_names_of_today(ChunkFile(part.path, part.checksum, verified), part.called)
            yield from file.read(variation, _of_row(order))

    twice = met_twice(rows, n)
    if len(twice):
        first = ":".join(str(twice[name][0].as_py()) for name in IDENTITY)
        raise NormalizationError(
            f"{order.sample} ({order.year}) holds event {first} more than once",
            f"and {len(twice) - 1} more" if len(twice) > 1 else "",
            "are overlapping files or primary datasets in the catalogue?",
        )


def _manifest(order: MergeOrder, variation: str, writer: MergedWriter) -> Manifest:
    return Manifest(
        inputs=order.inputs[variation],
        sample=order.sample,
        year=order.year,
        variation=variation,
        path=order.path(variation).name,
        rows=writer.rows,
        size=writer.path.stat().st_size,
        checksum=writer.checksum,
        columns={field.name: str(field.type) for field in writer.schema},
        chunks=tuple((part.chunk_id, part.stem) for part in order.parts[variation]),
        holds_selection=order.holds_selection,
        files=order.origin.files,
        ranges=order.origin.ranges,
        **order.scale_facts,
    )
