from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from higgsflow.errors import NormalizationError
from higgsflow.output.duplicates import refuse_shared

if TYPE_CHECKING:
    from pathlib import Path


def merged(folder: Path, name: str, *events: int) -> Path:
    n = len(events)
    columns = {
        "run": pa.array([1] * n, pa.uint32()),
        "luminosityBlock": pa.array([2] * n, pa.uint32()),
        "event": pa.array(events, pa.uint64()),
    }
    path = folder / f"{name}.parquet"
    pq.write_table(pa.table(columns), path)
    return path


def test_shared_event_is_named_with_both_samples(tmp_path: Path) -> None:
    large = 2**64 - 1
    files = {name: merged(tmp_path, name, *events) for name, events in (
        ("One", (5, large)), ("Two", (6,)), ("Three", (7, large, 5)),
    )}  # fmt: skip
    with pytest.raises(NormalizationError) as caught:
        refuse_shared(files)
    assert str(caught.value).startswith("One and Three both hold event 1:2:5\n")
    assert "and 1 more" in str(caught.value)


def test_different_events_are_fine(tmp_path: Path) -> None:
    refuse_shared({"One": merged(tmp_path, "One", 2**64 - 1), "Two": merged(tmp_path, "Two")})
    refuse_shared({"One": merged(tmp_path, "One", 1)})
    refuse_shared({})
