"""What of an analysis is done, running, failed, stale or open, stage by stage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from higgsflow.model.noun import Noun
from higgsflow.model.printed import Printed

if TYPE_CHECKING:
    from collections.abc import Iterable

State = Literal["done", "running", "failed", "stale", "open"]

# what the whole is, if some part is it: the first of these that occurs
_ORDER: tuple[State, ...] = ("running", "failed", "stale", "open", "done")


class StageStatus(Noun):
    """One stage of a sample and year, or of the whole analysis.

    Attributes:
        state: done (there and current), running (somebody drives its jobs), failed (too many of
            them for good), stale (there, but made from something else than today), open (not made,
            or not to its end).
        reasons: why it would be made again, where it is stale.
        path: of what it makes, or the folder of that.
    """

    stage: str
    state: State
    reasons: tuple[str, ...] = ()
    path: str


class JobCounts(Noun):
    """The jobs of a sample and year, as its journal tells; one for each chunk.

    Attributes:
        n_entries, n_entries_done: events of the input.
        n_entries_counted: of those done, without parts of skims of which others are missing.
        errors: jobs that failed for good, by class.
    """

    waiting: int
    running: int
    done: int
    failed: int
    n_entries: int
    n_entries_done: int
    n_entries_counted: int
    errors: dict[str, int] = {}


class SampleStatus(Noun):
    """One sample and year; `jobs` is None where none was ever begun."""

    sample: str
    year: str
    state: State
    stages: tuple[StageStatus, ...]
    jobs: JobCounts | None = None


class AnalysisStatus(Printed, Noun):
    """All samples and years, and the summary of them."""

    analysis: str
    version: str
    store: str
    state: State
    samples: tuple[SampleStatus, ...]
    summary: StageStatus

    def __str__(self) -> str:
        # tables wait until somebody prints one
        from higgsflow.report.status import render  # noqa: PLC0415

        return render(self).strip("\n")


def state_of_all(states: Iterable[State]) -> State:
    """What the whole is: running if any part runs, then failed, stale, open, and done."""
    found = set(states)
    return next(state for state in _ORDER if state in found or state == "done")
