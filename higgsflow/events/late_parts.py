"""Lists whose baskets wait until somebody looks at one of their numbers.

Of many objects, as of generated particles, only few events are looked at: a basket without any of
these is neither read nor unpacked. What is wanted of a file is asked for at once.
"""

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING, NamedTuple

from higgsflow.events.baskets import Basket, OddBasket, Place, unpack
from higgsflow.events.tree import reading

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager
    from typing import Any

    import numpy as np

    from higgsflow.events.ranges_of_bytes import FileBytes
    from higgsflow.events.raw_numbers import Numbers, Offsets


class LateBytes:
    """The bytes of baskets of a file, which are asked for when they are wanted.

    Attributes:
        looking: is entered for what is read when somebody looks at it, so that it counts as read.
    """

    def __init__(self, source: FileBytes, url: str, looking: AbstractContextManager[None]) -> None:
        self.source, self.looking, self._url = source, looking, url
        self._asked_for: dict[Place, Callable[[], bytes]] = {}

    def ask_for(self, places: Sequence[Place]) -> None:
        """Asks for those of some baskets in one request.

        Raises:
            InputFileError: when they cannot be read.
        """
        missing = [place for place in places if place not in self._asked_for]
        if not missing:
            return
        with self.looking, reading(self._url):
            parts = self.source.read([(p.seek, p.seek + p.size) for p in missing])
        for number, place in enumerate(missing):
            self._asked_for[place] = partial(parts.__getitem__, number)

    def take(self, place: Place) -> bytes:
        """Those of one basket, once.

        Raises:
            InputFileError: when they cannot be read.
        """
        self.ask_for([place])
        with reading(self._url):
            return self._asked_for.pop(place)()


class LateBasket:
    """A basket of lists, unpacked when it is first looked at, and kept."""

    def __init__(self, name: str, place: Place, dtype: np.dtype[Any], source: LateBytes) -> None:
        self._name, self.place, self._dtype, self._source = name, place, dtype, source

    @property
    def is_there(self) -> bool:
        """Whether it was unpacked."""
        return "basket" in self.__dict__

    @cached_property
    def basket(self) -> Basket:
        """Its content.

        Raises:
            InputFileError: when it cannot be read.
            OddBasket: when it does not hold what it should.
        """
        with self._source.looking:
            raw = self._source.take(self.place)
            return unpack(raw, self._name, self.place, self._dtype, is_list=True)


class LatePart(NamedTuple):
    """Some entries of a basket, and where their lists begin among all of the column."""

    late: LateBasket
    rows: slice
    offsets: Offsets

    @property
    def n(self) -> int:
        """How many numbers they have."""
        return int(self.offsets[-1] - self.offsets[0])

    @property
    def numbers(self) -> Numbers:
        """The numbers of their lists.

        Raises:
            OddBasket: where their lists begin elsewhere.
        """
        basket = self.late.basket
        if not basket.has_lists(self.rows.start, self.offsets):
            raise OddBasket("its lists are not those that the file counts")
        begin = basket.begin(self.rows.start) // basket.numbers.itemsize
        return basket.numbers[begin : begin + self.n]


class LateParts:
    """The parts of a column, each looked at by its number."""

    def __init__(self, source: LateBytes, parts: Sequence[LatePart]) -> None:
        self._source, self._parts = source, parts
        self.lengths = [part.n for part in parts]

    def ask_for(self, wanted: Sequence[int]) -> None:
        """Asks for the bytes of some parts at once, before they are looked at."""
        late = [self._parts[number].late for number in wanted]
        self._source.ask_for([one.place for one in late if not one.is_there])

    def __getitem__(self, number: int) -> Numbers:
        return self._parts[number].numbers
