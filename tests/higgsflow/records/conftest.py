"""Chunks, and records of jobs that made them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from higgsflow.events.chunks import Chunk, Range
from higgsflow.records.job_record import Effort, JobRecord, Output, Product, RangeSums
from higgsflow.records.ledger import Ledger
from higgsflow.selection.cutflow import count

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def chunks() -> tuple[Chunk, ...]:
    """Three chunks of 10, 20 and 30 entries of one file."""
    bounds = ((0, 10), (10, 30), (30, 60))
    return tuple(
        Chunk(ranges=(Range(url="/a.root", uuid="a", start=a, stop=b),)) for a, b in bounds
    )


def _ledger(n: int) -> Ledger:
    return Ledger(before={"tag": count(np.ones(n))}, after={"tag": count(np.ones(n))})


@pytest.fixture
def finish(tmp_path: Path) -> Callable[..., JobRecord]:
    """Writes what a job leaves: the file of events and, after it, the record.

    Every variation of a job counts as many events as its chunk has entries.
    """

    def write(
        chunk: Chunk, products: dict[str, Product], digest: str = "d1", **more: Any
    ) -> JobRecord:
        stem = f"{chunk.id}.{digest}"
        content = digest.encode()
        (tmp_path / f"{stem}.parquet").write_bytes(content)
        n = chunk.n_entries
        sums = {"n_certified": n, "sum_g": float(n), "sum_g2": 1.0, "sum_abs_g": 1.0}
        content_of = {
            "chunk_id": chunk.id,
            "digest": digest,
            "attempt": 1,
            "products": products,
            "ranges": tuple(RangeSums(**r.model_dump(), **sums) for r in chunk.ranges),
            "factor_sums": {"weight_pu_up": float(n)},
            "ledgers": {variation: _ledger(n) for variation in products},
            "output": Output(
                name=f"{stem}.parquet",
                size=len(content),
                checksum="",
                rows=dict.fromkeys(products, n),
            ),
            "effort": Effort(started=1, wall=2, cpu=1, peak_memory_mb=n, host=digest, pid=1),
            "versions": {},
        }
        record = JobRecord(**{**content_of, **more})
        (tmp_path / f"{stem}.json").write_text(record.model_dump_json())
        return record

    return write
