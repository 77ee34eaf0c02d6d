"""The input of the demo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import law

from higgsflow.errors import UnknownName
from tasks import session
from tasks.base import SampleTask

if TYPE_CHECKING:
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
        from higgsflow.demo.names import N_FILES, file_name

        # the same for every version, and for every analysis that uses them
        folder = session.store_of(self.model) / "demo_files" / self.sample / self.year
        names = (file_name(self.sample, self.year, number) for number in range(N_FILES))
        return [law.LocalFileTarget(str(folder / name)) for name in names]

    def stage_run(self) -> None:
        from higgsflow.demo.generate import generate_sample

        folder = session.store_of(self.model) / "demo_files" / self.sample / self.year
        generate_sample(self.sample, self.year, folder)
