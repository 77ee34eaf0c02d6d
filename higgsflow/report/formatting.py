"""Numbers as text, the same in tables and page; what does not exist is a dash."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from higgsflow.report.variation_content import Yield

NOTHING = "-"
BLINDED = "blinded"
INCOMPLETE = "*"


def several(n: int, one: str) -> str:
    """How many of something: `1 sample`, `2 samples`."""
    return f"{count(n)} {one}" if n == 1 else f"{count(n)} {one}s"


def pairs(n: int) -> str:
    """How many samples and years there are."""
    return "1 sample and year" if n == 1 else f"{n:,} samples and years"


def count(value: int | None) -> str:
    """A number of events or jobs."""
    return NOTHING if value is None else f"{value:,}"


def number(value: float | None) -> str:
    """Six significant digits; zero has no sign, as where sums of weights cancel."""
    return NOTHING if value is None else f"{value + 0.0:.6g}"


def spread(value: float | None) -> str:
    """A standard deviation of factors around 1; what rounding leaves of equal ones is zero."""
    return number(0.0 if value is not None and value < 1e-12 else value)


def percent(value: float | None) -> str:
    """A fraction as a percentage of three significant digits; all and nothing are exact."""
    if value is None:
        return NOTHING
    if abs(value) >= 10:
        return f"{100 * value:,.0f}%"
    # 71.0% beside 67.3%; exact ones are shorter
    text = f"{100 * value:#.3g}".removesuffix(".") + "%" if value else "0%"
    if text != "100%" or value == 1:
        return text
    return "<100%" if value < 1 else ">100%"


def relative(value: float | None) -> str:
    """A relative change with its sign."""
    return NOTHING if value is None else f"{100 * value:+.2f}%"


def completeness(complete: bool, fraction: float) -> str:
    """`yes`, or in capitals how much there is; never rounded up to everything."""
    return "yes" if complete else f"NO, {processed(fraction)}"


def mark(complete: bool, fraction: float) -> str:
    """What stands at numbers that were not made from every event: a sign, and how much there is."""
    return "" if complete else f"{INCOMPLETE} {processed(fraction)}"


def processed(fraction: float) -> str:
    """The fraction of entries that was processed, never rounded up."""
    return f"{percent_processed(fraction):.2f}%"


def percent_processed(fraction: float) -> float:
    """The same as a number of two decimals; 0.57 is 57, which times 1e4 is a float below 5700."""
    return math.floor(round(fraction * 1e4, 9)) / 100


def measured(found: Yield, plus_minus: str = "+-") -> str:
    """A yield with its uncertainty."""
    return with_error(found.value, found.error, plus_minus)


def with_error(value: float | None, error: float | None, plus_minus: str = "+-") -> str:
    """A number with its uncertainty, to the second digit of the uncertainty."""
    if value is None or error is None or not error > 0 or not math.isfinite(error):
        return number(value)
    digits = min(max(1 - math.floor(math.log10(error)), 0), 8)
    return f"{value:,.{digits}f} {plus_minus} {error:,.{digits}f}"


def seconds(value: float) -> str:
    """A time in seconds, minutes or hours."""
    if value < 120:
        return f"{value:.1f} s"
    return f"{value / 60:.1f} min" if value < 7200 else f"{value / 3600:.1f} h"
