"""Sentinels for cut flows: whether the cuts that a tagger names are all that it asks for.

A cut flow shows the cuts that are named. What else a mask asks for is in no line of it, and who
reads its end takes it for what is selected.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from higgsflow.report import aggregates
from higgsflow.report.content import Finding
from higgsflow.report.formatting import count, several

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from higgsflow.report.content import SampleSummary
    from higgsflow.report.variation_content import FlowSummary, VariationSummary


def about_flows(samples: Sequence[SampleSummary]) -> Iterator[Finding]:
    """Taggers that take other events than those that pass their cuts."""
    ends: dict[str, list[tuple[int, int]]] = {}
    for sample in samples:
        nominal = aggregates.nominal(sample)
        if nominal is not None:
            for flow in nominal.flows:
                taken = _taken(flow, nominal)
                if flow.group == "events" and taken is not None:
                    ends.setdefault(flow.tagger, []).append((flow.passed.n, taken))
    for tagger, numbers in ends.items():
        if any(passed != taken for passed, taken in numbers):
            passed, taken = (sum(column) for column in zip(*numbers, strict=True))
            text = (
                f"{several(passed, 'event')} pass all cuts of its cut flow, and its mask takes "
                f"{count(taken)}: the mask is of other cuts than these"
            )
            yield Finding(kind="unnamed cut", where=tagger, text=text, severity="note")


def _taken(flow: FlowSummary, nominal: VariationSummary) -> int | None:
    """How many events the mask of the tagger takes; None where nothing says it."""
    if flow.tagger in nominal.before:
        return nominal.before[flow.tagger]
    # a step that is not the last has one tagger, and lets through what this takes
    later = (other for other in nominal.flows if other.step == flow.step + 1)
    # cuts of objects count these
    return next((other.total.n for other in later if other.group == "events"), None)
