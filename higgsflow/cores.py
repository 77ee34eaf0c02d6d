"""The cores that this process may use."""

from __future__ import annotations

import os


def n_cores() -> int:
    """How many there are: those that a scheduler or `taskset` left, where the system tells."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
