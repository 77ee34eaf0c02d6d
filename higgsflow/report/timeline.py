"""The picture of jobs over time: a lane for each sample and year, as high as jobs ran at once.

A lane has so many steps at most, however many jobs there were.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

import numpy as np

from higgsflow.report import aggregates
from higgsflow.report.formatting import seconds
from higgsflow.report.short_names import shortened
from higgsflow.report.svg import Scale, between, box, drawing, path, place, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    from higgsflow.report.content import JobSpan, SampleSummary, Summary
    from higgsflow.report.markup import Html

    Times = npt.NDArray[np.float64]

_WIDTH, _LEFT, _RIGHT = 940, 250, 925
_TOP, _LANE = 8, 20
_STEPS = 200
_LONGEST = 34  # letters of a sample and year beside a lane


def draw_timeline(summary: Summary) -> Html | None:
    """All jobs on one axis of time; None where nothing is known of them."""
    spans = [span for sample in summary.samples for span in sample.jobs.spans]
    if not spans:
        return None
    first = min(span.started for span in spans)
    last = max(span.started + span.wall for span in spans)
    lanes = [sample for sample in summary.samples if sample.jobs.spans]
    bottom = _TOP + _LANE * len(lanes)
    x = Scale(0.0, max(last - first, 1e-3), _LEFT, _RIGHT)
    highest = max(int(running(s.jobs.spans, first, x.high).max()) for s in lanes)
    shapes = [shape for i, s in enumerate(lanes) for shape in _lane(i, s, x, (first, highest))]
    shapes += [_beside(i, name) for i, name in enumerate(_names(lanes))]
    begun = datetime.fromtimestamp(first, timezone.utc).strftime("%Y-%m-%d %H:%M:%S")
    words = f"jobs over time, from {begun} for {seconds(x.high)}, at most {highest} at once"
    return drawing((_WIDTH, bottom + 34), words, [*shapes, *_axis(x, bottom, begun)])


def running(spans: Sequence[JobSpan], first: float, length: float) -> npt.NDArray[np.int64]:
    """The largest number of jobs at once in each step of the axis.

    Args:
        spans: of the jobs.
        first: where the axis begins, in seconds since 1970.
        length: of the axis, in seconds.
    """
    begins = np.array([span.started - first for span in spans])
    ends = begins + [span.wall for span in spans]
    # what took no time ran all the same
    ends = np.maximum(ends, np.nextafter(begins, np.inf))
    begins.sort()
    ends.sort()
    most = _at(np.linspace(0.0, length, _STEPS, endpoint=False), begins, ends)
    # within a step there are never more than when one of its jobs begins
    steps = np.minimum((begins / length * _STEPS).astype(np.int64), _STEPS - 1)
    np.maximum.at(most, steps, _at(begins, begins, ends))
    return most


def _at(times: Times, begins: Times, ends: Times) -> npt.NDArray[np.int64]:
    """How many run at these times, from sorted begins and ends."""
    begun = np.searchsorted(begins, times, side="right")
    return begun - np.searchsorted(ends, times, side="right")


def _names(lanes: Sequence[SampleSummary]) -> list[str]:
    """Samples and years as they stand beside their lanes: what is too long is a sample's name."""
    years = [f" ({sample.year})" for sample in lanes]
    shown = shortened((sample.sample for sample in lanes), _LONGEST - max(map(len, years)))
    return [f"{shown[s.sample]}{year}" for s, year in zip(lanes, years, strict=True)]


def _beside(i: int, name: str) -> Html:
    return text(_LEFT - 6, _TOP + _LANE * (i + 1) - 5, name, anchor="end")


def _lane(
    i: int, sample: SampleSummary, x: Scale, start_and_most: tuple[float, int]
) -> Iterator[Html]:
    first, highest = start_and_most
    spans, bottom = sample.jobs.spans, _TOP + _LANE * (i + 1)
    y = Scale(0.0, highest, bottom, bottom - _LANE + 4)
    edges = np.linspace(_LEFT, _RIGHT, _STEPS + 1).tolist()
    heights = [y(n) for n in running(spans, first, x.high)]
    yield path("c0", between(edges, heights, [y(0)] * _STEPS))
    failed = sorted({place(x.inside(s.started + s.wall - first)) for s in _failed(spans)})
    if failed:
        yield path("failed", [f"M{where} {bottom}v-{_LANE - 4}" for where in failed])
    wall = seconds(sum(span.wall for span in spans))
    n_failed = len(_failed(spans))
    tooltip = f"{aggregates.label(sample)}: {len(spans)} jobs, {n_failed} failed, {wall} together"
    yield box("hover", (_LEFT, _RIGHT), (bottom - _LANE, bottom), tooltip)


def _failed(spans: Sequence[JobSpan]) -> list[JobSpan]:
    return [span for span in spans if span.status == "failed"]


def _axis(x: Scale, bottom: int, begun: str) -> Iterator[Html]:
    unit, size = next((u, s) for u, s in _UNITS if x.high >= 2 * s or s == 1)
    in_units = Scale(0.0, x.high / size, _LEFT, _RIGHT)
    for value in in_units.ticks(8):
        yield path("tick", [f"M{place(in_units(value))} {bottom}v-5"])
        yield text(in_units(value), bottom + 14, f"{value:g}", anchor="middle")
    yield box("axis", (_LEFT, _RIGHT), (_TOP, bottom))
    yield text(_RIGHT, bottom + 29, f"{unit} since {begun} UTC", anchor="end")


_UNITS = (("days", 86400), ("hours", 3600), ("minutes", 60), ("seconds", 1))
