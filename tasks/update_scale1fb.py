"""The normalisation of a sample."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from higgsflow.ingredients import digest
from tasks.index_sample import IndexSample, index_of
from tasks.monitor_jobs import MonitorJobs
from tasks.targets import StageTarget
from tasks.variation_task import VariationTask

if TYPE_CHECKING:
    from higgsflow.ingredients import Ingredients
    from higgsflow.records.sample_jobs import SampleJobs


class UpdateScale1fb(VariationTask):
    """scale1fb of one sample and year, from the weights that were really processed."""

    def stage_requires(self) -> Any:
        return MonitorJobs.req(self)

    def stage_output(self) -> Any:
        path = self.stage_folder("scale1fb") / f"scale1fb{self.suffix}.json"
        return StageTarget(path, self._today)

    def stage_run(self) -> None:
        from higgsflow.normalization import normalize
        from higgsflow.records.sample_jobs import SampleJobs

        jobs = self.input().read_current(SampleJobs)
        index = index_of(IndexSample.req(self).output()).index
        systematics = self.model.systematics_of(self.pair)
        found = normalize(self.pair, index, jobs, systematics)
        sources = {v: _sources(jobs, v) for v in self.variations}
        found = found.model_copy(update={"sources": sources})
        self.output().write(found, self._ingredients(jobs.inputs))

    def _today(self) -> Ingredients | None:
        jobs = self.input()
        return self._ingredients(str(jobs.recorded())) if jobs.exists() else None

    def _ingredients(self, jobs: str) -> Ingredients:
        """What scale1fb depends on besides the jobs: all that the catalogue says in numbers."""
        from higgsflow.catalog.numbers import ingredients_of_scale1fb

        return ingredients_of_scale1fb(self.pair, jobs)


def _sources(jobs: SampleJobs, variation: str) -> str:
    """A digest of which jobs made the events of a variation that count."""
    counted = set(jobs.counted)
    rows = [row for row in jobs.done if row.chunk_id in counted]
    return digest([[row.chunk_id, row.sources[variation]] for row in rows])
