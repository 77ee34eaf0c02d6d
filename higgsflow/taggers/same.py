"""Answers under a variation that came out as in the nominal run.

Of few events most variations select the same ones, from which most columns are the same. What is
the very same object as in the nominal run need not be compared, taken or counted again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from higgsflow.events.objects import Objects
from higgsflow.taggers.cut_groups import CutGroup
from higgsflow.taggers.decisions import mapped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from higgsflow.taggers.decisions import PlainDecision

# of more rows some differ nearly always, and to look takes longer than it saves
_FEW = 4_000


def with_same(
    fresh: Sequence[PlainDecision], known: tuple[PlainDecision, ...]
) -> tuple[PlainDecision, ...]:
    """What taggers said, with the arrays that are known of the same rows where bits are the same.

    Where all are, the known decisions themselves.
    """
    if len(fresh[0].mask) > _FEW or not all(map(_are_of_one_kind, fresh, known)):
        return tuple(fresh)
    others = []

    def chosen(mine: Any, new: Any) -> Any:
        if _are_same(mine, new):
            return mine
        others.append(new)
        return new

    found = mapped((known, fresh), chosen, chosen)
    return found if others else known


def _are_of_one_kind(a: PlainDecision, b: PlainDecision) -> bool:
    """Whether both have the same columns and groups of cuts; code of users may do as it likes."""
    has_category = [one.category is not None for one in (a, b)]
    names = a.columns.keys() == b.columns.keys() and a.cuts.keys() == b.cuts.keys()
    return names and has_category[0] == has_category[1]


def _are_same(a: Any, b: Any) -> bool:
    """Whether nobody can tell one from the other; not of what is not worked out or copied yet."""
    if a is b:
        return True
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray):
        return _are_same_numbers(a, b)
    if isinstance(a, CutGroup):
        is_one_group = a.names == b.names and _are_in_same_lists(a, b)
        return is_one_group and _are_same_numbers(a.codes, b.codes)
    return isinstance(a, Objects) and _are_same_objects(a, b)


def _are_same_objects(a: Objects, b: Objects) -> bool:
    are_there = isinstance(a.columns, dict) and isinstance(b.columns, dict)
    if not are_there or a.fields != b.fields or not _are_in_same_lists(a, b):
        return False
    return all(_are_same_numbers(values, b.columns[name]) for name, values in a.columns.items())


def _are_in_same_lists(a: CutGroup | Objects, b: CutGroup | Objects) -> bool:
    if a.lists is None or b.lists is None:
        return a.lists is b.lists
    return a.lists is b.lists or _are_same_numbers(a.lists.offsets, b.lists.offsets)


def _are_same_numbers(a: npt.NDArray[Any], b: npt.NDArray[Any]) -> bool:
    return a is b or (a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes())
