"""All pictures of the page: drawn once, kept as files beside it and as bytes for it."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from higgsflow.output.atomic import written_atomically
from higgsflow.report import aggregates
from higgsflow.report.formatting import percent
from higgsflow.report.histograms import Filled, fill_histograms
from higgsflow.report.plots import draw_effects, draw_stack
from higgsflow.report.stacks import process_order, stack

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from higgsflow.report.summary import SampleSummary, Summary

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Picture:
    """A PNG, the name of its file, what it shows, and its group: a variable or `systematics`."""

    group: str
    title: str
    file_name: str
    png: bytes


@dataclass(frozen=True)
class Pictures:
    """Everything that was drawn, why the rest was not, and blinded data outside the window."""

    pictures: tuple[Picture, ...]
    notes: tuple[str, ...]
    side_bands: dict[str, int] | None

    def of(self, group: str) -> tuple[Picture, ...]:
        """The pictures of a variable, or of the systematics."""
        return tuple(picture for picture in self.pictures if picture.group == group)


SYSTEMATICS = "systematics"


def make_pictures(summary: Summary, folder: Path) -> Pictures:
    """Draws everything and keeps it in a folder of its own.

    Pictures of an earlier report that are not made again are removed: they may show data that
    are blinded now.
    """
    filled = fill_histograms(summary)
    pictures = (*_stacks(summary, filled), *_effects(summary))
    for picture in pictures:
        with written_atomically(folder / picture.file_name) as temporary:
            temporary.write_bytes(picture.png)
    wanted = {picture.file_name for picture in pictures}
    for path in sorted(folder.glob("*.png")):
        if path.name not in wanted:
            logger.info("removing %s, which this report does not have", path)
            path.unlink()
    return Pictures(pictures, filled.notes, filled.side_bands)


def _stacks(summary: Summary, filled: Filled) -> Iterator[Picture]:
    order = process_order(summary)
    caption = _caption(summary)
    for i, book in enumerate(filled.books):
        for index, tag in enumerate(summary.tags):
            png = draw_stack(stack(book, (index, tag), order), caption)
            # the number keeps names apart that differ only in what a file name cannot hold
            name = f"{i:02d}_{_safe(book.variable)}_{index:02d}_{_safe(tag)}.png"
            yield Picture(book.variable, f"{book.variable}, {tag}", name, png)


def _safe(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9.+-]+", "_", name)


def _caption(summary: Summary) -> str:
    """Years and luminosity; pictures travel without their page, so this is said in each."""
    years = aggregates.years(summary)
    named = ", ".join(years) if len(years) <= 3 else f"{len(years)} years"
    caption = f"{named}, {aggregates.luminosity(summary):.4g} /fb"
    if aggregates.is_complete(summary.samples):
        return caption
    return f"INCOMPLETE ({percent(aggregates.processed(summary.samples))}), {caption}"


def _effects(summary: Summary) -> Iterator[Picture]:
    samples = aggregates.simulation(summary)
    signal = tuple(s for s in samples if s.signal)
    others = tuple(s for s in samples if not s.signal)
    for name, group in (("signal", signal), ("other simulation", others)):
        picture = _effect(name, group, summary)
        if picture is not None:
            yield picture


def _effect(name: str, samples: tuple[SampleSummary, ...], summary: Summary) -> Picture | None:
    rows = aggregates.systematic_rows(samples, summary.tags)
    if not rows:
        return None
    title = f"effect of each systematic on the yield, {name}"
    file_name = f"{SYSTEMATICS}_{_safe(name)}.png"
    return Picture(SYSTEMATICS, title, file_name, draw_effects(title, rows, summary.tags))
