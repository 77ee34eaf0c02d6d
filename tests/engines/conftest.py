"""Real engines, started for the tests of this folder by the scripts next to this file."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from filelock import FileLock
from page import luigi_page
from scenarios import wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Lab
    from page import Page

HERE = Path(__file__).resolve().parent
FOLDER = Path(os.environ.get("HIGGSFLOW_ENGINES", "/tmp/higgsflow-engines"))
PATIENCE = 300.0
NODE = "tasks.execution.batch.node"

_SLURM = {"waiting": "PENDING", "running": "RUNNING", "": "PENDING,RUNNING"}
_TOLD = ["JobStatus", "LastJobStatus", "NumJobStarts", "RemoteHost", "HoldReason"]
_HTCONDOR = {"waiting": "JobStatus == 1", "running": "JobStatus == 2", "": "True"}


class Pool:
    """One of the engines, with what its own users would type."""

    def __init__(self, name: str) -> None:
        self.name = name

    def is_installed(self) -> bool:
        """Whether its programs are on this machine."""
        if self.name == "slurm":
            return shutil.which("slurmctld") is not None and shutil.which("mariadbd") is not None
        return (FOLDER / "htcondor" / "root" / "installed").exists()

    def script(self, command: str) -> str:
        """Runs the script that starts and stops it."""
        script = HERE / f"{self.name}.sh"
        done = subprocess.run(
            [str(script), command], capture_output=True, text=True, check=False, timeout=PATIENCE
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def environment(self) -> dict[str, str]:
        """What makes its commands find it."""
        text = f"{self.script('env')}\nenv -0"
        printed = subprocess.run(
            ["bash", "-c", text], capture_output=True, text=True, check=True, timeout=PATIENCE
        ).stdout
        found = dict(pair.split("=", 1) for pair in printed.split("\0") if "=" in pair)
        return {
            name: found[name] for name in ("PATH", "SLURM_CONF", "CONDOR_CONFIG") if name in found
        }

    def queue(self, state: str = "") -> list[str]:
        """The ids of the jobs in its queue, perhaps only those that wait or run."""
        if self.name == "slurm":
            return ask("squeue", "-h", "-o", "%i", "-t", _SLURM[state]).split()
        return ask("condor_q", "-constraint", _HTCONDOR[state], "-af:j", "JobStatus").split()[::2]

    def job(self, number: int, state: str) -> str:
        """The id of one of the jobs of a batch, while it waits or runs."""
        if self.name == "slurm":
            rows = ask("squeue", "-h", "-o", "%i %j", "-t", _SLURM[state]).splitlines()
            return next((r.split()[0] for r in rows if r.endswith(f".{number}")), "")
        constraint = f"{_HTCONDOR[state]} && HiggsflowJob == {number}"
        return ask("condor_q", "-constraint", constraint, "-af:j", "").strip()

    def empties(self) -> bool:
        """Waits until nothing is in its queue."""
        return bool(wait_for(lambda: not self.queue(), self.told))

    def told(self) -> str:
        """What it says of each job in its queue, and which of their programs there are."""
        if self.name == "slurm":
            rows = ask("squeue", "-h", "-o", "%i %j %T %r %M")
        else:
            rows = ask("condor_q", "-af:j", *_TOLD)
        programs = ["pgrep", "-af", f"{NODE}|condor_(shadow|starter)|slurmstepd"]
        there = subprocess.run(programs, capture_output=True, text=True, check=False, timeout=60)
        return f"{rows}\n{there.stdout}"

    def kill(self, job: str) -> None:
        """Ends a job as its administrator might."""
        ask("scancel", job) if self.name == "slurm" else ask("condor_rm", job)

    def hold(self, job: str) -> None:
        """Holds a job that waits."""
        if self.name == "slurm":
            ask("scontrol", "hold", job)
        else:
            ask("condor_hold", job)


def ask(*command: str) -> str:
    """What a command of an engine prints."""
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


@pytest.fixture(scope="class")
def pool(request: pytest.FixtureRequest) -> Iterator[Pool]:
    """An engine that runs; it stops with the tests that need it, unless it ran before."""
    found = Pool(request.cls.engine)
    if os.getuid() != 0 or not found.is_installed():
        pytest.skip(f"needs tests/engines/{found.name}.sh install, as root on Debian 12")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with FileLock(str(FOLDER / f"{found.name}.lock")):
        found.script("start")
        yield found
        if "HIGGSFLOW_ENGINES" not in os.environ:
            found.script("stop")


class Farm:
    """The toy analysis on an engine.

    Attributes:
        site: of engines.yaml, written before each run.
    """

    def __init__(self, lab: Lab, pool: Pool) -> None:
        self.lab, self.pool = lab, pool
        self.starts = lab.folder / "starts"
        self.site: dict[str, Any] = {
            "engine": pool.name,
            "poll_interval": 0.5,
            "landing_time": 10,
            "submit_folder": str(lab.folder / "submit"),
        }
        # a name that engines would take for what they fill in
        folder = lab.folder / "50 % %j $(number)"
        folder.mkdir()
        (lab.folder / "submit").symlink_to(folder)
        lab.jobs.update(n_events_per_output=10, retry_delay=0.1)
        self.tagger()

    def tagger(self, body: str = "") -> None:
        """Lets each job leave a line, and do what a body of code says with `first`, its event."""
        text = self.lab.taggers.read_text("utf-8").partition("\n# farm\n")[0]
        lines = "\n".join(f"    {line}" for line in body.splitlines())
        text += FARM.format(path=str(self.starts), body=lines)
        self.lab.taggers.write_text(text, encoding="utf-8")
        sequence = self.lab.content["tag_sequence"][1]
        if "toy_taggers:watched" not in sequence:
            sequence.insert(0, "toy_taggers:watched")

    def started(self) -> list[str]:
        """Each chunk that has started, by its first event, again if it was started again."""
        return sorted(self.starts.read_text("ascii").split()) if self.starts.exists() else []

    def arguments(self, *more: str) -> list[str]:
        """After `law run STAGE`, for which the site is written."""
        path = self.lab.folder / "engines.yaml"
        path.write_text(yaml.safe_dump({"sites": {"here": self.site}}), encoding="utf-8")
        return ["--workflow", self.pool.name, *more]

    def run(self, stage: str = "RunAnalysis", *more: str) -> subprocess.CompletedProcess[str]:
        """`law run STAGE --workflow ENGINE`, to its end."""
        process = self.start(stage, *more)
        out, err = process.communicate(timeout=2 * PATIENCE)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def start(self, stage: str = "RunAnalysis", *more: str) -> subprocess.Popen[str]:
        """The same without waiting."""
        return self.lab.start(stage, *self.arguments(*more))

    def node(self, arguments: list[str]) -> subprocess.Popen[bytes]:
        """A job's program, out of reach of the engine: as on a node that it has lost."""
        folder = self.lab.folder / "node"
        folder.mkdir()
        program = [sys.executable, "-m", NODE, *arguments]
        return subprocess.Popen(program, cwd=folder, env=self.lab.environment())

    def rows(self, sample: str = "Sig") -> list[dict[str, Any]]:
        """The table of its jobs."""
        table = self.lab.read("jobs", sample, "2017", "job_table.json")
        rows: list[dict[str, Any]] = table["chunks"]
        return rows

    def is_clean(self) -> bool:
        """Nothing stays in the queue; no batch is left in the store, and nothing half written."""
        assert self.pool.empties()
        # each by itself, so that a failure says what is left
        assert [*self.lab.output("jobs").rglob("batches/*.jsonl")] == []
        assert [p for p in self.lab.store.rglob(".*.tmp") if p.is_file()] == []
        return True


FARM = """
# farm

import os
import time
from pathlib import Path

from higgsflow.errors import InputFileError


@tagger(reads=["event"])
def watched(events):
    if not len(events):
        return events.event > 0
    first = int(events.event[0]) // 10 * 10
    with open({path!r}, "a") as starts:
        starts.write(f"{{first}}\\n")
{body}
    return events.event > 0
"""


@pytest.fixture(scope="class")
def known() -> dict[str, dict[str, Any]]:
    """The merged events of the toy analysis, once they are known."""
    return {}


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    """luigi's page, which stages can be told to ask."""
    with luigi_page(tmp_path) as found:
        yield found


@pytest.fixture
def farm(pool: Pool, command_line: Lab, monkeypatch: pytest.MonkeyPatch) -> Iterator[Farm]:
    """The toy analysis on an engine: eight chunks of simulation, eight of data."""
    for name, value in pool.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("HIGGSFLOW_ENGINES_FILE", str(command_line.folder / "engines.yaml"))
    yield Farm(command_line, pool)
    for job in pool.queue():
        pool.kill(job)
