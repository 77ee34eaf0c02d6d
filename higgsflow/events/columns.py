"""Events as an awkward record array: columns by name, collections as nested records.

`Photon_pt` (jagged) is `events.Photon.pt`; `MET_pt` (one number) is `events.MET_pt`. Floating
point columns are float64, whatever the file has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import lazy_loader as lazy
import numpy as np

from higgsflow.errors import MissingColumn
from higgsflow.events.lists import Lists
from higgsflow.events.objects import Chosen, Objects, unlike
from higgsflow.events.plain import PlainEvents, plain
from higgsflow.events.raw_numbers import Raw, StoredColumn

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from higgsflow.model.columns import Need

ak = lazy.load("awkward")


def locate(
    needs: Sequence[Need], available: Collection[str], url: str, needed_by: Mapping[str, str]
) -> dict[str, str]:
    """Where a file keeps each needed column: name -> source; absent optional ones are left out.

    Raises:
        MissingColumn: for the first needed column that the file lacks.
    """
    found = {}
    for need in needs:
        present = [source for source in need.candidates if source in available]
        if present:
            found[need.name] = present[0]
        elif not need.optional:
            owner = needed_by.get(need.name, "the selection")
            raise MissingColumn(" or ".join(need.candidates), owner, url, available)
    return found


def assemble(arrays: Mapping[str, Any], length: int) -> Any:
    """Columns by name put together to events; jagged ones with one prefix become a collection.

    Columns are awkward arrays, or raw ones as they were put together from baskets.
    """
    flat: dict[str, Any] = {}
    collections: dict[str, dict[str, Any]] = {}
    for name, values in arrays.items():
        prefix, _, field = name.partition("_")
        if field and _is_jagged(values):
            collections.setdefault(prefix, {})[field] = values
        else:
            flat[name] = _as_awkward(values)
    for prefix, fields in collections.items():
        flat[prefix] = _collection(prefix, fields)
    if not flat:
        return ak.Array(ak.contents.RecordArray([], [], length=length))
    return ak.zip(flat, depth_limit=1)


def assemble_plain(arrays: Mapping[str, Any], length: int) -> PlainEvents:
    """The same as plain columns, not copied where all of them are raw."""
    flat: dict[str, Any] = {}
    fields: dict[str, dict[str, Raw]] = {}
    for name, values in arrays.items():
        prefix, _, field = name.partition("_")
        if not isinstance(values, Raw):
            return plain(assemble(arrays, length))
        if values.offsets is None:
            flat[name] = values.numbers
        else:
            fields.setdefault(prefix if field else "", {})[field] = values
    collections = {}
    for prefix, raw in fields.items():
        offsets = next(iter(raw.values())).offsets
        if not prefix or prefix in flat or any(v.offsets is not offsets for v in raw.values()):
            return plain(assemble(arrays, length))
        collections[prefix] = Objects(Lists(offsets), _columns(raw))  # type: ignore[arg-type]
    return PlainEvents(length, flat, collections)


def _columns(raw: Mapping[str, Raw]) -> Mapping[str, Any]:
    waiting = {field: values for field, values in raw.items() if isinstance(values, StoredColumn)}
    if len(waiting) == len(raw):
        return Chosen(waiting)
    return {field: values.numbers for field, values in raw.items()}


def _collection(prefix: str, fields: Mapping[str, Any]) -> Any:
    """Records of objects; not copied where all of them are raw and have the same lists.

    Raises:
        InputFileError: where they have others.
    """
    name, first = next(iter(fields.items()))
    if all(isinstance(v, Raw) and v.offsets is first.offsets for v in fields.values()):
        contents = [ak.contents.NumpyArray(values.numbers) for values in fields.values()]
        records = ak.contents.RecordArray(contents, list(fields), length=int(first.offsets[-1]))
        return ak.Array(ak.contents.ListOffsetArray(ak.index.Index64(first.offsets), records))
    arrays = {name: _as_awkward(v) for name, v in fields.items()}
    lengths = ak.num(arrays[name])
    for other, values in arrays.items():
        if not ak.array_equal(ak.num(values), lengths, dtype_exact=False):
            raise unlike(f"{prefix}_{name}", f"{prefix}_{other}")
    return ak.zip(arrays, depth_limit=2)


def _is_jagged(values: Any) -> bool:
    return values.offsets is not None if isinstance(values, Raw) else values.ndim > 1


def _as_awkward(values: Any) -> Any:
    if not isinstance(values, Raw):
        return ak.values_astype(values, np.float64) if _has_float32(values) else values
    numbers = ak.contents.NumpyArray(values.numbers)
    if values.offsets is None:
        return ak.Array(numbers)
    return ak.Array(ak.contents.ListOffsetArray(ak.index.Index64(values.offsets), numbers))


def _has_float32(array: Any) -> bool:
    return "float32" in str(ak.type(array))


def combine(first: Any, second: Any) -> Any:
    """The columns of both, for the same events in the same order."""
    merged = {name: first[name] for name in first.fields}
    for name in second.fields:
        if name in merged and second[name].fields and merged[name].fields:
            both = {f: merged[name][f] for f in merged[name].fields}
            both.update({f: second[name][f] for f in second[name].fields})
            merged[name] = ak.zip(both, depth_limit=2)
        else:
            merged[name] = second[name]
    return ak.zip(merged, depth_limit=1) if merged else first


def has_column(events: Any, name: str) -> bool:
    """Whether the events have a column such as `Photon_pt` or `m_gg`."""
    if name in events.fields:
        return True
    prefix, _, field = name.partition("_")
    return bool(field) and prefix in events.fields and field in events[prefix].fields


def get_column(events: Any, name: str) -> Any:
    """A column such as `Photon_pt` or `m_gg`."""
    if name in events.fields:
        return events[name]
    prefix, _, field = name.partition("_")
    return events[prefix, field]
