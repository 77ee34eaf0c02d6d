"""Collections as rectangles: (events, slots) arrays with a mask, turned into jagged columns.

Rectangles keep the making of objects free of loops; NanoAOD has them jagged and ordered by pt.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import lazy_loader as lazy
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

ak = lazy.load("awkward")


def jagged(exists: NDArray[np.bool_], columns: Mapping[str, NDArray[Any]]) -> Any:
    """A jagged array of records, each event's objects by falling pt.

    Every column has the shape of `exists` and keeps its type; one array of records (instead of
    one array per column) is what makes uproot write one counter per collection.
    """
    order = np.argsort(-np.where(exists, columns["pt"], -np.inf), axis=1, kind="stable")
    kept = np.take_along_axis(exists, order, axis=1)
    flat = {
        name: np.take_along_axis(values, order, axis=1)[kept] for name, values in columns.items()
    }
    return records(kept.sum(axis=1), flat)


def records(counts: NDArray[np.integer[Any]], flat: Mapping[str, NDArray[Any]]) -> Any:
    """A jagged array of records from the number of objects per event and their flat columns."""
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    contents = [ak.contents.NumpyArray(values) for values in flat.values()]
    layout = ak.contents.RecordArray(contents, list(flat), length=int(offsets[-1]))
    return ak.Array(ak.contents.ListOffsetArray(ak.index.Index64(offsets), layout))


def fixed(values: NDArray[Any]) -> Any:
    """A jagged array whose events all have as many values as `values` (events, n) has columns."""
    n_events, length = values.shape
    offsets = np.arange(n_events + 1, dtype=np.int64) * length
    content = ak.contents.NumpyArray(np.ascontiguousarray(values).ravel())
    return ak.Array(ak.contents.ListOffsetArray(ak.index.Index64(offsets), content))


def float32(**columns: NDArray[Any]) -> dict[str, NDArray[Any]]:
    """The same columns in the precision NanoAOD stores."""
    return {name: values.astype(np.float32) for name, values in columns.items()}
