"""The picture of processed luminosity: a bar for each run, with what is missing on top.

Runs stand beside each other in order, whatever lies between their numbers. Of very many runs,
neighbours share a bar.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from higgsflow.report.svg import Scale, between, box, drawing, path, place, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from higgsflow.events.lumisections import CmsFormat
    from higgsflow.records.lumi_coverage import Coverage
    from higgsflow.report.markup import Html

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 900, 190, 60, 885, 8, 145
_MOST_BARS = 400


class Bar(NamedTuple):
    """Numbers of lumisections of one run, or of neighbours from `first` to `last`."""

    first: int
    last: int
    n_processed: int
    n_missing: int

    @property
    def text(self) -> str:
        """What the bar says, such as `run 297050: 37 processed, 2 missing`."""
        runs = f"run {self.first}" if self.first == self.last else f"runs {self.first}-{self.last}"
        return f"{runs}: {self.n_processed:,} processed, {self.n_missing:,} missing"


def draw_coverage(one: Coverage, title: str) -> Html | None:
    """Processed and missing lumisections of each run; None where there are none of either."""
    bars = bars_of(one)
    if not bars:
        return None
    x = Scale(0, len(bars), _LEFT, _RIGHT)
    y = Scale(0, max(bar.n_processed + bar.n_missing for bar in bars), _BOTTOM, _TOP + 6)
    shapes = [*_bars(bars, x, y), *_axes(bars, x, y)]
    return drawing((_WIDTH, _HEIGHT), f"lumisections by run, {title}", shapes)


def bars_of(one: Coverage) -> list[Bar]:
    """Runs in order, put together where there are more of them than bars can be seen."""
    runs = sorted({int(run) for run in (*one.processed, *one.missing)})
    size = -(-len(runs) // _MOST_BARS) or 1
    parts = [runs[i : i + size] for i in range(0, len(runs), size)]
    return [
        Bar(part[0], part[-1], _count(one.processed, part), _count(one.missing, part))
        for part in parts
    ]


def _count(content: CmsFormat, runs: Sequence[int]) -> int:
    pairs = (pair for run in runs for pair in content.get(str(run), ()))
    return sum(last - first + 1 for first, last in pairs)


def _bars(bars: Sequence[Bar], x: Scale, y: Scale) -> Iterator[Html]:
    edges = [x(i) for i in range(len(bars) + 1)]
    processed = [y(bar.n_processed) for bar in bars]
    whole = [y(bar.n_processed + bar.n_missing) for bar in bars]
    yield path("c0", between(edges, processed, [y(0)] * len(bars)))
    if any(bar.n_missing for bar in bars):
        yield path("lost", between(edges, whole, processed))
    for bar, left, right in zip(bars, edges, edges[1:], strict=False):
        yield box("hover", (left, right), (_TOP, _BOTTOM), bar.text)


def _axes(bars: Sequence[Bar], x: Scale, y: Scale) -> Iterator[Html]:
    for value in y.ticks(4):
        yield path("tick", [f"M{_LEFT} {place(y(value))}h5"])
        yield text(_LEFT - 5, y(value) + 4, f"{value:,g}", anchor="end")
    step = -(-len(bars) // 8)
    for i in range(0, len(bars), step):
        yield path("tick", [f"M{place(x(i + 0.5))} {_BOTTOM}v4"])
        yield text(x(i + 0.5), _BOTTOM + 16, str(bars[i].first), anchor="middle")
    yield box("axis", (_LEFT, _RIGHT), (_TOP, _BOTTOM))
    total = sum(bar.n_processed for bar in bars)
    missing = sum(bar.n_missing for bar in bars)
    yield text(_RIGHT, _BOTTOM + 34, f"{total:,} processed, {missing:,} missing", anchor="end")
    yield text(_LEFT, _BOTTOM + 34, "lumisections, by run")
