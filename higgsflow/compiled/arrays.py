"""What kernels ask of an array before they read its memory."""

from __future__ import annotations

from typing import Any

import numpy as np


def is_array(values: Any, *kinds: Any) -> bool:
    """Whether these are numbers of one of these types, one behind the other in memory."""
    return (
        isinstance(values, np.ndarray)
        and values.dtype.type in kinds
        and values.dtype.isnative
        and values.ndim == 1
        and values.flags.c_contiguous
    )
