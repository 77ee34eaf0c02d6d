"""Answers of numpy's functions, kept while the same may be asked again.

A shift up and one down differ in a sign: the sine or the exponential before it is the same, and
takes longer than all the rest together. For the same numbers numpy gives the same bits.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from weakref import ref

import numpy as np
import numpy.typing as npt

from higgsflow.events.formulas import Formula, all_numbers, can_wait

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

Array = npt.NDArray[Any]

# bytes of answers; those of the jets of a block to some three functions
_MOST = 1 << 23
# these take no longer than to look their answer up, a pass through memory
_QUICK = frozenset({
    *(np.add, np.subtract, np.multiply, np.divide, np.square, np.sqrt, np.negative, np.positive),
    *(np.absolute, np.fabs, np.sign, np.minimum, np.maximum, np.fmin, np.fmax, np.rint, np.floor),
    *(np.ceil, np.trunc, np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.isnan),
    *(np.greater_equal, np.isfinite, np.isinf, np.logical_and, np.logical_or, np.logical_not),
    *(np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.invert, np.left_shift, np.right_shift),
})  # fmt: skip


@dataclass(eq=False)
class Arithmetic:
    """Works out each slow answer once, if it is asked for again soon.

    Numbers have names: those of an array that was there, and how the others came from these. So
    nothing need be kept of what lies between an array and an answer.
    """

    # by identity, which another array may have once this one is gone
    _named: dict[int, tuple[ref[Array], int]] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=itertools.count)
    _known: dict[Hashable, Array] = field(default_factory=dict)
    _bytes: int = 0

    def name(self, numbers: Array) -> Hashable:
        """Of an array that was there."""
        known = self._named.get(id(numbers))
        if known is None or known[0]() is not numbers:
            known = self._named[id(numbers)] = (ref(numbers), next(self._numbers))
        return known[1]

    def answer(self, name: Hashable, ufunc: np.ufunc, inputs: Sequence[Any]) -> Array | Formula:
        """What a function says of arrays, of which there is one, and constants."""
        if can_wait(ufunc, inputs):
            return Formula(ufunc, inputs)
        if ufunc in _QUICK or not _is_of_numpy(ufunc):
            return ufunc(*all_numbers(inputs))  # type: ignore[no-any-return]
        found = self._known.pop(name, None)
        if found is None:
            found = ufunc(*all_numbers(inputs))
            # it is somebody else's as well
            found.flags.writeable = False
            self._make_room(found.nbytes)
        self._known[name] = found
        return found

    def _make_room(self, more: int) -> None:
        """Lets go of what was asked for longest ago."""
        self._bytes += more
        while self._bytes > _MOST and self._known:
            self._bytes -= self._known.pop(next(iter(self._known))).nbytes


def _is_of_numpy(ufunc: np.ufunc) -> bool:
    """Those that others have written may answer otherwise each time."""
    return getattr(np, ufunc.__name__, None) is ufunc
