"""Random numbers that belong to an object of an event, whatever else is computed with it.

A number is a function of (seed, source, run, lumi, event, index of the object in the file) alone:
no chunking, no order and no other variation changes it.
"""

from __future__ import annotations

import hashlib
from typing import Any

import lazy_loader as lazy
import numpy as np
import numpy.typing as npt

from higgsflow.splitmix import GOLDEN, Words, mixed

ak = lazy.load("awkward")


def normal(events: Any, source: str, collection: str | None = None, seed: int = 0) -> Any:
    """Standard normal numbers, one per event, or one per object, jagged as the collection is.

    The events need run, luminosityBlock and event, and all objects that the file has.
    """
    state = mixed(np.full(len(events), _key(source, seed), dtype=np.uint64))
    for name in ("run", "luminosityBlock", "event"):
        state = mixed(state ^ mixed(np.asarray(ak.to_numpy(events[name])).astype(np.uint64)))
    if collection is None:
        return _normal(state)
    # of a field: records may hold collections of their own
    index = ak.local_index(events[collection][events[collection].fields[0]], axis=1)
    counts = ak.to_numpy(ak.num(index))
    position = np.asarray(ak.to_numpy(ak.flatten(index))).astype(np.uint64)
    flat = mixed(np.repeat(state, counts) ^ mixed(position))
    return ak.unflatten(_normal(flat), counts)


def _key(source: str, seed: int) -> int:
    content = hashlib.sha256(f"{seed}:{source}".encode()).digest()
    return int.from_bytes(content[:8], "little")


def _normal(state: Words) -> npt.NDArray[np.float64]:
    """Two numbers in (0, 1) from each state make a normal one (Box and Muller)."""
    first, second = _uniform(mixed(state)), _uniform(mixed(state ^ GOLDEN))
    values: npt.NDArray[np.float64] = np.sqrt(-2 * np.log(first)) * np.cos(2 * np.pi * second)
    return values


def _uniform(state: Words) -> npt.NDArray[np.float64]:
    # the upper 53 bits fill the mantissa; half a step keeps 0 and 1 out
    steps: npt.NDArray[np.float64] = (state >> np.uint64(11)).astype(np.float64) + 0.5
    return steps * 2.0**-53
