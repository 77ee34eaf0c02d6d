"""Values of awkward arrays as numpy arrays, and where the list of each event begins."""

from __future__ import annotations

from typing import Any

import lazy_loader as lazy
import numpy as np
import numpy.typing as npt

from higgsflow.events.lists import Index, Lists
from higgsflow.events.objects import Objects

ak = lazy.load("awkward")

Array = npt.NDArray[Any]
# whatever an array of events can have: numbers, collections, and what only awkward can hold
Values = Any


def plain_values(values: Any) -> Values:
    """Numbers of events as a numpy array, records of objects as a collection, the rest as it is."""
    if isinstance(values, np.ndarray):
        return values
    layout = ak.to_layout(ak.to_packed(values))
    if layout.is_numpy and layout.purelist_depth == 1:
        return np.asarray(layout.data)
    if layout.is_list and layout.content.is_record and not layout.content.is_tuple:
        contents = {f: layout.content.content(f) for f in layout.content.fields}
        if all(c.is_numpy and c.purelist_depth == 1 for c in contents.values()):
            lists = Lists(_offsets(layout))
            return Objects(lists, {f: np.asarray(c.data)[: lists.n] for f, c in contents.items()})
    return values


def values_of_objects(values: Any) -> tuple[Array, Index] | None:
    """Jagged numbers as a flat array and where each list begins; None for anything else."""
    found = _in_parts(values)
    if found is None:
        return None
    content, offsets = found
    chosen = content[offsets[0] : offsets[-1]]
    return chosen, offsets - offsets[0] if offsets[0] else offsets


def _in_parts(values: Any) -> tuple[Array, Index] | None:
    # derives from awkward's arrays
    from higgsflow.events.quick_views import QuickNumbers  # noqa: PLC0415

    if isinstance(values, QuickNumbers) and (known := values.in_parts()):
        return known
    if not isinstance(values, ak.Array) or values.ndim != 2:
        return None
    layout = values.layout
    if not (isinstance(layout, ak.contents.ListOffsetArray) and layout.content.is_numpy):
        layout = ak.to_packed(values).layout
    if not layout.is_list or not layout.content.is_numpy or layout.content.purelist_depth != 1:
        return None
    return np.asarray(layout.content.data), _offsets(layout)


def _offsets(layout: Any) -> Index:
    if isinstance(layout, ak.contents.ListOffsetArray):
        return np.asarray(layout.offsets.data, dtype=np.int64)
    return np.asarray(layout.to_ListOffsetArray64(True).offsets.data)
