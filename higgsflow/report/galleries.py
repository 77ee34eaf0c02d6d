"""Pictures in the page: side by side, with one legend, single years on demand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from higgsflow.report.colors import look
from higgsflow.report.markup import Content, Html, details, element, joined, note, section, void
from higgsflow.report.periods import ALL

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from higgsflow.report.content import Summary
    from higgsflow.report.pictures import Figure, Pictures


def pictures_section(summary: Summary, made: Pictures) -> Html:
    """The mass first and open, then every variable of interest."""
    parts: list[Content] = [element("p", _HOW_DRAWN), *map(note, made.notes)]
    for group in dict.fromkeys(figure.group for figure in made.figures):
        if group in ("m_gg", *summary.variables):
            found = made.of(group)
            said = element("small", f" {found[0].meaning}") if found[0].meaning else ""
            parts.extend((element("h3", group, said), *_of_variable(found)))
    return section("pictures", "Mass and variables of interest", *parts)


_HOW_DRAWN = (
    "Points are data; their bars are the root of the number of events, and empty bins have no "
    "point. Bands are the statistical uncertainty of simulation. A line shows the sum of all "
    "signal, multiplied by what is written. In the ratio, an arrow is a point above the axis; "
    "where data of a window are blinded, or not all years have data, the ratio is to simulation "
    "outside this window and of the years with data, which is the dotted line. Point at a bin to "
    "read its numbers; links lead to files of the pictures."
)


def _of_variable(figures: Sequence[Figure]) -> Iterator[Html]:
    """All years with their legend; single years have one where they need another."""
    above: dict[str, int] = {}
    for period in dict.fromkeys(figure.period for figure in figures):
        chosen = [f for f in figures if f.period == period]
        own = _legend_of(chosen)
        found = _side_by_side(chosen) if own.items() <= above.items() else gallery(chosen)
        above = above or own
        yield found if period == ALL else details(period, found)


def gallery(figures: Sequence[Figure]) -> Html:
    """Pictures side by side, inside the page and linked to their files, below their legend."""
    known = _legend_of(figures)
    swatches = (element("span", _swatch(rank), name) for name, rank in known.items())
    return joined((element("p", *swatches, class_="legend"), _side_by_side(figures)))


def _legend_of(figures: Sequence[Figure]) -> dict[str, int]:
    """The ranks of everything that some of them draw."""
    return dict(entry for figure in figures for entry in figure.legend)


def _side_by_side(figures: Sequence[Figure]) -> Html:
    return element("div", *map(_figure, figures), class_="gallery")


def _swatch(rank: int) -> Html:
    area = element("rect", class_=look(rank), width="16", height="12")
    return element("svg", area, viewBox="0 0 16 12", aria_hidden="true")


def _figure(figure: Figure) -> Html:
    links = (element("a", name.rpartition(".")[2], href=f"plots/{name}") for name in figure.files)
    beside = (c for link in links for c in (" ", link))
    notes = (c for note in figure.notes for c in (void("br"), note))
    caption = element("figcaption", figure.title, *beside, *notes)
    return element("figure", figure.drawing, caption)
