"""The table of a sample's jobs as files: JSON with everything, parquet with a row per chunk."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from higgsflow.output.arrow_arrays import each_number, each_text
from higgsflow.output.atomic import write_text, written_atomically
from higgsflow.records.job_state import JobState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from higgsflow.records.job_state import JobsTable

# of numbers; all else are texts
_KINDS: dict[Any, str] = {
    int: "int64",
    float: "float64",
    float | None: "float64",
    int | None: "int64",
}


def write_job_table(table: JobsTable, path: Path) -> None:
    """Writes `path`, a JSON file, and beside it the chunks as parquet."""
    with written_atomically(path.with_suffix(".parquet")) as temporary:
        pq.write_table(as_arrow(table.chunks), temporary)
    write_text(path, table.model_dump_json(indent=1))


def as_arrow(states: Sequence[JobState]) -> pa.Table:
    """One row for each chunk, the fields of `JobState` as columns, typed also without rows."""
    fields = JobState.model_fields.items()
    return pa.table({name: _column(name, f.annotation, states) for name, f in fields})


def _column(name: str, annotation: Any, states: Sequence[JobState]) -> pa.Array:
    values = [getattr(state, name) for state in states]
    if kind := _KINDS.get(annotation):
        return each_number(values, kind)
    if annotation == dict[str, int]:
        # counts by class
        values = [json.dumps(counts, sort_keys=True) for counts in values]
    return each_text(values)
