"""Everything: all samples processed, normalised, merged and summarised."""

from __future__ import annotations

import sys
from typing import Any

import luigi

from tasks import session
from tasks.base import AnalysisTask
from tasks.execution.batch.leftovers import cancel_leftovers
from tasks.incomplete import tell_incomplete
from tasks.print_into_pipes import printing


class RunAnalysis(AnalysisTask):
    """Runs the whole analysis: merges all samples, summarises and reports."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        session.current.all_samples = True

    def requires(self) -> Any:
        from tasks.summarize_analysis import SummarizeAnalysis

        return SummarizeAnalysis.req(self)

    def output(self) -> Any:
        return self.requires().output()

    def run(self) -> None:
        """There is nothing left to do."""


@RunAnalysis.event_handler(luigi.Event.DEPENDENCY_PRESENT)
def _say_so(task: Any) -> None:
    if session.current.only_reads:
        with printing():
            _show(task)
    else:
        cancel_leftovers(task.model, task.model.samples.pairs)
    with printing():
        sys.stdout.write(f"nothing to do, everything is current: {task.folder / 'summary'}\n")
        tell_incomplete(task.model, task.model.samples.pairs)


def _show(task: RunAnalysis) -> None:
    """Tables of what others have made, for whoever can only read it."""
    from higgsflow.report.content import Summary
    from higgsflow.report.tables import print_summary

    print_summary(task.output().read_current(Summary), folder=task.folder / "summary")
