"""Batch jobs of samples that need none: of a configuration that was given up, or long ended.

Whoever drives jobs takes them out of the queue. Where a change was taken back, or all jobs came to
their end while no command ran, nobody does, and they or what tells of them would stay.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks import session
from tasks.execution.batch import BATCHES
from tasks.execution.driver_lock import driving_if_nobody_does

if TYPE_CHECKING:
    from collections.abc import Iterable

    from higgsflow.model.analysis import AnalysisModel
    from higgsflow.model.sample import SampleYear


def cancel_leftovers(analysis: AnalysisModel, pairs: Iterable[SampleYear]) -> None:
    """Cancels the jobs of samples and years that are done, unless another command drives them."""
    for pair in pairs:
        jobs = session.stage_folder(analysis, "jobs", pair.sample.name, pair.year)
        if not any((jobs / BATCHES).glob("*.jsonl")):
            # who has nothing to do does not load what knows engines
            continue
        from tasks.execution.batch.cancel import cancel_those_of_others

        with driving_if_nobody_does(jobs) as is_mine:
            if is_mine:
                cancel_those_of_others(analysis, pair, "")
