"""The file that Trees2WS of flashggFinalFit reads, made from merged files.

`<directory>/<process>_<mass>_<energy>_<tag>` holds the nominal events of a tag, and with
`_<systematic>Up01sigma` those of a variation. Data are `Data_<energy>_<tag>`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from higgsflow.archive import configuration_digest
from higgsflow.code import own_digest
from higgsflow.model.noun import Noun
from higgsflow.output.arrow_arrays import numpy_kind
from higgsflow.output.atomic import written_atomically
from higgsflow.output.finalfit_branches import (
    FinalFitOrder,
    Rows,
    branches,
    by_category,
    needed_columns,
)
from higgsflow.output.finalfit_untagged import Untagged
from higgsflow.output.merged_events import column_types, tables
from higgsflow.output.merged_file import ABOUT
from higgsflow.output.provenance import Origin, as_text, provenance
from higgsflow.output.root_file import new_root_file

if TYPE_CHECKING:
    from collections.abc import Iterator


NOTAG = "NOTAG"


class FinalFitManifest(Noun):
    """One file for FinalFit, beside this, and the number of entries of each of its trees."""

    inputs: str
    made_from: dict[str, Any] = {}
    size: int
    path: str
    trees: dict[str, int]


def write_final_fit(order: FinalFitOrder) -> FinalFitManifest:
    """Writes the file, streaming the merged events of one variation after the other.

    Raises:
        StoreError: when merged events cannot be read, or have a category without a name.
    """
    trees: dict[str, int] = {}
    with written_atomically(order.path) as temporary:
        with new_root_file(temporary) as file:
            file[f"{ABOUT}/provenance"] = _provenance(order)
            for variation in order.suffixes:
                trees |= _write_variation(file, order, variation)
        size = temporary.stat().st_size
    return FinalFitManifest(inputs=order.inputs, path=order.path.name, size=size, trees=trees)


def _provenance(order: FinalFitOrder) -> str:
    names = ("sample", "year", "scale1fb", "luminosity", "denominator", "mode", "complete")
    facts = {name: getattr(order.nominal, name) for name in (*names, "fraction")}
    own = {"inputs": order.inputs, "normalisation": order.options.normalisation}
    origin = Origin(
        configuration=configuration_digest(order.analysis),
        own_code=own_digest(order.analysis.code_references),
        files=order.nominal.files,
        tags=order.tags,
    )
    return as_text(provenance(origin, {**facts, **own}))


def _write_variation(file: Any, order: FinalFitOrder, variation: str) -> dict[str, int]:
    """The trees of one variation, also those without rows; returns their entries."""
    with_notag = order.options.notag and order.with_weights(variation)
    untagged = Untagged(order) if with_notag else None
    trees: dict[str, Any] = {}
    entries: dict[str, int] = {}
    for rows in _rows(order, variation):
        content = branches(order, variation, rows)
        types = {name: values.dtype for name, values in content.items()}
        for category, chosen in by_category(order, rows):
            path = order.tree(category, variation)
            if path not in trees:
                trees[path], entries[path] = file.mktree(path, types), 0
            entries[path] += int(chosen.sum())
            if chosen.any():
                trees[path].extend({name: values[chosen] for name, values in content.items()})
        if untagged is not None:
            untagged.add(rows)
    if untagged is not None:
        found = untagged.rows()
        tree = file.mktree(order.tree(NOTAG), {name: v.dtype for name, v in found.items()})
        tree.extend(found)
        entries[order.tree(NOTAG)] = len(found["weight"])
    return entries


def _rows(order: FinalFitOrder, variation: str) -> Iterator[Rows]:
    """The rows of a merged file, some at a time; first none, which tells the types."""
    path = Path(order.merged[variation].path)
    columns = needed_columns(order, variation)
    types = column_types(path)
    yield {name: np.empty(0, numpy_kind(types[name])) for name in columns}
    for table in tables(path, columns):
        yield {name: table[name].to_numpy() for name in columns}
