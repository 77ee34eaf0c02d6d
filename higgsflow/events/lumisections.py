"""Sets of lumisections: which are certified, which were processed, which are missing.

A set is ranges of keys (run << 32) | lumi, so that a year of data is a few thousand numbers and
every operation is one pass of numpy over them. On disk there are two forms: rows of (run, first,
last) in indices and records, and the CMS format {"run": [[first, last], ...]} in what users read.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from higgsflow.errors import InvalidConfiguration
from higgsflow.events.golden import load_golden

if TYPE_CHECKING:
    from collections.abc import Iterable

    from higgsflow.events.golden import Golden
    from higgsflow.events.index import SampleIndex
    from higgsflow.model.sample import SampleYear

Ranges = tuple[tuple[int, int, int], ...]
CmsFormat = dict[str, tuple[tuple[int, int], ...]]
Keys = npt.NDArray[np.uint64]

_SHIFT = np.uint64(32)
_ONE = np.uint64(1)
_LUMI = np.uint64((1 << 32) - 1)
_LAST = np.uint64((1 << 64) - 1)


@dataclass(frozen=True, eq=False)
class Lumisections:
    """A set of lumisections.

    Attributes:
        first, last: keys at the ends of each range, both included. The ranges are sorted, lie in
            one run each, and are as long as can be: equal sets have equal ranges.
    """

    first: Keys
    last: Keys

    @property
    def n(self) -> int:
        """How many lumisections there are."""
        return int((self.last - self.first).sum()) + len(self.first)

    @property
    def runs(self) -> tuple[int, ...]:
        """The runs that have any, in order."""
        return tuple(np.unique(self.first >> _SHIFT).tolist())

    @property
    def ranges(self) -> Ranges:
        """Rows of (run, first, last)."""
        columns = (self.first >> _SHIFT, self.first & _LUMI, self.last & _LUMI)
        return tuple(zip(*(column.tolist() for column in columns), strict=True))

    @property
    def cms(self) -> CmsFormat:
        """The CMS format, which brilcalc takes."""
        found: dict[str, list[tuple[int, int]]] = {}
        for run, first, last in self.ranges:
            found.setdefault(str(run), []).append((first, last))
        return {run: tuple(pairs) for run, pairs in found.items()}

    def __or__(self, other: Lumisections) -> Lumisections:
        return _merged(
            np.concatenate([self.first, other.first]), np.concatenate([self.last, other.last])
        )

    def __and__(self, other: Lumisections) -> Lumisections:
        return _overlaps(self, other.first, other.last)

    def __sub__(self, other: Lumisections) -> Lumisections:
        return _overlaps(self, *_gaps(other))


def from_pairs(run: Any, lumi: Any) -> Lumisections:
    """The lumisections of rows, such as events, in any order and any number of times."""
    keys = np.unique(_keys(run, lumi))
    return _merged(keys, keys)


def from_ranges(ranges: Iterable[tuple[int, int, int]]) -> Lumisections:
    """The lumisections of rows of (run, first, last), in any order; they may overlap."""
    run, first, last = np.array(list(ranges), dtype=np.uint64).reshape(-1, 3).T
    return _merged(_keys(run, first), _keys(run, last))


def from_cms(content: CmsFormat) -> Lumisections:
    """The lumisections of the CMS format."""
    return from_ranges((int(run), a, b) for run, pairs in content.items() for a, b in pairs)


def from_golden(golden: Golden) -> Lumisections:
    """The certified lumisections."""
    run = golden.first >> _SHIFT
    n_runs = ((golden.last >> _SHIFT) - run).astype(np.int64) + 1
    # a range of the golden JSON may go on into the next run, when no lumisection lies between
    row = np.repeat(np.arange(len(run)), n_runs)
    begins = np.repeat(np.cumsum(n_runs) - n_runs, n_runs)
    base = (run[row] + (np.arange(len(row)) - begins).astype(np.uint64)) << _SHIFT
    return _merged(np.maximum(golden.first[row], base), np.minimum(golden.last[row], base | _LUMI))


def certified_of(pair: SampleYear) -> Lumisections | None:
    """The certified lumisections of a year of data; None where none are asked for.

    Raises:
        InvalidConfiguration: when the golden JSON cannot be read.
    """
    if not pair.is_data or not pair.era.apply_golden_json:
        return None
    return from_golden(load_golden(Path(str(pair.era.golden_json))))


def check_certified(pair: SampleYear, index: SampleIndex) -> None:
    """Finds the golden JSON of another year before anything is processed.

    Files without a tree of lumisections could hold any run: then nothing is said here.

    Raises:
        InvalidConfiguration: when it certifies no run of the files at all.
    """
    certified, known = certified_of(pair), [file.lumisections for file in index.files]
    if certified is None or None in known:
        return
    held = from_ranges(row for rows in known for row in rows or ())
    if held.n and not set(held.runs) & set(certified.runs):
        raise InvalidConfiguration(
            f"no run of {pair.name} is in {pair.era.golden_json}: the golden JSON of another year?",
            f"runs of the files: {_span(held)}; of the golden JSON: {_span(certified)}",
            "give the golden JSON of that year, or say apply_golden_json: false",
        )


def _span(lumisections: Lumisections) -> str:
    runs = lumisections.runs
    return f"{runs[0]} to {runs[-1]}" if runs else "none"


def all_of_runs(runs: Iterable[int]) -> Lumisections:
    """Every lumisection that these runs can have."""
    return from_ranges((run, 0, int(_LUMI)) for run in runs)


def written(content: CmsFormat) -> str:
    """The text of a file in the CMS format, one run a line."""
    lines = (f"{json.dumps(run)}: {json.dumps(pairs)}" for run, pairs in content.items())
    return "{" + ",\n ".join(lines) + "}\n"


def shortened(content: CmsFormat, limit: int = 6) -> str:
    """The first ranges for a message, such as `297050: 1-4, 7`, and how many more there are."""
    n_ranges, left, parts = sum(map(len, content.values())), limit, []
    for run, pairs in content.items():
        shown = [str(a) if a == b else f"{a}-{b}" for a, b in pairs[:left]]
        left -= len(shown)
        if shown:
            parts.append(f"{run}: {', '.join(shown)}")
    n_more = n_ranges - limit
    rest = f" and {n_more} more range{'s' if n_more > 1 else ''}" if n_more > 0 else ""
    return "; ".join(parts) + rest


def _keys(run: Any, lumi: Any) -> Keys:
    runs, lumis = (np.asarray(values).astype(np.uint64) for values in (run, lumi))
    return np.asarray((runs << _SHIFT) | lumis)


def _merged(first: Keys, last: Keys) -> Lumisections:
    """Sorts ranges and joins those that overlap or follow each other in one run."""
    if len(first) == 0:
        return Lumisections(first, last)
    order = np.argsort(first, kind="stable")
    first = first[order]
    reach = np.maximum.accumulate(last[order])
    before, after = reach[:-1], first[1:]
    # the subtraction wraps only where they overlap, and there the first condition fails
    is_new = (after > before) & ((after - before > _ONE) | (after & _LUMI == 0))
    begins = np.flatnonzero(np.concatenate([[True], is_new]))
    ends = np.concatenate([begins[1:] - 1, [len(first) - 1]])
    return Lumisections(first[begins], reach[ends])


def _overlaps(these: Lumisections, first: Keys, last: Keys) -> Lumisections:
    """What the ranges have in common with other sorted, disjoint ranges."""
    low = np.searchsorted(last, these.first, side="left")
    n_met = np.searchsorted(first, these.last, side="right") - low
    mine = np.repeat(np.arange(len(these.first)), n_met)
    begins = np.repeat(np.cumsum(n_met) - n_met, n_met)
    other = low[mine] + np.arange(len(mine)) - begins
    return Lumisections(
        np.maximum(these.first[mine], first[other]), np.minimum(these.last[mine], last[other])
    )


def _gaps(these: Lumisections) -> tuple[Keys, Keys]:
    """The ranges between and around these; they may go on over several runs."""
    if len(these.first) == 0:
        return np.zeros(1, np.uint64), np.full(1, _LAST)
    first = np.concatenate([np.zeros(1, np.uint64), these.last + _ONE])
    last = np.concatenate([these.first - _ONE, np.full(1, _LAST)])
    inner = these.first[1:] - these.last[:-1] > _ONE
    keep = np.concatenate([[these.first[0] > 0], inner, [these.last[-1] < _LAST]])
    return first[keep], last[keep]
