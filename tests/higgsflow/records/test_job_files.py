from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from higgsflow.records.job_files import as_arrow, write_job_table
from higgsflow.records.job_state import JobsHead, JobState, tabulate

if TYPE_CHECKING:
    from pathlib import Path

HEAD = JobsHead(
    sample="Sig", year="2017", engine="local", host="h", pid=1, began=0.0, min_completion=1.0
)


def state(branch: int, **changes: Any) -> JobState:
    facts = {"chunk_id": f"c{branch}", "n_entries": 10, "first_url": "/a.root", "start": 0}
    return JobState(**{"branch": branch, **facts, **changes})


def test_both_files_say_the_same(tmp_path: Path) -> None:
    states = [state(0, status="done", wall=2.5, n_bytes=7), state(1, failures={"time": 2})]
    table = tabulate(HEAD, states, driven=False, now=0.0)
    write_job_table(table, tmp_path / "job_table.json")
    told = json.loads((tmp_path / "job_table.json").read_text("utf-8"))["chunks"]
    rows = pq.read_table(tmp_path / "job_table.parquet").to_pylist()
    assert [{**row, "failures": json.loads(row["failures"])} for row in rows] == told
    assert [row["wall"] for row in rows] == [2.5, 0.0]


def test_columns_have_types_without_rows() -> None:
    filled, empty = as_arrow([state(0)]), as_arrow([])
    assert empty.schema == filled.schema
    assert empty.num_rows == 0
    assert str(empty.schema.field("n_bytes").type) == "int64"
    assert str(empty.schema.field("memory_mb").type) == "double"
