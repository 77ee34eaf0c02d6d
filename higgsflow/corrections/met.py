"""Missing momentum follows what happens to the objects."""

from __future__ import annotations

from typing import Any

import lazy_loader as lazy
import numpy as np

ak = lazy.load("awkward")


def propagated(met: tuple[Any, Any], objects: tuple[Any, Any, Any], pt_min: float) -> Any:
    """Missing momentum, its pt [GeV] and phi, after objects went from one pt to another.

    What an object gains is missing less: MET - sum over objects of (after - before), as vectors in
    the transverse plane, of those with more than `pt_min` before. `met` is pt and phi; `objects`
    are pt before, pt after and phi, jagged. Objects whose change is not a number do not count.
    Where nothing changes, or missing momentum is no number, the result is bit by bit what it was.
    """
    pt, phi = (np.asarray(ak.to_numpy(values), dtype=np.float64) for values in met)
    before, after, direction = objects
    change = after - before
    counted = (before > pt_min) & np.isfinite(change) & np.isfinite(direction)
    change = ak.where(counted, change, 0.0)
    along = ak.to_numpy(ak.sum(ak.where(counted, change * np.cos(direction), 0.0), axis=1))
    across = ak.to_numpy(ak.sum(ak.where(counted, change * np.sin(direction), 0.0), axis=1))
    moved = ak.to_numpy(ak.any(change != 0, axis=1)) & np.isfinite(pt) & np.isfinite(phi)
    x, y = pt * np.cos(phi) - along, pt * np.sin(phi) - across
    return np.where(moved, np.hypot(x, y), pt), np.where(moved, np.arctan2(y, x), phi)
