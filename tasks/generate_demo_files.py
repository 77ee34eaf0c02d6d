"""The input of the demo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import law

from higgsflow.errors import UnknownName
from tasks import session
from tasks.sample_task import SampleTask

if TYPE_CHECKING:
    from pathlib import Path

    from higgsflow.model.analysis import AnalysisModel


class GenerateDemoFiles(SampleTask):
    """Makes NanoAOD-like files of one sample and year of the demo."""

    @classmethod
    def check(cls, analysis: AnalysisModel, params: dict[str, Any]) -> None:
        """Only the samples of the demo can be made."""
        from higgsflow.demo.names import demo_samples, demo_years

        super().check(analysis, params)
        if params["sample"] not in demo_samples():
            raise UnknownName("demo sample", params["sample"], demo_samples(), "the demo")
        if params["year"] and params["year"] not in demo_years():
            raise UnknownName("demo year", params["year"], demo_years(), "the demo")

    def stage_output(self) -> Any:
        return [law.LocalFileTarget(str(path)) for path in self._paths()]

    def stage_run(self) -> None:
        from higgsflow.demo.generate import generate_sample

        generate_sample(self.sample, self.year, self._paths()[0].parent)

    def _paths(self) -> tuple[Path, ...]:
        from higgsflow.demo.names import file_paths

        return file_paths(session.store_of(self.model), self.sample, self.year)
