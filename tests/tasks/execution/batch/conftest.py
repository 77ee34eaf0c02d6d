"""An engine of processes of this machine, for tests of what drives engines."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from higgsflow.model.engines import Site
from tasks.execution.batch.batch_file import header_of, new_batch, portions_of
from tasks.execution.batch.batch_pool import BatchPool
from tasks.execution.batch.engine import EngineError, NoAnswer, Seen
from tasks.execution.batch.places import Places
from tasks.execution.batch.room import Room

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from pathlib import Path

    from conftest import Lab

    from higgsflow.errors import UserError
    from higgsflow.records.job_record import FailureRecord, JobRecord
    from tasks.execution.batch.engine import Key, Request


class Processes:
    """Starts the script of each job at once.

    Attributes:
        refusals: how many submissions are still refused.
        refused_with: what then happens.
        silent: whether no question is answered.
        slow: how many looks later jobs are there whose submission got no answer; 0 for at once.
    """

    def __init__(self, scratch: Path) -> None:
        # of jobs that are killed a folder stays there
        self._scratch = str(scratch)
        self.jobs: dict[Key, subprocess.Popen[str]] = {}
        self.refusals = 0
        self.refused_with: UserError = EngineError("submit failed: come back later")
        self.silent = False
        self.slow = 0
        self._asked: Request | None = None

    def submit(self, request: Request) -> dict[int, str]:
        if self.refusals:
            self.refusals -= 1
            raise self.refused_with
        if self.slow and self._asked is None:
            self._asked = request
            raise NoAnswer("submit failed: Socket timed out")
        return self._start(request)

    def _start(self, request: Request) -> dict[int, str]:
        for number in range(len(request.resources)):
            with request.printed(number).open("w") as printed:
                self.jobs[request.token, number] = subprocess.Popen(
                    [str(request.script), request.token, str(number)],
                    stdout=printed, stderr=printed, text=True, start_new_session=True,
                    env={**os.environ, "TMPDIR": self._scratch},
                )  # fmt: skip
        return {n: str(self.jobs[request.token, n].pid) for n in range(len(request.resources))}

    def look(
        self, owner: str, tokens: Collection[str], others: Collection[str] = ()
    ) -> dict[Key, Seen]:
        del owner, others
        self._answer()
        if self.slow and self._asked is not None:
            self.slow -= 1
            if not self.slow:
                self._start(self._asked)
        return {
            key: Seen(id=str(process.pid), phase="running", host="here")
            for key, process in self.jobs.items()
            if key[0] in tokens and process.poll() is None
        }

    def past(
        self, owner: str, jobs: Collection[Key], others: Collection[str] = ()
    ) -> dict[Key, Seen]:
        del owner, others
        self._answer()
        return {
            key: Seen(str(process.pid), "ended", "", process.returncode)
            for key, process in self.jobs.items()
            if key in jobs and process.poll() is not None
        }

    def cancel(self, owner: str, jobs: Collection[Key]) -> None:
        del owner
        self._answer()
        for key in jobs:
            if key in self.jobs:
                self.jobs[key].terminate()
                self.jobs[key].wait()

    def _answer(self) -> None:
        if self.silent:
            raise EngineError("no answer")


class Heard:
    """A keeper of books that remembers."""

    def __init__(self) -> None:
        self.outcomes: list[JobRecord | FailureRecord] = []
        self.submitted_ids: list[str] = []
        self.begun_with: list[dict[str, Any]] = []

    def submitted(self, chunk_id: str, engine_id: str) -> None:
        del chunk_id
        self.submitted_ids.append(engine_id)

    def begun(self, chunk_id: str, attempt: int, asked: Any, **known: Any) -> None:
        self.begun_with.append({"chunk": chunk_id, "attempt": attempt, "asked": asked, **known})

    def ended(self, outcome: JobRecord | FailureRecord) -> bool:
        self.outcomes.append(outcome)
        return True

    def tick(self, n_running: int) -> None:
        assert n_running >= 0


class Bench:
    """The four jobs of the simulated sample of the toy analysis, and where they run."""

    def __init__(self, lab: Lab) -> None:
        lab.jobs.update(n_events_per_output=20, retry_delay=0.1)
        self.lab, self.engine, self.heard = lab, Processes(lab.folder), Heard()
        self.site = Site(
            engine="slurm", poll_interval=0.2, landing_time=1, submit_folder=str(lab.folder)
        )

    def prepare(self) -> Bench:
        """Reads the configuration as it is now."""
        assert self.lab.run("IndexSample", sample="Sig")
        self.task = self.lab.task("ProcessSample", sample="Sig", year="2017")
        self.places = Places(
            self.lab.output("chunks", "Sig", "2017"),
            self.lab.output("jobs", "Sig", "2017"),
            self.lab.folder / "submit",
        )
        self.room = Room(self.lab.folder / "room", "Sig")
        self.jobs = [self.task.job(chunk, self.task.wanted) for chunk in self.task.chunks]
        return self

    def pool(self) -> BatchPool:
        """A pool as a new process would make it."""
        return BatchPool(self.engine, self.site, self.task.model.jobs_manager, self.places)

    def run(self) -> list[JobRecord | FailureRecord]:
        """Runs all jobs; what became of them, in order."""
        self.pool().run(self.jobs, self.heard, self.room)
        return self.heard.outcomes


@pytest.fixture
def bench(lab: Lab) -> Iterator[Bench]:
    """Jobs that no engine has yet."""
    found = Bench(lab)
    yield found
    for process in found.engine.jobs.values():
        # what the script started goes on without it
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Makes programs of an engine; what each is given is in a file of its name."""
    programs = tmp_path / "programs"
    programs.mkdir()
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")

    def give(name: str, does: str) -> None:
        path = programs / name
        given = f'printf "%s\\n" "$*" >>{tmp_path / name}'
        path.write_text(f"#!/bin/sh\n{given}\n{does}\n", encoding="utf-8")
        path.chmod(0o755)

    return give


SITES = """
sites:
  here: {{engine: slurm, submit_folder: "{0}"}}
"""
# of a cluster whose queue has one job, which waits
COMMANDS = {
    "squeue": "echo 'hf.{token}.0|17|PENDING|Priority|'",
    "scancel": 'echo "$@" >> {folder}/cancelled',
    "sbatch": "exit 1",
    "sacct": "exit 1",
}


@pytest.fixture
def queued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Bench], Path]:
    """Gives a Slurm the first job of a bench, as a process left it that was interrupted.

    What is cancelled is in the file that is returned.
    """

    def give(bench: Bench) -> Path:
        programs = tmp_path / "programs"
        programs.mkdir()
        token = submitted(bench)
        for name, text in COMMANDS.items():
            lines = f"#!/bin/sh\n{text.format(token=token, folder=tmp_path)}\n"
            (programs / name).write_text(lines, encoding="utf-8")
            (programs / name).chmod(0o755)
        (tmp_path / "engines.yaml").write_text(SITES.format(tmp_path / "submit"), encoding="utf-8")
        monkeypatch.setenv("HIGGSFLOW_ENGINES_FILE", str(tmp_path / "engines.yaml"))
        monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
        return tmp_path / "cancelled"

    return give


def submitted(bench: Bench) -> str:
    """Writes a batch of the first job; its token."""
    batch = new_batch(bench.places.jobs)
    settings = bench.task.model.jobs_manager
    wanted, portions = portions_of([[(bench.jobs[0], settings.resources)]])
    header = header_of(batch, bench.jobs[0], "slurm", bench.places.jobs, wanted)
    batch.write(header, portions)
    return batch.token
