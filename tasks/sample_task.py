"""What the stages of one sample and year share; without a year, they stand for all its years."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import luigi

from higgsflow.errors import UnknownName, UserError
from tasks import session
from tasks.base import AnalysisTask
from tasks.execution.display import say, start_display
from tasks.execution.interruption import held_back
from tasks.execution.luigi_settings import begin_to_make, preload
from tasks.parameters import Text
from tasks.print_into_pipes import printing

if TYPE_CHECKING:
    from pathlib import Path

    from higgsflow.model.analysis import AnalysisModel
    from higgsflow.model.sample import SampleYear
    from higgsflow.plan import Plan


class SampleTask(AnalysisTask):
    """Base of the stages of one sample and year; without a year, a wrapper over its years."""

    sample = Text(default="", description="name of a sample, which is needed")
    year = Text(default="", description="one year; default: all years of the sample")
    exclude_index = True

    @classmethod
    def check(cls, analysis: AnalysisModel, params: dict[str, Any]) -> None:
        """Sample and year must be known."""
        names = {pair.sample.name for pair in analysis.samples.pairs}
        if not params["sample"]:
            raise UserError(
                f"{cls.__name__} needs --sample", "", f"known: {', '.join(sorted(names))}"
            )
        if params["sample"] not in names:
            raise UnknownName("sample", params["sample"], names, f"analysis '{analysis.name}'")
        if params["year"]:
            analysis.samples.pair(params["sample"], params["year"])

    @property
    def pair(self) -> SampleYear:
        """The sample and year as an object."""
        return self.model.samples.pair(self.sample, self.year)

    @property
    def plan(self) -> Plan:
        """What jobs of this sample and year read, compute and write."""
        return session.plan_of(self.model, self.pair)

    @property
    def short_name(self) -> str:
        """Stage, sample and year."""
        return " ".join(filter(None, (type(self).__name__, self.sample, self.year)))

    @property
    def is_asked_for(self) -> bool:
        """Whether the user asked for this stage, and not for one that needs it."""
        return session.current.asked == (type(self).__name__, self.year)

    def tell_current(self) -> None:
        """What is told where nothing is to be done."""
        with printing():
            sys.stdout.write(f"nothing to do, {self.short_name} is current: {self.folder}\n")

    def stage_folder(self, stage: str) -> Path:
        """Where a stage keeps what belongs to this sample and year."""
        return session.stage_folder(self.model, stage, self.sample, self.year)

    @property
    def former_names(self) -> list[str]:
        """Samples of this year that the store knows and the configuration does not, any more."""
        stage = self.stage_folder("index").parents[1]
        known = {pair.sample.name for pair in self.model.samples.pairs if pair.year == self.year}
        found = (path.parent.name for path in stage.glob(f"*/{self.year}"))
        return sorted(name for name in found if name not in known)

    def by_year(self) -> dict[str, Any]:
        """This stage for each year."""
        years = [pair.year for pair in self.model.samples.of_sample(self.sample)]
        return {year: type(self).req(self, year=year) for year in years}

    # a stage defines stage_requires, stage_output and stage_run; these choose year or years

    def requires(self) -> Any:
        return self.stage_requires() if self.year else self.by_year()

    def output(self) -> Any:
        if self.year:
            return self.stage_output()
        return {year: task.output() for year, task in self.by_year().items()}

    def complete(self) -> bool:
        if self.year:
            return bool(super().complete())
        return all(task.complete() for task in self.by_year().values())

    def run(self) -> None:
        if self.year:
            self.tell_reasons()
            self.stage_run()

    def stage_requires(self) -> Any:
        """What one sample and year needs."""
        return []

    def stage_output(self) -> Any:
        """What one sample and year makes."""
        raise NotImplementedError

    def stage_run(self) -> None:
        """Makes it."""
        raise NotImplementedError


@SampleTask.event_handler(luigi.Event.DEPENDENCY_PRESENT)
def _say_so(task: SampleTask) -> None:
    if task.is_asked_for:
        task.tell_current()


@SampleTask.event_handler(luigi.Event.DEPENDENCY_DISCOVERED)
def _get_ready(task: SampleTask, needed: AnalysisTask) -> None:
    """A stage has to be made: before luigi forks, import once what jobs need."""
    if isinstance(needed, type(task)):
        return
    with held_back():
        if line := begin_to_make(task.folder):
            say(line)
        start_display(task.folder, f"{task.model.name} {task.version}")
        # a branch is one job in this process, which imports what it needs itself
        if getattr(task, "branch", -1) < 0:
            preload()
