"""The table of a sample's jobs as files: JSON with everything, parquet with a row per chunk."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from higgsflow.output.atomic import write_text, written_atomically
from higgsflow.records.job_state import JobState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from higgsflow.records.job_state import JobsTable

_TYPES: dict[Any, pa.DataType] = {
    str: pa.string(),
    int: pa.int64(),
    float: pa.float64(),
    float | None: pa.float64(),
    int | None: pa.int64(),
    # counts by class, as JSON
    dict[str, int]: pa.string(),
}


def write_job_table(table: JobsTable, path: Path) -> None:
    """Writes `path`, a JSON file, and beside it the chunks as parquet."""
    with written_atomically(path.with_suffix(".parquet")) as temporary:
        pq.write_table(as_arrow(table.chunks), temporary)
    write_text(path, table.model_dump_json(indent=1))


def as_arrow(states: Sequence[JobState]) -> pa.Table:
    """One row for each chunk, the fields of `JobState` as columns, typed also without rows."""
    fields = JobState.model_fields
    schema = pa.schema([(n, _TYPES.get(f.annotation, pa.string())) for n, f in fields.items()])
    rows = [{**s.model_dump(), "failures": json.dumps(s.failures, sort_keys=True)} for s in states]
    return pa.Table.from_pylist(rows, schema=schema)
