"""Histograms of the merged nominal files, filled row group by row group.

Blinded data are taken out before anything is filled, so that no picture can show them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hist
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from higgsflow.errors import StoreError
from higgsflow.model.systematic import NOMINAL
from higgsflow.output.merged_events import about, column_types, pieces
from higgsflow.output.provenance import unit_of
from higgsflow.report import aggregates
from higgsflow.report.binning import choose_edges, moments_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from higgsflow.report.binning import Edges
    from higgsflow.report.content import SampleSummary, Summary

Group = tuple[str, bool]
"""A simulated process, and whether it is signal."""

TAG, WEIGHT = "tag_idx", "weight_central"
MASS = "m_gg"


@dataclass(frozen=True)
class Source:
    """A merged file that can be read, and the columns it has."""

    sample: SampleSummary
    path: Path
    types: Mapping[str, Any]


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
    sources = tuple(_readable(summary, notes))
    notes.extend(_not_simulated(summary, sources))
    books: dict[str, Book] = {}
    # where nothing can be drawn, nothing is wrong with the variables
    variables = _in_order(summary, sources) if sources or not summary.samples else []
    meanings = _meanings(variables, sources)
    for variable in variables:
        types = [s.types[variable] for s in sources if variable in s.types]
        book = _book(summary, (variable, meanings.get(variable, "")), types, notes)
        if book is not None:
            books[variable] = book
            absent = [aggregates.label(s.sample) for s in sources if variable not in s.types]
            notes.extend(f"{variable} is not drawn for {n}: no such column" for n in absent)
    counts = np.zeros(len(summary.tags), dtype=np.int64)
    for source in sources:
        counts += _fill(source, books, summary)
    side_bands = dict(zip(summary.tags, counts.tolist(), strict=True))
    known = summary.blinded is not None and _all_data_are_read(summary, sources)
    return Filled(tuple(books.values()), tuple(notes), side_bands if known else None)


def _in_order(summary: Summary, sources: Sequence[Source]) -> list[str]:
    """The variables of interest, and the mass of photon pairs, where files have it.

    What is blinded comes first, since signal is looked for there; else the mass.
    """
    is_there = any(MASS in source.types for source in sources)
    names = tuple(dict.fromkeys(((MASS,) if is_there else ()) + summary.variables))
    blinded = summary.blinded[0] if summary.blinded is not None else MASS
    return sorted(names, key=lambda name: name != blinded)


def _not_simulated(summary: Summary, sources: tuple[Source, ...]) -> Iterator[str]:
    """Years whose data have nothing to be compared with, which pictures of several years add."""
    data, simulated = (
        {s.sample.year for s in sources if (s.sample.kind == "data") is is_data}
        for is_data in (True, False)
    )
    alone = [year for year in aggregates.years(summary) if year in data - simulated]
    if alone and simulated:
        text = f"data of {', '.join(alone)} have no simulation to be compared with"
        yield f"{text}: pictures of more years add them all the same"


def _all_data_are_read(summary: Summary, sources: tuple[Source, ...]) -> bool:
    """Whether there are data, and a file of each sample and year of them can be drawn."""
    n_read = sum(source.sample.kind == "data" for source in sources)
    return n_read == sum(sample.kind == "data" for sample in summary.samples) > 0


def _readable(summary: Summary, notes: list[str]) -> Iterator[Source]:
    """The files that can be drawn; why others cannot goes to the notes."""
    for sample in summary.samples:
        found = _source(summary, sample)
        if isinstance(found, Source):
            yield found
        else:
            notes.append(f"{aggregates.label(sample)} is not drawn: {found}")


def _source(summary: Summary, sample: SampleSummary) -> Source | str:
    """The merged nominal file, or why it cannot be drawn."""
    if sample.kind == "data" and sample.process in summary.kept_apart:
        return summary.kept_apart[sample.process]
    if sample.alternative:
        return "it is an alternative"
    if NOMINAL not in sample.merged:
        return "the summary names no merged nominal file"
    path = Path(sample.merged[NOMINAL])
    try:
        types = column_types(path)
    except StoreError as error:
        return f"{error.what}: {error.where}"
    absent = [name for name in (TAG, WEIGHT, *(summary.blinded or ())[:1]) if name not in types]
    if absent:
        why = ", which says what is blinded" if absent[0] not in (TAG, WEIGHT) else ""
        return f"no column {absent[0]}{why}, in {path}"
    return Source(sample, path, types)


def _meanings(variables: Sequence[str], sources: Sequence[Source]) -> dict[str, str]:
    """What merged files say of their columns: of each, the first that has it."""
    first = {v: next((s for s in sources if v in s.types), None) for v in variables}
    said: dict[str, str] = {}
    for path in dict.fromkeys(source.path for source in first.values() if source is not None):
        said = about(path).get("columns", {}) | said
    return said


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


def _fill(source: Source, books: dict[str, Book], summary: Summary) -> npt.NDArray[np.int64]:
    """Adds the rows of a file; returns how many data were used per tag."""
    used = np.zeros(len(summary.tags), dtype=np.int64)
    is_data, window = source.sample.kind == "data", summary.blinded
    year = aggregates.years(summary).index(source.sample.year)
    targets = {n: _target(books, n, source.sample, summary) for n in books if n in source.types}
    for name in targets if is_data else ():
        books[name] = replace(books[name], data_years=books[name].data_years | {year})
    beside = {} if is_data else _compared(source, books)
    for rows in pieces(source.path, {TAG, WEIGHT, *targets, *(window or ())[:1]}):
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


def _compared(source: Source, books: dict[str, Book]) -> dict[str, Any]:
    """The histograms of simulation outside the window, which blinded data are compared with.

    In the picture of the blinded column itself the bins of the window are left out instead.
    """
    return {
        name: book.comparable
        for name, book in books.items()
        if book.comparable is not None and name in source.types
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
