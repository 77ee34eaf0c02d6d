"""What kernels ask of an array before they read its memory."""

from __future__ import annotations

from typing import Any

import numpy as np


def is_array(values: Any, *kinds: Any) -> bool:
    """Whether these are numbers of one of these types, one behind the other in memory."""
    return (
        isinstance(values, np.ndarray)
        and values.dtype in kinds
        and values.ndim == 1
        and values.flags.c_contiguous
    )


def are_positions(values: Any, n: int) -> bool:
    """Whether these are positions among n entries, counted from the beginning."""
    if not is_array(values, np.int64):
        return False
    return not len(values) or bool(values.min() >= 0 and values.max() < n)
