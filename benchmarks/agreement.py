"""All must have selected the same events, in every variation, with the same tags and weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

COLUMNS = ["event", "tag_idx", "weight_central"]
_TOLERANCE = 1e-5  # weights are float32 in files, and multiplied in another order

Selected = dict[str, pa.Table]


def selected(folder: Path) -> Selected:
    """Per variation the events that a peer selected, sorted."""
    paths = sorted(folder.glob("*.parquet"))
    return {path.stem: _sorted(pq.read_table(path, columns=COLUMNS)) for path in paths}


def selected_by_program(chunks: Sequence[Path]) -> Selected:
    """Per variation the events of job outputs, sorted; a variation without events has no entry."""
    whole = pa.concat_tables(pq.read_table(p, columns=[*COLUMNS, "variation"]) for p in chunks)
    names = whole["variation"].cast(pa.string())
    return {
        name: _sorted(whole.filter(pc.equal(names, name)).select(COLUMNS))
        for name in sorted(set(names.to_pylist()))
    }


def disagreements(one: Selected, other: Selected) -> list[str]:
    """What differs, a line for each variation of the first; empty where nothing does."""
    found = []
    for name in sorted(one):
        a, b = (_numbers(tables.get(name)) for tables in (one, other))
        if len(a["event"]) != len(b["event"]) or not (a["event"] == b["event"]).all():
            apart = np.setxor1d(a["event"], b["event"])
            found.append(f"{name}: {len(apart)} events differ, first {apart[:3].tolist()}")
        elif not (a["tag_idx"] == b["tag_idx"]).all():
            found.append(f"{name}: tags differ")
        elif not np.allclose(a["weight_central"], b["weight_central"], rtol=_TOLERANCE):
            found.append(f"{name}: weights differ")
    return found


def demand(who: str, one: Selected, other: Selected) -> None:
    """Ends the measurement where events differ: what it compares would not be the same work.

    Raises:
        SystemExit: with the first differences.
    """
    if not sum(map(len, one.values())):
        raise SystemExit(f"{who}: no event was selected")
    if found := disagreements(one, other):
        raise SystemExit(f"{who}: other events than the program\n" + "\n".join(found[:5]))


def _sorted(table: pa.Table) -> pa.Table:
    return table.sort_by("event")


def _numbers(table: pa.Table | None) -> dict[str, np.ndarray]:
    if table is None:
        return {name: np.empty(0) for name in COLUMNS}
    return {name: table[name].to_numpy() for name in COLUMNS}
