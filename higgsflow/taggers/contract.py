"""What the sequence asks of a tagger's answer: one value per event, of the declared type.

Answers are made plain (numpy) once per step, before they are counted for each variation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import lazy_loader as lazy
import numpy as np
import numpy.typing as npt

from higgsflow.errors import TaggerError, UnknownName
from higgsflow.taggers.base import COLLECTION, Decision, Tagger

if TYPE_CHECKING:
    from higgsflow.model.context import Context

ak = lazy.load("awkward")

Mask = npt.NDArray[np.bool_]
Index = npt.NDArray[np.int64]


@dataclass(frozen=True)
class CutGroup(Mapping[str, Mask]):
    """Named masks of one group as plain arrays of one value per entry.

    Attributes:
        edges: of objects, where those of each row begin and end; None for one entry per row.
    """

    masks: dict[str, Mask]
    edges: Index | None = None

    def __getitem__(self, name: str) -> Mask:
        return self.masks[name]

    def __iter__(self) -> Any:
        return iter(self.masks)

    def __len__(self) -> int:
        return len(self.masks)

    def of(
        self, rows: slice, weight: npt.NDArray[np.float64]
    ) -> tuple[dict[str, Mask], npt.NDArray[np.float64]]:
        """The masks of some rows, and the weight of each entry; `weight` is that of the rows."""
        if self.edges is None:
            return {name: mask[rows] for name, mask in self.masks.items()}, weight
        start, stop, _ = rows.indices(len(self.edges) - 1)
        edges = self.edges[start : max(start, stop) + 1]
        entries = slice(int(edges[0]), int(edges[-1]))
        masks = {name: mask[entries] for name, mask in self.masks.items()}
        return masks, np.repeat(weight, np.diff(edges))


@dataclass(frozen=True)
class PlainDecision(Decision):
    """A decision of plain arrays, the cuts of each group together."""

    cuts: Mapping[str, CutGroup] = field(default_factory=dict)


def checked(tagger: Tagger, decision: Decision, n: int, context: Context) -> PlainDecision:
    """The decision with plain arrays.

    Raises:
        TaggerError: when the tagger does not keep its word.
        UnknownName: when it did not return a column that it declares.
    """
    said = f"tagger '{tagger.name}' returned"
    mask = _boolean(_plain(decision.mask, f"{said} a mask", n), f"{said} a mask")
    columns = _columns(decision, tagger, n, context)
    category = decision.category
    if category is not None:
        category = cast(_plain(category, f"{said} categories", n), "int16", f"{said} categories")
    groups = {name: _shared_group(masks, said, n, context) for name, masks in decision.cuts.items()}
    plain = {name: group for name, group in groups.items() if len(group)}
    return PlainDecision(mask, columns, plain or {"events": CutGroup({"mask": mask})}, category)


def _shared_group(masks: Mapping[str, Any], said: str, n: int, context: Context) -> CutGroup:
    """The plain group, made once for all taggers of a step that give the same masks."""

    def make() -> tuple[Any, CutGroup]:
        # the masks are kept, so that nothing else gets their identity
        return masks, _group(masks, said, n)

    return context.once(("cuts", id(masks)), make)[1]


def _columns(decision: Decision, tagger: Tagger, n: int, context: Context) -> dict[str, Any]:
    declared = tagger.adds(context)
    for name in declared:
        if name not in decision.columns:
            raise UnknownName("column", name, list(decision.columns), f"what '{tagger.name}' adds")
    for name in decision.columns:
        if name not in declared:
            raise TaggerError(
                f"tagger '{tagger.name}' returned column '{name}', which it does not declare",
                "",
                "say in `adds` that it does, and of which type",
            )
    return {
        name: _column(decision.columns[name], (tagger, name, declared[name]), n, context)
        for name in declared
    }


def _column(values: Any, what: tuple[Tagger, str, str], n: int, context: Context) -> Any:
    tagger, name, kind = what
    if kind == COLLECTION:
        return values
    said = f"tagger '{tagger.name}' returned '{name}'"

    def make() -> tuple[Any, npt.NDArray[Any]]:
        return values, cast(_plain(values, said, n), kind, said)

    return context.once(("column", id(values), kind), make)[1]


def cast(values: npt.NDArray[Any], kind: str, said: str) -> npt.NDArray[Any]:
    """The values as numbers of a type.

    Raises:
        TaggerError: when whole numbers do not fit the type, or some are missing.
    """
    with np.errstate(invalid="ignore"):
        result = values.astype(kind, copy=False)
    if result.dtype.kind in "iu" and result is not values and not np.array_equal(result, values):
        raise TaggerError(
            f"{said} with values that are not {kind}", "", "declare a type that holds them"
        )
    return result


def _plain(values: Any, said: str, n: int) -> npt.NDArray[Any]:
    """One value per event; a missing one (of an empty list) is False or NaN."""
    array = values if isinstance(values, np.ndarray | ak.Array) else ak.Array(values)
    if isinstance(array, ak.Array) and "?" in str(array.type):
        array = ak.fill_none(array, False if "bool" in str(array.type) else np.nan)
    if array.ndim != 1:
        raise TaggerError(f"{said} with more than one value per event", str(ak.type(array)))
    if len(array) != n:
        raise TaggerError(
            f"{said} with {len(array)} entries for {n} events",
            "",
            "a tagger sees all events of its step and returns one value for each",
        )
    return np.asarray(ak.to_numpy(array))


def _boolean(mask: npt.NDArray[Any], said: str) -> Mask:
    # a list made from no events has no type
    if mask.dtype != np.bool_ and len(mask):
        raise TaggerError(f"{said} of type {mask.dtype}, not bool", "", "compare, or use == 1")
    return mask.astype(np.bool_, copy=False)


def _group(masks: Mapping[str, Any], said: str, n: int) -> CutGroup:
    """Masks of events or of objects, made plain."""
    edges = None
    plain = {}
    for name, mask in masks.items():
        what = f"{said} cut '{name}'"
        jagged = isinstance(mask, ak.Array) and mask.ndim > 1
        if jagged and edges is None:
            edges = np.concatenate([[0], np.cumsum(ak.to_numpy(ak.num(mask)))])
            if len(edges) != n + 1:
                raise TaggerError(f"{what} with {len(edges) - 1} lists for {n} events")
        entries = n if edges is None else int(edges[-1])
        flat = ak.flatten(mask, axis=None) if jagged else mask
        plain[name] = _boolean(_plain(flat, what, entries), what)
    return CutGroup(plain, edges)
