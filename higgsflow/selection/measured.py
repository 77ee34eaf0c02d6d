"""What a cut looks at: its value, and the values that pass, for explanations of single events.

Taggers decide with masks; beside them they may tell what each mask was made from. A test holds both
together, event by event: what is told here passes exactly where the mask does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Interval:
    """Values from `low` to `high`; each end belongs to it if it is closed."""

    low: float = -math.inf
    high: float = math.inf
    low_closed: bool = False
    high_closed: bool = False

    def has(self, values: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
        """Which values lie inside; NaN never does."""
        above = values >= self.low if self.low_closed else values > self.low
        below = values <= self.high if self.high_closed else values < self.high
        # an open end at infinity is no condition
        above |= np.isneginf(self.low) & ~np.isnan(values)
        below |= np.isposinf(self.high) & ~np.isnan(values)
        return above & below

    @property
    def text(self) -> str:
        """Such as `> 25`, or `>= 100 and <= 180`."""
        if self.low == self.high:
            return f"= {self.low:g}"
        ends = []
        if self.low > -math.inf:
            ends.append(f"{'>=' if self.low_closed else '>'} {self.low:g}")
        if self.high < math.inf:
            ends.append(f"{'<=' if self.high_closed else '<'} {self.high:g}")
        return " and ".join(ends)


@dataclass(frozen=True)
class Measured:
    """The values of one cut, one for each entry of its group, and which of them pass.

    Attributes:
        what: the name of the values where the cut's own does not say it, such as `|eta|`.
        column: the column that the values are of, where there is one: blinding hides by it.
    """

    values: npt.NDArray[np.float64]
    passes: tuple[Interval, ...]
    what: str = ""
    column: str = ""

    @property
    def accepted(self) -> npt.NDArray[np.bool_]:
        """Which entries pass."""
        found = np.zeros(len(self.values), dtype=np.bool_)
        for interval in self.passes:
            found |= interval.has(self.values)
        return found

    @property
    def condition(self) -> str:
        """Such as `|eta| < 1.4442 or > 1.566 and < 2.5`."""
        return f"{self.what} {' or '.join(i.text for i in self.passes)}".strip()


@dataclass(frozen=True)
class Measures:
    """What the cuts of one group look at in one event.

    Attributes:
        cuts: by the name of the cut; further ones are shown without a verdict.
        labels: how the entries are called, such as the index of each object in the file.
    """

    cuts: Mapping[str, Measured]
    labels: tuple[str, ...] = ()


def measured(values: Any, *passes: Interval, what: str = "", column: str = "") -> Measured:
    """Values of any kind as floats, one or several."""
    array = np.atleast_1d(np.asarray(values, dtype=np.float64))
    return Measured(array, passes, what, column)


def above(threshold: float) -> Interval:
    """Greater than the threshold."""
    return Interval(low=threshold)


def at_least(threshold: float) -> Interval:
    """Greater than the threshold, or equal."""
    return Interval(low=threshold, low_closed=True)


def below(threshold: float) -> Interval:
    """Less than the threshold."""
    return Interval(high=threshold)


def at_most(threshold: float) -> Interval:
    """Less than the threshold, or equal."""
    return Interval(high=threshold, high_closed=True)


def equal(value: float) -> Interval:
    """Exactly the value."""
    return within(value, value)


def between(low: float, high: float) -> Interval:
    """Greater than `low` and less than `high`."""
    return Interval(low, high)


def within(low: float, high: float) -> Interval:
    """From `low` to `high`, both included."""
    return Interval(low, high, low_closed=True, high_closed=True)
