"""Certified luminosity sections ("golden JSON"): inclusive ranges per run.

Source: the CMS format {"run": [[first, last], ...]}.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from higgsflow.errors import InputFileError, InvalidConfiguration
from higgsflow.model.once import keys_once

if TYPE_CHECKING:
    from pathlib import Path

_SHIFT = np.uint64(32)
_LIMIT = 1 << 32


@dataclass(frozen=True)
class Golden:
    """Ranges of keys (run << 32) | lumi, sorted and disjoint, last included."""

    first: npt.NDArray[np.uint64]
    last: npt.NDArray[np.uint64]


def load_golden(path: Path) -> Golden:
    """The certified ranges of a file.

    Raises:
        InvalidConfiguration: when the file is absent or is not of that format.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=keys_once)
        ranges = [pair for run, pairs in _runs(content).items() for pair in _ranges(run, pairs)]
    except OSError as error:
        raise InvalidConfiguration(f"cannot read golden JSON {path}", str(error)) from error
    except (ValueError, RecursionError) as error:
        raise InvalidConfiguration(
            f"{path} is not a golden JSON", str(error), 'it looks like {"273158": [[1, 1279]]}'
        ) from error
    return _from_ranges(ranges, path)


def _runs(content: Any) -> dict[str, Any]:
    if not isinstance(content, dict):
        raise ValueError("it has no runs with their lumisections")
    return content


def _ranges(name: str, pairs: Any) -> list[tuple[int, int]]:
    run = _run(name)
    if not isinstance(pairs, list):
        raise ValueError(f"run {run} has {pairs!r} where a list of [first, last] is needed")
    return [_range(run, pair) for pair in pairs]


def _run(text: str) -> int:
    """Its number; Python takes `1_0`, ` 1` and the digits of any script for numbers, too."""
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"'{text}' is no run")
    return int(text)


def _range(run: int, pair: Any) -> tuple[int, int]:
    if not isinstance(pair, list) or len(pair) != 2:
        raise ValueError(f"run {run} has {pair!r} where [first, last] is needed")
    return _key(run, pair[0]), _key(run, pair[1])


def _key(run: int, lumi: Any) -> int:
    if type(lumi) is not int:
        raise ValueError(f"run {run} has lumisection {lumi!r}, which is no whole number")
    if not (0 <= run < _LIMIT and 0 <= lumi < _LIMIT):
        raise ValueError(f"run {run}, lumisection {lumi} is out of range")
    return (run << 32) | lumi


def _from_ranges(ranges: list[tuple[int, int]], path: Path) -> Golden:
    ordered = sorted(ranges)
    for first, last in ordered:
        if last < first:
            raise InvalidConfiguration(
                f"{path}: run {first >> 32} has a range that ends before it begins"
            )
    merged: list[list[int]] = []
    for first, last in ordered:
        if merged and first <= merged[-1][1] + 1:
            merged[-1][1] = max(merged[-1][1], last)
        else:
            merged.append([first, last])
    bounds = np.array(merged, dtype=np.uint64).reshape(-1, 2)
    return Golden(first=bounds[:, 0], last=bounds[:, 1])


def check_numbered(run: Any, lumi: Any, where: str) -> None:
    """Raises for runs and lumisections that no key can hold: they would be taken for others."""
    for name, values in (("run", run), ("luminosityBlock", lumi)):
        numbers = np.asarray(values)
        if np.can_cast(numbers.dtype, np.uint32):
            continue
        odd = (numbers < 0) | (numbers >= _LIMIT) | (numbers != np.trunc(numbers))
        if odd.any():
            raise InputFileError(
                f"'{name}' in {where} is {numbers[odd][0]}",
                f"runs and lumisections are whole numbers from 0 to {_LIMIT - 1}",
            )


def is_certified(golden: Golden, run: Any, lumi: Any) -> npt.NDArray[np.bool_]:
    """Mask of the events whose lumisection is certified; run and lumi have one value an event."""
    keys = (np.asarray(run).astype(np.uint64) << _SHIFT) | np.asarray(lumi).astype(np.uint64)
    position = np.searchsorted(golden.first, keys, side="right")
    inside = position > 0
    inside[inside] = keys[inside] <= golden.last[position[inside] - 1]
    return np.asarray(inside)
