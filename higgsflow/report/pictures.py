"""All pictures of the page: drawings inside it, and files beside it."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from higgsflow.output.atomic import written_atomically
from higgsflow.report import aggregates, effect_drawing, stack_drawing
from higgsflow.report.crew import made_together
from higgsflow.report.histograms import Filled, fill_histograms
from higgsflow.report.largest import largest
from higgsflow.report.look import look_of
from higgsflow.report.periods import Period, periods
from higgsflow.report.plots import draw_effects, draw_stack
from higgsflow.report.stacks import not_drawn, process_order, stack
from higgsflow.report.systematic_rows import systematic_rows
from higgsflow.there import is_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from higgsflow.model.reporting import Reporting
    from higgsflow.report.content import Summary
    from higgsflow.report.look import Look
    from higgsflow.report.markup import Html
    from higgsflow.report.stacks import Stack
    from higgsflow.report.systematic_rows import SystematicRow

logger = logging.getLogger(__name__)

SYSTEMATICS = "systematics"
# what a report writes, and therefore removes when it is made again
_KINDS = ("png", "pdf")
_NAMES = re.compile(rf"(?:\d+_.*_\d+_.*|{SYSTEMATICS}_.*)\.(?:{'|'.join(_KINDS)})")
_LONGEST_PART = 70


@dataclass(frozen=True)
class Figure:
    """A drawing inside the page.

    Attributes:
        group: a variable, or `systematics`.
        period: the year or years that it shows.
        legend: names of what has a colour, and its rank among the colours.
        notes: what the drawing does not show.
        files: names of the same picture beside the page.
        meaning: of the variable, in words.
    """

    group: str
    title: str
    period: str
    drawing: Html
    legend: tuple[tuple[str, int], ...]
    files: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    meaning: str = ""


@dataclass(frozen=True)
class Pictures:
    """Everything that was drawn, why the rest was not, and blinded data outside the window."""

    figures: tuple[Figure, ...]
    notes: tuple[str, ...]
    side_bands: dict[str, int] | None

    def of(self, group: str, period: str = "") -> tuple[Figure, ...]:
        """The figures of a variable, or of the systematics; of one period, or of all."""
        return tuple(f for f in self.figures if f.group == group and period in ("", f.period))


@dataclass(frozen=True)
class _Sketch:
    """A figure that is not drawn yet: as a drawing for the page, and as files beside it."""

    group: str
    title: str
    period: Period
    name: str
    legend: tuple[tuple[str, int], ...]
    draw: Callable[[], Html]
    draw_files: Callable[[Look], dict[str, bytes]]
    notes: tuple[str, ...] = ()
    meaning: str = ""


def make_pictures(summary: Summary, folder: Path, reporting: Reporting) -> Pictures:
    """Draws everything, and keeps files of it in a folder of its own.

    Pictures of an earlier report that are not made again are removed: they may show data that
    are blinded now.
    """
    filled = fill_histograms(summary)
    # what shows all years comes first, for where not everything may be drawn
    sketches = [*_stacks(summary, filled), *_effects(summary)]
    sketches.sort(key=lambda sketch: not sketch.period.is_all)
    by_name = {s.name: s for s in sketches if s.period.is_all or reporting.files_by_year}
    wanted, look = list(by_name.values() if reporting.files else ()), look_of(reporting)
    drawn = wanted[: reporting.max_files]
    written = made_together(drawn, lambda sketch: _written(sketch, folder, look))
    files = {sketch.name: names for sketch, names in zip(drawn, written, strict=True)}
    figures = tuple(_figure(s, files.get(s.name, ())) for s in sketches[: reporting.max_figures])
    _remove_others(folder, {name for names in files.values() for name in names})
    notes = [*filled.notes]
    notes += _left_out(len(sketches), "drawn in this page", ("max_figures", reporting.max_figures))
    notes += _left_out(len(wanted), "files beside it", ("max_files", reporting.max_files))
    return Pictures(figures, tuple(notes), filled.side_bands)


def _figure(sketch: _Sketch, files: tuple[str, ...]) -> Figure:
    return Figure(
        group=sketch.group,
        title=sketch.title,
        period=sketch.period.name,
        drawing=sketch.draw(),
        legend=sketch.legend,
        files=files,
        notes=sketch.notes,
        meaning=sketch.meaning,
    )


def _left_out(n: int, what: str, limit: tuple[str, int]) -> Iterator[str]:
    name, most = limit
    if n > most:
        yield f"{n - most:,} of {n:,} pictures are not {what}: report.{name} is {most:,}"


def _written(sketch: _Sketch, folder: Path, look: Look) -> tuple[str, ...]:
    """Draws a picture and writes its files; returns their names."""
    found = {f"{sketch.name}.{kind}": content for kind, content in sketch.draw_files(look).items()}
    for name, content in found.items():
        with written_atomically(folder / name) as temporary:
            temporary.write_bytes(content)
    return tuple(found)


def _remove_others(folder: Path, wanted: set[str]) -> None:
    # of a name that a report gives: the folder may be a link to one with pictures of somebody
    for path in sorted(folder.iterdir()) if is_folder(folder) else ():
        if _NAMES.fullmatch(path.name) and path.name not in wanted:
            logger.info("removing %s, which this report does not have", path)
            path.unlink()


def _stacks(summary: Summary, filled: Filled) -> Iterator[_Sketch]:
    order = process_order(summary)
    for period in periods(summary):
        for i, book in enumerate(filled.books):
            for index, tag in enumerate(summary.tags):
                # the number keeps names apart that differ only in what a file name cannot hold
                name = f"{i:02d}_{_safe(book.variable)}_{index:02d}_{_safe(tag)}"
                found = stack(book, (index, tag), order, period.years)
                yield _stack(found, book.meaning, period, name)


def _stack(found: Stack, meaning: str, period: Period, name: str) -> _Sketch:
    title = f"{found.variable}, {found.tag}"
    titled = title if period.is_all else f"{title}, {period.name}"
    return _Sketch(
        group=found.variable,
        title=titled,
        period=period,
        name=name if period.is_all else f"{name}_{_safe(period.name)}",
        legend=tuple((label, rank) for label, _, rank in reversed(found.parts)),
        draw=lambda: stack_drawing.draw(found, titled),
        draw_files=lambda look: draw_stack(found, period.caption, look),
        notes=tuple(not_drawn(found)),
        meaning=meaning,
    )


def _safe(name: str) -> str:
    """A part of the name of a file: with three of them it is no longer than names can be."""
    return re.sub(r"[^A-Za-z0-9.+-]+", "_", name)[:_LONGEST_PART]


def _effects(summary: Summary) -> Iterator[_Sketch]:
    samples = aggregates.added_simulation(summary)
    signal = tuple(s for s in samples if s.signal)
    others = tuple(s for s in samples if not s.signal)
    # one legend is above the drawings of both
    directions = dict.fromkeys(one.direction for s in samples for one in s.systematics)
    ranks = {direction: rank for rank, direction in enumerate(directions)}
    for name, group in (("signal", signal), ("other simulation", others)):
        rows = systematic_rows(group, summary.tags)
        if rows:
            yield from _effect(name, rows, summary, ranks)


def _effect(
    name: str, rows: tuple[SystematicRow, ...], summary: Summary, ranks: Mapping[str, int]
) -> Iterator[_Sketch]:
    """A drawing for each tag; the files have all tags in one picture."""
    title = f"effect of each systematic on the yield, {name}"
    legend = tuple((d, ranks[d]) for d in dict.fromkeys(row.direction for row in rows))
    of_all = largest(rows, summary.tags)
    for tag in summary.tags:
        titled, found = f"{title}, {tag}", largest(rows, (tag,))
        yield _Sketch(
            group=SYSTEMATICS,
            title=titled,
            period=periods(summary)[0],
            name=f"{SYSTEMATICS}_{_safe(name)}",
            legend=legend,
            draw=partial(effect_drawing.draw_effects, titled, found, tag, ranks),
            draw_files=partial(draw_effects, title, of_all, summary.tags),
            notes=(f"{found.note}, all are in the table below",) if found.note else (),
        )
