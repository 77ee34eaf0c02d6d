"""Sums and products of long arrays, worked out in pieces that stay in the cache of the processor.

A shift is ten passes over the momenta of all jets, of which each takes as long as memory does. What
takes a moment waits instead until somebody wants the numbers; then all of it is done for some of
the objects, and for the next ones. Each number comes from the same operations in the same order.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, TypeGuard

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Array = npt.NDArray[np.float64]

# numbers of a piece: a few arrays of so many fit into the cache next to a core
PIECE = 16384
# operations one upon the other, so that what waits can be walked through
_DEEPEST = 64
# whole numbers up to this are the same in float64
_LARGEST = 1 << 53
# of these IEEE 754 lays down every bit, but of what is no number
_EXACT = frozenset({
    *(np.add, np.subtract, np.multiply, np.divide, np.square, np.sqrt),
    *(np.negative, np.positive, np.absolute),
})  # fmt: skip
# an input of a step: a constant, an array of which a piece is taken, or the piece that an earlier
# step made, by the position of that step
_CONSTANT, _ARRAY, _MADE = range(3)
# what numpy does about overflows and the like unless it is told otherwise
_USUAL: Any = {"divide": "warn", "over": "warn", "under": "ignore", "invalid": "warn"}


class Formula:
    """A function of arrays of n float64 and of constants, not worked out yet."""

    dtype = np.dtype(np.float64)

    def __init__(self, ufunc: np.ufunc, inputs: Sequence[Any]) -> None:
        self._ufunc, self._inputs = ufunc, tuple(inputs)
        self._n = next(_lengths(inputs))
        self.depth = 1 + max((_depth(one) for one in inputs), default=0)

    def __len__(self) -> int:
        return self._n

    @property
    def waits(self) -> bool:
        """Whether nobody wanted the numbers yet."""
        return "numbers" not in self.__dict__

    @cached_property
    def numbers(self) -> Array:
        """The numbers."""
        found = np.empty(self._n)
        *before, last = _steps(list(_in_order(self, set())))
        with np.errstate(**_USUAL):
            for begin in range(0, self._n, PIECE):
                piece = slice(begin, begin + PIECE)
                made: list[Array] = []
                for ufunc, inputs in before:
                    made.append(ufunc(*_pieces(inputs, piece, made)))
                last.ufunc(*_pieces(last.inputs, piece, made), out=found[piece])
        self._inputs = ()
        # what waits may yet be made from it
        found.flags.writeable = False
        return found


# a tuple: a union would be made anew by each of thousands of questions
_LONG = (np.ndarray, Formula)


class _Step(NamedTuple):
    """A function, and for each of its inputs what it is and where it is found."""

    ufunc: np.ufunc
    inputs: tuple[tuple[int, Any], ...]


def _steps(parts: Sequence[Formula]) -> list[_Step]:
    """What is done for each piece; what an input is, is found out once for all of them."""
    places = {id(one): place for place, one in enumerate(parts)}

    def of(one: Any) -> tuple[int, Any]:
        if isinstance(one, Formula):
            return (_MADE, places[id(one)]) if one.waits else (_ARRAY, one.numbers)
        return (_ARRAY if isinstance(one, np.ndarray) else _CONSTANT), one

    return [_Step(one._ufunc, tuple(map(of, one._inputs))) for one in parts]


def _pieces(inputs: tuple[tuple[int, Any], ...], piece: slice, made: list[Array]) -> list[Any]:
    return [
        made[what] if kind == _MADE else what[piece] if kind == _ARRAY else what
        for kind, what in inputs
    ]


def _in_order(formula: Formula, seen: set[int]) -> Iterator[Formula]:
    """What waits, each once, behind all that it is made from."""
    seen.add(id(formula))
    for one in formula._inputs:
        if isinstance(one, Formula) and one.waits and id(one) not in seen:
            yield from _in_order(one, seen)
    yield formula


def can_wait(ufunc: np.ufunc, inputs: Sequence[Any]) -> bool:
    """Whether nothing tells a formula from what numpy would say at once, but the time."""
    # most are short, and nothing else need be found out of them
    lengths = set(_lengths(inputs))
    if len(lengths) != 1 or lengths.pop() <= PIECE or ufunc not in _EXACT:
        return False
    if not all(map(_fits, inputs)) or max(map(_depth, inputs)) >= _DEEPEST:
        return False
    return bool(np.geterr() == _USUAL)


def all_numbers(inputs: Sequence[Any]) -> list[Any]:
    """Arrays and constants, none of which waits."""
    return [one.numbers if isinstance(one, Formula) else one for one in inputs]


def _fits(one: Any) -> bool:
    if isinstance(one, int):
        return abs(one) <= _LARGEST
    return isinstance(one, float) or (_is_long(one) and one.dtype == np.float64)


def _is_long(one: Any) -> TypeGuard[Array | Formula]:
    return isinstance(one, _LONG)


def _lengths(inputs: Sequence[Any]) -> Iterator[int]:
    return (len(one) for one in inputs if _is_long(one))


def _depth(one: Any) -> int:
    return one.depth if isinstance(one, Formula) and one.waits else 0
