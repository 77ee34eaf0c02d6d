"""What correction files and vectors of weights were asked that they do not know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from higgsflow.errors import shorten
from higgsflow.report.aggregates import label
from higgsflow.report.content import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from higgsflow.report.content import SampleSummary

_CLAMPED, _NO_VARIATION = "clamped:", "no_variation:"


def about_corrections(samples: Sequence[SampleSummary]) -> tuple[Finding, ...]:
    """Values outside the bins of a correction, and events whose vector has no variation.

    Counted over all events read, of corrections and weights before the taggers.
    """
    return (*_clamped(samples), *_without_variation(samples))


def _counted(samples: Sequence[SampleSummary], prefix: str) -> dict[str, dict[str, int]]:
    """Per name after the prefix the samples in which something was counted, and how much."""
    found: dict[str, dict[str, int]] = {}
    for sample in samples:
        for name, value in sample.factor_sums.items():
            if name.startswith(prefix) and value > 0:
                of_name = found.setdefault(name.removeprefix(prefix), {})
                of_name[label(sample)] = round(value)
    return found


def _clamped(samples: Sequence[SampleSummary]) -> Iterator[Finding]:
    for name, by_sample in _counted(samples, _CLAMPED).items():
        owner, _, given = name.partition(":")
        total, where = sum(by_sample.values()), shorten(list(by_sample), 3)
        text = f"{total} values of {given} are outside of its bins and got the nearest, in {where}"
        yield Finding(kind="clamped", where=owner, text=text, severity="note")


def _without_variation(samples: Sequence[SampleSummary]) -> Iterator[Finding]:
    for owner, by_sample in _counted(samples, _NO_VARIATION).items():
        total, where = sum(by_sample.values()), shorten(list(by_sample), 3)
        text = f"the vector of {total} events has length 1, which is no variation, in {where}"
        yield Finding(kind="no variation", where=owner, text=text, severity="warning")
