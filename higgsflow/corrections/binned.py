"""Binned corrections as tables: one search per axis and one look-up, with no interpreter between.

Only of what is plainly a table: constants in bins with edges, below choices by words that are the
same for all events, clamped or not defined outside. Anything else correctionlib evaluates, and it
is the meaning: tests hold tables to it. Values that are not finite never come here.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from higgsflow.compiled.choice import compiled

if TYPE_CHECKING:
    from collections.abc import Hashable

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Axis:
    """Bins of one input; what lies outside is in the nearest one if it clamps, else nowhere."""

    name: str
    edges: tuple[float, ...]
    clamps: bool

    @property
    def n(self) -> int:
        """How many bins there are."""
        return len(self.edges) - 1

    def places(self, values: npt.NDArray[Any]) -> npt.NDArray[np.intp] | None:
        """The bin of each value: it begins with its lower edge; None where one is in none."""
        found, are_inside = _bins(self._edges, values)
        return found if self.clamps or are_inside else None

    @cached_property
    def _edges(self) -> Array:
        return np.array(self.edges)


@compiled("bins.of_values")
def _bins(edges: Array, values: npt.NDArray[Any]) -> tuple[npt.NDArray[np.intp], bool]:
    """The bin of each value, the nearest one outside of all, and whether all are inside."""
    found = np.searchsorted(edges, values, side="right") - 1
    last = len(edges) - 2
    return np.clip(found, 0, last), bool(((found >= 0) & (found <= last)).all())


class BinMemo:
    """Where sets of inputs are among the bins of tables.

    Directions of a source are tables with the same bins, which are asked about the same arrays: of
    these the bins are found once.
    """

    def __init__(self) -> None:
        # by the identity of inputs, which are kept, so that nothing else gets it
        self._known: dict[Hashable, tuple[list[Any], Any]] = {}

    def of(self, axes: tuple[Axis, ...], inputs: Mapping[str, Any]) -> Any:
        """The position of each set among the values of a table; None where one is in no bin."""
        asked = [inputs[axis.name] for axis in axes]
        key = (axes, *map(id, asked))
        if key not in self._known:
            self._known[key] = asked, _position(axes, asked)
        return self._known[key][1]


def _position(axes: tuple[Axis, ...], asked: list[Any]) -> Any:
    found: Any = 0
    for axis, values in zip(axes, asked, strict=True):
        of_axis = axis.places(np.asarray(values))
        if of_axis is None:
            return None
        found = found * axis.n + of_axis
    return found


@dataclass(frozen=True, eq=False)
class BinnedTable:
    """Values of bins, those of the last axis next to each other."""

    axes: tuple[Axis, ...]
    values: Array

    def look_up(self, inputs: Mapping[str, Any], n: int, bins: BinMemo) -> Array | None:
        """The values of n sets of finite inputs; None where one has none."""
        found = bins.of(self.axes, inputs)
        return None if found is None else np.broadcast_to(self.values.take(found), n)


def table_of(node: Any, words: Mapping[str, Any]) -> BinnedTable | None:
    """The data of a correction as a table, given the inputs that are the same for all events.

    None where it is none.
    """
    if isinstance(node, float | int):
        return BinnedTable((), np.array([node], dtype=np.float64))
    if not isinstance(node, Mapping):
        return None
    if node.get("nodetype") == "category":
        return _of_choice(node, words)
    axes = _axes(node)
    return None if axes is None else _of_bins(axes, node["content"], words)


def _of_choice(node: Mapping[str, Any], words: Mapping[str, Any]) -> BinnedTable | None:
    """What stands under the word; what that is not named is left to correctionlib."""
    word = words.get(node["input"])
    chosen = [one["value"] for one in node["content"] if _is_key(one["key"], word)]
    return table_of(chosen[0], words) if len(chosen) == 1 else None


def _is_key(key: Any, word: Any) -> bool:
    return type(key) is type(word) and bool(key == word)


def _axes(node: Mapping[str, Any]) -> tuple[Axis, ...] | None:
    """The axes of a node with bins; None for any other, and for rules that are not known here."""
    kind, flow = node.get("nodetype"), node.get("flow")
    if kind not in ("binning", "multibinning") or flow not in ("clamp", "error"):
        return None
    is_single = kind == "binning"
    names = [node["input"]] if is_single else node["inputs"]
    edges = [node["edges"]] if is_single else node["edges"]
    if not all(isinstance(of_axis, Sequence) for of_axis in edges):
        return None
    return tuple(
        Axis(name, tuple(map(float, of_axis)), flow == "clamp")
        for name, of_axis in zip(names, edges, strict=True)
    )


def _of_bins(
    axes: tuple[Axis, ...], content: Sequence[Any], words: Mapping[str, Any]
) -> BinnedTable | None:
    """Constants in bins, or tables in them which all have the same bins."""
    inner = [table_of(one, words) for one in content]
    known = [table for table in inner if table is not None]
    is_whole = len(known) == len(content) == np.prod([axis.n for axis in axes])
    if not is_whole or any(a.axes != b.axes for a, b in itertools.pairwise(known)):
        return None
    return BinnedTable((*axes, *known[0].axes), np.concatenate([t.values for t in known]))
