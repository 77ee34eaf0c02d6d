"""Columns of the small trees of a file, such as `Runs`: what can be used of them is known here."""

from __future__ import annotations

from typing import Any

import numpy as np

from higgsflow.errors import InputFileError

_NUMBERS = "buif"


def one_each(values: Any, name: str, where: str) -> np.ndarray[Any, Any]:
    """A column of one number for each row, of an awkward array.

    Raises:
        InputFileError: where it holds anything else; `where` says of which tree of which file.
    """
    if values.ndim != 1 or not _holds_numbers(values):
        raise InputFileError(
            f"'{name}' in {where} is of type {values.type.content}",
            "one number for each row is needed",
        )
    return np.asarray(values)


def is_of_lists(values: Any) -> bool:
    """Whether a column has one list of numbers for each row."""
    return bool(values.ndim == 2) and _holds_numbers(values)


def _holds_numbers(values: Any) -> bool:
    innermost = str(values.type.content).rpartition("* ")[2]
    try:
        return np.dtype(innermost).kind in _NUMBERS
    except TypeError:
        return False
