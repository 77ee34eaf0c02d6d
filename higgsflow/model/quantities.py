"""Amounts as people write them: `2 GB`, `90 min`, `1 d`, `507.1 fb`, `41.5 /fb`."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, FiniteFloat

_AMOUNT = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*")
# engines count in powers of two
MEGABYTES = {"MB": 1.0, "M": 1.0, "GB": 1024.0, "G": 1024.0}
SECONDS = {"s": 1.0, "min": 60.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_MINUTES = {"min": 60.0, **SECONDS}
_CROSS_SECTION = re.compile(r"\s*([-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?)\s*([A-Za-z]+)\s*")
# powers of ten of a picobarn
PICOBARNS = {"fb": -3, "pb": 0, "nb": 3}
_LUMINOSITY = re.compile(r"\s*(\d+(?:\.\d*)?(?:[eE][-+]?\d+)?)\s*(?:/([fpn]b)|([fpn]b)\^?-1)\s*")
# and of an inverse femtobarn
INVERSE_FEMTOBARNS = {"fb": 0, "pb": -3, "nb": -6}


def _amount(value: Any, units: dict[str, float], what: str) -> Any:
    """The number in the first unit, of a text with a number and perhaps a unit."""
    if not isinstance(value, str):
        return value
    found = _AMOUNT.fullmatch(value)
    unit = found.group(2) or next(iter(units)) if found else ""
    if found is None or unit not in units:
        raise ValueError(f"'{value}' is no {what}: use a number and one of {', '.join(units)}")
    return float(found.group(1)) * units[unit]


def megabytes(value: Any) -> Any:
    """A size in megabytes; a number without a unit is one already."""
    return _amount(value, MEGABYTES, "size")


def seconds(value: Any) -> Any:
    """A time in seconds; a number without a unit is one already."""
    return _amount(value, SECONDS, "time")


def seconds_of_minutes(value: Any) -> Any:
    """A time in seconds; a number without a unit is one of minutes."""
    return _amount(value, _MINUTES, "time")


def picobarns(value: Any) -> Any:
    """A cross section in picobarns; a number without a unit is one already.

    The same number, to the last bit, as if it had been written in picobarns.

    Raises:
        ValueError: for another unit.
    """
    found = _CROSS_SECTION.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return value
    number, unit = found.groups()
    if unit not in PICOBARNS:
        known = ", ".join(PICOBARNS)
        raise ValueError(f"'{value}' is no cross section: use a number [pb], or one of {known}")
    return float(Decimal(number).scaleb(PICOBARNS[unit]))


def inverse_femtobarns(value: Any) -> Any:
    """A luminosity in inverse femtobarns; a number without a unit is one already."""
    found = _LUMINOSITY.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        if isinstance(value, str) and "b" in value:
            raise ValueError(f"'{value}' is no luminosity: use a number [fb^-1], /fb or /pb")
        return value
    unit = found.group(2) or found.group(3)
    return float(Decimal(found.group(1)).scaleb(INVERSE_FEMTOBARNS[unit]))


# what the LHC will have delivered in the end [fb^-1]
LHC_DELIVERS = 4000.0

# bounds stand inside: a schema would lose those of a field that may be empty
Megabytes = Annotated[float, Field(gt=0), BeforeValidator(megabytes)]
Seconds = Annotated[float, Field(ge=0), BeforeValidator(seconds)]
TimeLimit = Annotated[float, Field(gt=0), BeforeValidator(seconds)]
Picobarns = Annotated[float, BeforeValidator(picobarns)]
InverseFemtobarns = Annotated[FiniteFloat, Field(gt=0), BeforeValidator(inverse_femtobarns)]
