"""What an invocation tells luigi: how many stages may run at once, and what it need not say."""

from __future__ import annotations

import importlib
import os
from contextlib import suppress
from pathlib import Path

import luigi
import luigi.configuration
import luigi.interface
from luigi.task_register import Register

from higgsflow.cores import n_cores
from higgsflow.errors import InvalidConfiguration
from tasks.execution import (
    chatter,
    command_line,
    forks,
    interruption,
    lost_stage,
    scheduler,
    told_once,
)

# one thread for each process: chunks run side by side, and one threaded dot product of a library
# would take the cores from the others
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

# what law.cfg says, for a Python session that does not read it
_SETTINGS = (
    ("worker", "check_unfulfilled_deps", "False"),
    ("worker", "wait_interval", "0.1"),
    ("worker", "wait_jitter", "0.1"),
    ("scheduler", "retry_delay", "31536000"),
    # the levels are ours, luigi would set its own
    ("core", "no_configure_logging", "True"),
)

# what stages and jobs import
_NEEDED = (
    "awkward", "uproot", "higgsflow.check.report", "higgsflow.events.sample_index",
    "higgsflow.job", "higgsflow.normalization", "higgsflow.output.merge",
    "tasks.execution.job_book", "tasks.execution.pool",
)  # fmt: skip

# of jobs on this machine, at least
_STAGES = 32
_ROOT = 0  # may write your files, too

_prepared: set[str] = set()
_making: set[str] = set()

# luigi's own switches, which work but need not be read each time
for _switch in ("module", "local_scheduler", "help_all"):
    getattr(luigi.interface.core, _switch).always_in_help = False

# tasks of luigi and law themselves are no stages: their options are most of what a command line
# would be parsed for
for _task in tuple(vars(Register)["_reg"]):
    if _task.__module__.startswith(("law.", "luigi.tools")):
        _task._visible_in_registry = False

command_line.read_once()
forks.prepare()


def stages_at_once(n_pairs: int, engine: str) -> int:
    """How many stages may run or wait at once, given the number of samples and years.

    With a batch engine as many as there are, so that all are submitted before any is waited for. On
    this machine those that wait for a core do nothing but take memory, some 40 MB each, and time.
    """
    most = max(_STAGES, 4 * n_cores()) if engine == "local" else n_pairs
    return max(2, min(n_pairs, most))


def prepare_run(stage: str, n_pairs: int, engine: str = "local") -> bool:
    """Lets as many stages wait at once as there are samples and years, or as fit this machine.

    Called by every task that is made; the first one is the one asked for, and the rest follows it.
    Returns whether this is the first.

    Raises:
        InvalidConfiguration: where luigi has read settings of somebody else.
    """
    if _prepared:
        return False
    _refuse_settings_of_others()
    _prepared.add(stage)
    config = luigi.configuration.get_config()
    workers = str(stages_at_once(n_pairs, engine))
    for section, option, value in (*_SETTINGS, ("core", "workers", workers)):
        if not config.has_option(section, option):
            config.set(section, option, value)
    scheduler.choose(config)
    chatter.hold()
    return True


def _refuse_settings_of_others() -> None:
    """Luigi reads such files of the working folder, and does what they say of loggers as code."""
    for path in map(Path, ("luigi.cfg", "client.cfg")):
        with suppress(OSError):
            # a link, and what it leads to
            owners = {path.lstat().st_uid, path.stat().st_uid}
            if not owners <= {os.getuid(), _ROOT}:
                raise InvalidConfiguration(
                    f"{path.absolute()} is of somebody else, and luigi would do what it says",
                    "",
                    "work in a folder of yours",
                )


def begin_to_make(folder: Path) -> str:
    """Something has to be made: opens the log of this invocation; returns what to tell the user."""
    if _making:
        return ""
    _making.add(str(folder))
    chatter.keep(folder / "logs")
    return scheduler.said()


def reset() -> None:
    """Forgets the invocation before."""
    _prepared.clear()
    _making.clear()
    interruption.forget()
    told_once.forget()
    lost_stage.forget()
    chatter.forget()
    scheduler.forget(luigi.configuration.get_config())


def preload() -> None:
    """Imports what stages and jobs need before luigi forks, so that it is done once for all."""
    for name in _NEEDED:
        # modules that load lazily do so when somebody looks into them
        dir(importlib.import_module(name))
