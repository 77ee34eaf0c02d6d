"""The file of a job as one table, for tests that look at what a job wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from higgsflow.output.packed import PACKED, Packed

if TYPE_CHECKING:
    from pathlib import Path


def rows_of(path: Path) -> Any:
    """All rows with all columns, also those that lie side by side in one column of the file."""
    table = pq.read_table(path)
    if PACKED not in table.column_names:
        return table
    facts = pq.read_metadata(path).metadata[b"higgsflow.packed_columns"]
    packed = Packed.from_text(facts.decode())
    for name, values in packed.columns(table[PACKED], packed.types).items():
        table = table.append_column(name, values)
    return table.drop_columns([PACKED])
