"""Histograms of the merged nominal files, filled row group by row group.

Blinded data are taken out before anything is filled, so that no picture can show them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import hist
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from higgsflow.output.merged_events import pieces
from higgsflow.output.provenance import unit_of
from higgsflow.report import aggregates
from higgsflow.report.binning import choose_edges, moments_of
from higgsflow.report.drawn_files import (
    TAG,
    WEIGHT,
    all_data_are_read,
    meanings_of,
    not_simulated,
    readable,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from higgsflow.report.binning import Edges
    from higgsflow.report.content import SampleSummary, Summary
    from higgsflow.report.drawn_files import DrawnFile

Group = tuple[str, bool]
"""A simulated process, and whether it is signal."""

MASS = "m_gg"


@dataclass(frozen=True)
class Book:
    """Histograms of one variable: axes year, tag and variable, weighted.

    Attributes:
        meaning: what the merged files say of the column, with its unit at the end; may be empty.
        hidden: bins in which data must not be drawn.
        data: None when there are no data or none may be drawn.
        data_years: indices of the years that have such data.
        comparable: simulation outside the window, where that is all there is of data.
        undefined: by whether they are data, weights of the events in which the variable has no
            value, with the axes year and tag.
    """

    variable: str
    meaning: str
    edges: Edges
    hidden: npt.NDArray[np.bool_]
    simulation: dict[Group, Any] = field(default_factory=dict)
    data: Any = None
    data_years: frozenset[int] = frozenset()
    comparable: Any = None
    undefined: dict[bool, Any] = field(default_factory=dict)

    @property
    def unit(self) -> str:
        """The unit of the variable; empty where it has none, or none is known."""
        return unit_of(self.meaning)


@dataclass(frozen=True)
class Filled:
    """All histograms, what could not be filled, and blinded data outside the window per tag.

    Attributes:
        side_bands: None when nothing is blinded, or not all of the data can be counted.
    """

    books: tuple[Book, ...]
    notes: tuple[str, ...]
    side_bands: dict[str, int] | None


def fill_histograms(summary: Summary) -> Filled:
    """Fills the mass and every variable of interest from the merged nominal files.

    What is not there (a file, a column, a range to draw) is said in the notes; the other
    histograms are filled all the same.
    """
    notes: list[str] = []
    files = tuple(readable(summary, notes))
    notes.extend(not_simulated(summary, files))
    books: dict[str, Book] = {}
    # where nothing can be drawn, nothing is wrong with the variables
    variables = _in_order(summary, files) if files or not summary.samples else []
    meanings = meanings_of(variables, files)
    for variable in variables:
        types = [f.types[variable] for f in files if variable in f.types]
        book = _book(summary, (variable, meanings.get(variable, "")), types, notes)
        if book is not None:
            books[variable] = book
            absent = [aggregates.label(f.sample) for f in files if variable not in f.types]
            notes.extend(f"{variable} is not drawn for {n}: no such column" for n in absent)
    counts = np.zeros(len(summary.tags), dtype=np.int64)
    for file in files:
        counts += _fill(file, books, summary)
    side_bands = dict(zip(summary.tags, counts.tolist(), strict=True))
    known = summary.blinded is not None and all_data_are_read(summary, files)
    return Filled(tuple(books.values()), tuple(notes), side_bands if known else None)


def _in_order(summary: Summary, files: Sequence[DrawnFile]) -> list[str]:
    """The variables of interest, and the mass of photon pairs, where files have it.

    What is blinded comes first, since signal is looked for there; else the mass.
    """
    is_there = any(MASS in file.types for file in files)
    names = tuple(dict.fromkeys(((MASS,) if is_there else ()) + summary.variables))
    blinded = summary.blinded[0] if summary.blinded is not None else MASS
    return sorted(names, key=lambda name: name != blinded)


def _book(
    summary: Summary, about_it: tuple[str, str], types: list[Any], notes: list[str]
) -> Book | None:
    """An empty book, or a note why there is none."""
    variable, meaning = about_it
    if not types:
        notes.append(f"{variable} is not drawn: no merged file has this column")
        return None
    if not all(_is_number(kind) for kind in types):
        notes.append(f"{variable} is not drawn: its values are of type {types[0]}")
        return None
    integral = all(not pa.types.is_floating(kind) for kind in types)
    edges = choose_edges(variable, moments_of(summary, variable), integral)
    if edges is None:
        notes.append(f"{variable} is not drawn: the counters know no values that may be shown")
        return None
    elsewhere = summary.blinded is not None and summary.blinded[0] != variable
    comparable = _empty(edges, summary) if elsewhere else None
    hidden = _hidden_bins(summary, variable, edges)
    undefined = {
        is_data: hist.Hist(*_axes(summary), storage=_storage()) for is_data in (True, False)
    }
    return Book(variable, meaning, edges, hidden, comparable=comparable, undefined=undefined)


def _is_number(kind: Any) -> bool:
    return any(test(kind) for test in (pa.types.is_floating, pa.types.is_integer)) or bool(
        pa.types.is_boolean(kind)
    )


def _hidden_bins(summary: Summary, variable: str, edges: Edges) -> npt.NDArray[np.bool_]:
    """Bins that touch the window: part of their data was taken out."""
    if summary.blinded is None or summary.blinded[0] != variable:
        return np.zeros(len(edges) - 1, dtype=np.bool_)
    _, low, high = summary.blinded
    return (edges[:-1] < high) & (edges[1:] > low)


def _fill(file: DrawnFile, books: dict[str, Book], summary: Summary) -> npt.NDArray[np.int64]:
    """Adds the rows of a file; returns how many data were used per tag."""
    used = np.zeros(len(summary.tags), dtype=np.int64)
    is_data, window = file.sample.kind == "data", summary.blinded
    year = aggregates.years(summary).index(file.sample.year)
    targets = {n: _target(books, n, file.sample, summary) for n in books if n in file.types}
    for name in targets if is_data else ():
        books[name] = replace(books[name], data_years=books[name].data_years | {year})
    beside = {} if is_data else _compared(file, books)
    for rows in pieces(file.path, {TAG, WEIGHT, *targets, *(window or ())[:1]}):
        tag = rows[TAG].astype(np.int64)
        keep = (tag >= 0) & (tag < len(used))
        outside = keep if window is None else keep & _is_outside(rows, window)
        if is_data:
            keep = outside
            used += np.bincount(tag[keep], minlength=len(used))
        for chosen, histograms in ((keep, targets), (outside, beside)):
            for name, histogram in histograms.items():
                defined = chosen & np.isfinite(rows[name])
                values, weight = rows[name][defined], rows[WEIGHT][defined]
                histogram.fill(year, tag[defined], values, weight=weight)
        for name in targets:
            absent = keep & ~np.isfinite(rows[name])
            if absent.any():
                undefined = books[name].undefined[is_data]
                undefined.fill(year, tag[absent], weight=rows[WEIGHT][absent])
    return used


def _is_outside(
    rows: dict[str, npt.NDArray[np.float64]], window: tuple[str, float, float]
) -> npt.NDArray[np.bool_]:
    """Rows known to be outside the window; NaN is on no side of it."""
    column, low, high = window
    outside: npt.NDArray[np.bool_] = (rows[column] <= low) | (rows[column] >= high)
    return outside


def _compared(file: DrawnFile, books: dict[str, Book]) -> dict[str, Any]:
    """The histograms of simulation outside the window, which blinded data are compared with.

    In the picture of the blinded column itself the bins of the window are left out instead.
    """
    return {
        name: book.comparable
        for name, book in books.items()
        if book.comparable is not None and name in file.types
    }


def _target(books: dict[str, Book], variable: str, sample: SampleSummary, summary: Summary) -> Any:
    """The histogram that a sample is filled into."""
    book = books[variable]
    is_data = sample.kind == "data"
    known = book.data if is_data else book.simulation.get((sample.process, sample.signal))
    if known is not None:
        return known
    fresh = _empty(book.edges, summary)
    if is_data:
        books[variable] = replace(book, data=fresh)
    else:
        book.simulation[(sample.process, sample.signal)] = fresh
    return fresh


def _empty(edges: Edges, summary: Summary) -> Any:
    return hist.Hist(*_axes(summary), hist.axis.Variable(edges, name="value"), storage=_storage())


def _axes(summary: Summary) -> tuple[Any, Any]:
    """Year and tag."""
    return (
        hist.axis.Integer(0, len(aggregates.years(summary)), name="year", flow=False),
        hist.axis.Integer(0, len(summary.tags), name="tag", flow=False),
    )


_storage = hist.storage.Weight
