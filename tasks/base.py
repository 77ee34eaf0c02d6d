"""What all stages share: analysis and version, looked up once, at the door."""

from __future__ import annotations

import sys
import traceback
from functools import partial
from typing import TYPE_CHECKING, Any

import law
import luigi

from higgsflow.errors import StoreError, UnknownName, Unreadable, UserError
from tasks import session
from tasks.execution import collector, page, parent, scheduler
from tasks.execution.display import say
from tasks.execution.interruption import (
    end_if_interrupted,
    prepare_interruption,
    tell_what_goes_on,
)
from tasks.execution.lost_stage import tell_lost
from tasks.execution.luigi_settings import prepare_run
from tasks.execution.told_once import told
from tasks.parameters import Depth, Switch, Text, hidden, only_asks
from tasks.print_into_pipes import PrintsIntoPipes
from tasks.targets import StageTarget

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from higgsflow.model.analysis import AnalysisModel
    from higgsflow.model.sample import SampleYear


# where jobs can run
ENGINES = ("local", "htcondor", "slurm")
_TOLD = 6  # reasons in a line


class AnalysisTask(PrintsIntoPipes):
    """Base of all stages; knows the analysis and where its outputs lie."""

    analysis = Text(
        default="demo",
        description="a name in config/ or in the store, or the path of a file; default: demo",
    )
    version = Text(
        default="", description="folder of the outputs, such as v2; default: as configured"
    )
    workflow = Text(
        default="",
        significant=False,
        description="where jobs run: local, htcondor or slurm; default: as configured",
    )
    retry_failed = Switch(
        default=False,
        significant=False,
        description="run jobs again that failed for good and were tolerated",
    )
    cancel_jobs = Switch(
        default=False,
        significant=False,
        description="take jobs out of the queues of batch engines, run nothing",
    )
    print_deps = hidden(Depth, default=(), most=1)
    print_status = Depth(
        default=(), significant=False, description="show what is done, so many stages deep"
    )
    print_output = hidden(Depth, default=(), second=("True", "False", "true", "false"), most=2)
    remove_output = hidden(Depth, default=(), second=("i", "d", "a"))
    fetch_output = hidden(law.CSVParameter, default=())
    log_file = hidden(luigi.Parameter, default="")
    # as jobs_manager.profile, for one run
    profile = hidden(luigi.BoolParameter, default=False)
    exclude_index = True
    # unlike the tasks of law that it is made from
    _visible_in_registry = True
    # requirements do not change while a task lives, and making them is what a no-op spends
    cache_requirements = True

    @classmethod
    def modify_param_values(cls, params: dict[str, Any]) -> dict[str, Any]:
        """Checks all names; what is wrong ends the program here, in a few lines."""
        params = super().modify_param_values(params)
        prepare_interruption()
        try:
            analysis = session.load(params["analysis"], params["version"])
            params["version"] = analysis.version
            params["workflow"] = _known_engine(params["workflow"] or analysis.jobs_manager.batch)
            cls.check(analysis, params)
            n_pairs = len(analysis.samples.pairs)
            if params["retry_failed"]:
                session.current.retry_failed = True
            if prepare_run(cls.__name__, n_pairs, params["workflow"]):
                tell_what_goes_on(partial(_going_on, analysis, params["workflow"]))
                cls._first(analysis, params)
        except Exception as error:
            # a library may have made it of a Ctrl-C
            end_if_interrupted()
            if not isinstance(error, (UserError, PermissionError)):
                raise
            told = Unreadable(error) if isinstance(error, PermissionError) else error
            law.util.abort(str(told), exitcode=1)
        if params["profile"]:
            session.current.profile = True
        return params

    @classmethod
    def _first(cls, analysis: AnalysisModel, params: dict[str, Any]) -> None:
        """This is the stage that the user asked for."""
        session.current.asked = (cls.__name__, params.get("year", ""))
        if params["cancel_jobs"]:
            from tasks.execution.batch.cancel import cancel_jobs

            pairs = analysis.samples.pairs
            sys.stdout.write(cancel_jobs(analysis, [p for p in pairs if cls.is_about(p, params)]))
            sys.stdout.flush()
            raise SystemExit(0)
        if params["workflow"] != "local":
            from tasks.execution.batch.sites import check_engine

            analysis.refuse_main(params["workflow"])
            check_engine(params["workflow"])
        cls.at_the_door(analysis, params)
        if params["remove_output"]:
            _check_answer(params["remove_output"])
            session.check_store(analysis)
        elif not only_asks(params):
            cls._check_site_unless_made(analysis, params)

    @classmethod
    def _check_site_unless_made(cls, analysis: AnalysisModel, params: dict[str, Any]) -> None:
        """Where all is made it does no harm that the store is full, or can only be read."""
        try:
            cls.check_site(analysis, params)
        except UserError:
            if not cls(**params).complete():
                raise
            session.current.only_reads = True

    @classmethod
    def check_site(cls, analysis: AnalysisModel, params: dict[str, Any]) -> None:
        """Raises a `UserError` where the machine does not give what it takes to make something."""
        if params["workflow"] != "local":
            from tasks.execution.batch.sites import check_proxies

            pairs = [pair for pair in analysis.samples.pairs if cls.is_about(pair, params)]
            check_proxies(analysis, params["workflow"], pairs)
        session.check_once(analysis)

    @classmethod
    def is_about(cls, pair: SampleYear, params: dict[str, Any]) -> bool:
        """Whether a sample and year is among those that were asked for."""
        given = (params.get("sample", ""), params.get("year", ""))
        return given[0] in ("", pair.sample.name) and given[1] in ("", pair.year)

    @classmethod
    def at_the_door(cls, analysis: AnalysisModel, params: dict[str, Any]) -> None:
        """Called for the stage that the user asked for, before anything is looked at or run."""

    @classmethod
    def check(cls, analysis: AnalysisModel, params: dict[str, Any]) -> None:
        """Raises a `UserError` for names that the analysis does not have."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if scheduler.current:
            from higgsflow.ingredients import digest

            # the same analysis in another store is another task for a scheduler that both share
            self.task_id += f"_{digest(str(self.folder))[:6]}"

    @property
    def model(self) -> AnalysisModel:
        """The configuration, as one frozen object."""
        return session.load(self.analysis, self.version)

    @property
    def folder(self) -> Path:
        """Where the outputs of this analysis and version lie."""
        return session.folder_of(self.model)

    @property
    def file_index(self) -> Path:
        """Where what is known of input files lies, for all versions of this analysis."""
        from higgsflow.catalog.store import file_index_in

        return file_index_in(self.folder)

    @property
    def known_files(self) -> Path:
        """Where jobs keep where columns are in files."""
        from higgsflow.events.places import FOLDER

        return self.file_index / FOLDER

    def deps(self) -> Any:
        """What it needs; luigi asks after it has told of one that is found, and lost a Ctrl-C."""
        end_if_interrupted()
        return super().deps()

    def on_failure(self, exception: BaseException) -> str:
        """What the user sees: the message alone, or for a defect the traceback."""
        end_if_interrupted()
        if isinstance(exception, OSError) and self._is_below(exception.filename):
            exception = _of_the_store(exception)
        if isinstance(exception, SystemExit):
            # the process that started this one has ended
            return str(exception)
        if isinstance(exception, UserError):
            say(f"{self.short_name} failed: {told(exception)}")
            return str(exception)
        message = "".join(traceback.format_exception(exception))
        say(f"{self.short_name} failed: {message}")
        return message

    def _is_below(self, path: object) -> bool:
        # what is known of input files, and which cores are free, is beside the outputs
        return session.store_of(self.model).as_posix() in str(path)

    @property
    def short_name(self) -> str:
        """For messages."""
        return type(self).__name__

    def reasons(self) -> tuple[str, ...]:
        """Why it has to run, as far as its own outputs tell; empty while they are current."""
        targets = (t for t in law.util.flatten(self.output()) if isinstance(t, StageTarget))
        return tuple(dict.fromkeys(reason for target in targets for reason in target.reasons()))

    def news(self) -> tuple[str, ...]:
        """What of the reasons has to be told: what it is made from has said why it changed."""
        from higgsflow.ingredients import says_what

        return tuple(filter(says_what, self.reasons()))

    def first_reasons(self) -> tuple[str, ...]:
        """The reasons; a digest that changed too is none beside one that says what did."""
        return self.news() or self.reasons()

    def tell_reasons(self) -> None:
        """Says why something is made again; of what is made for the first time there is none."""
        from higgsflow.records.reasons import EARLIER, NEVER
        from higgsflow.report.formatting import several

        # of some chunks too: a run that goes on makes nothing again
        reasons = [one for one in self.news() if not one.startswith((NEVER, EARLIER))]
        if reasons:
            n_more = len(reasons) - _TOLD
            more = f"; and {several(n_more, 'more reason')}" if n_more > 0 else ""
            say(f"{self.short_name} again: {'; '.join(reasons[:_TOLD])}{more}")


def _of_the_store(error: OSError) -> OSError | StoreError:
    """What the user is told of a file of the store that may not be read, or that is not there."""
    if isinstance(error, PermissionError):
        return Unreadable(error)
    if isinstance(error, FileNotFoundError):
        # whoever needs it has seen before that it was there
        vanished = f"{error.filename} vanished while the command ran"
        return StoreError(vanished, "", "run the command again")
    return error


def _known_engine(name: str) -> str:
    if name not in ENGINES:
        raise UnknownName("engine", name, ENGINES, "this version")
    return name


def _going_on(analysis: AnalysisModel, engine: str) -> str:
    """What an interruption leaves to an engine."""
    from tasks.execution.batch.sites import jobs_that_go_on

    return jobs_that_go_on(analysis, engine)


def _check_answer(remove_output: Sequence[str]) -> None:
    """Raises where law would ask what to remove, and nobody can answer."""
    depth, mode = (*remove_output, "i")[:2]
    if mode == "i" and (sys.stdin is None or not sys.stdin.isatty()):
        raise UserError(
            "nobody can be asked what to remove: the input is no terminal",
            f"--remove-output {','.join(remove_output)}",
            f"say {depth},a for all of it, or {depth},d to see what that is",
        )


AnalysisTask.event_handler(luigi.Event.START)(lambda _: parent.note())
AnalysisTask.event_handler(luigi.Event.START)(lambda _: collector.work())
AnalysisTask.event_handler(luigi.Event.START)(page.begins)
AnalysisTask.event_handler(luigi.Event.PROCESSING_TIME)(page.has_ended)
for _end in (luigi.Event.SUCCESS, luigi.Event.FAILURE, luigi.Event.PROCESS_FAILURE):
    AnalysisTask.event_handler(_end)(page.is_over)
AnalysisTask.event_handler(luigi.Event.PROCESS_FAILURE)(tell_lost)
