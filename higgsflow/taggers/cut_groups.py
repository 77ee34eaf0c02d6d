"""Cuts of one group together: a bit for each cut, one number for each entry."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from higgsflow.compiled.choice import compiled
from higgsflow.errors import TaggerError
from higgsflow.events.lists import Index, Lists, Mask, joined

if TYPE_CHECKING:
    from collections.abc import Mapping

Codes = npt.NDArray[np.unsignedinteger[Any]]
_MOST_CUTS = 64


@dataclass(frozen=True, eq=False)
class CutGroup:
    """Named masks of one group of cuts, together: a bit for each cut.

    Attributes:
        codes: one per entry; bit i says whether it passes the cut names[i].
        lists: of objects, which of them each row has; None for one entry per row.
    """

    names: tuple[str, ...]
    codes: Codes
    lists: Lists | None = None

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, name: str) -> Mask:
        """The mask of one cut."""
        bit = self.codes.dtype.type(1 << self.names.index(name))
        return np.asarray((self.codes & bit) != 0)

    @property
    def passing(self) -> Mask:
        """The entries that pass all cuts."""
        return np.asarray(self.codes == self.codes.dtype.type((1 << len(self.names)) - 1))

    def preceded_by(self, name: str, mask: Mask) -> CutGroup:
        """The same group with one more cut, as the first."""
        kind = _kind(len(self) + 1)
        # twice is one bit on, and ten times as fast as shifting; so are bits without another type
        codes = np.add(self.codes, self.codes, dtype=kind)
        codes |= mask.view(np.uint8)
        return CutGroup((name, *self.names), codes, self.lists)

    def take(self, rows: Index) -> CutGroup:
        """The entries of some rows."""
        if self.lists is None:
            return CutGroup(self.names, self.codes.take(rows))
        nothing = CutGroup(self.names, self.codes[:0], Lists(self.lists.offsets[:1]))
        return self.spliced(nothing, rows)

    def between(self, begin: int, end: int) -> CutGroup:
        """The entries of consecutive rows, not copied."""
        if self.lists is None:
            return CutGroup(self.names, self.codes[begin:end])
        offsets = self.lists.offsets[begin : end + 1]
        codes = self.codes[offsets[0] : offsets[-1]]
        return CutGroup(self.names, codes, Lists(offsets - offsets[0]))

    def spliced(self, other: CutGroup, order: Index) -> CutGroup:
        """The entries of some rows of both, those of the other one being behind these."""
        if self.lists is None or other.lists is None:
            return CutGroup(self.names, merged(self.codes, other.codes, order))
        ends = (self.lists.offsets, other.lists.offsets)
        offsets, codes = _spliced((self.codes, other.codes), ends, order)
        return CutGroup(self.names, codes, Lists(offsets))


@compiled("lists.spliced")
def _spliced(
    codes: tuple[Codes, Codes], offsets: tuple[Index, Index], order: Index
) -> tuple[Index, Codes]:
    """Where the lists of some rows of two sets begin and end, and what is in them."""
    lists, positions = joined([Lists(ends) for ends in offsets]).take(order)
    return lists.offsets, np.concatenate(codes).take(positions)


@compiled("columns.merged")
def merged(one: npt.NDArray[Any], other: npt.NDArray[Any], order: Index) -> npt.NDArray[Any]:
    """Some entries of two arrays, the second being behind the first."""
    return np.concatenate([one, other]).take(order)


def coded(masks: Mapping[str, Mask], lists: Lists | None = None) -> CutGroup:
    """Plain masks, each with one boolean per entry, as a group.

    Raises:
        TaggerError: for more cuts than there are bits.
    """
    return CutGroup(tuple(masks), _codes(tuple(masks.values()), _kind(len(masks))), lists)


@compiled("columns.codes_of")
def _codes(masks: tuple[Mask, ...], kind: Any) -> Codes:
    """Masks as one number per entry: bit i says whether mask i has it."""
    first, *others = masks
    codes: Codes = first.astype(kind)
    for bit, mask in enumerate(others, start=1):
        codes |= mask.astype(kind) << kind(bit)
    return codes


@functools.cache
def _kind(n: int) -> Any:
    """The smallest type of so many bits."""
    if n > _MOST_CUTS:
        raise TaggerError(f"a group of {n} cuts", "", f"{_MOST_CUTS} are the most: divide it")
    return next(t for t in (np.uint8, np.uint16, np.uint32, np.uint64) if n <= np.iinfo(t).bits)
