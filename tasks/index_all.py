"""The indexes of all samples, behind one name."""

from __future__ import annotations

from typing import Any

from tasks.base import AnalysisTask
from tasks.index_sample import IndexSample


class IndexAll(AnalysisTask):
    """All samples and years are indexed; makes nothing of its own.

    Jobs of each sample wait for all indexes. If each asked for all of them, luigi would follow the
    square of the number of samples each time that it looks for what to run next.
    """

    exclude_index = True
    priority = IndexSample.priority

    def requires(self) -> Any:
        pairs = self.model.samples.pairs
        return [IndexSample.req(self, sample=p.sample.name, year=p.year) for p in pairs]

    def output(self) -> Any:
        return []

    def complete(self) -> bool:
        return all(task.complete() for task in self.requires())

    def run(self) -> None:
        """There is nothing left to do."""
