"""The program of a job, as the script starts it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from higgsflow.model.jobs import Resources
from higgsflow.records.error_classes import EXIT_CODES
from higgsflow.records.failures import FailureLog
from tasks.execution.batch import node
from tasks.execution.batch.batch_file import batches_in
from tasks.execution.batch.mailbox import Mailbox
from tasks.execution.batch.submission import Submission
from tasks.execution.pool import Attempt

if TYPE_CHECKING:
    from pathlib import Path

SLOW = """

import time


@tagger(reads=["event"])
def slow(events):
    time.sleep(60)
    return events.event > 0
"""
NODE = ["-m", "tasks.execution.batch.node"]
FAILING = SLOW.replace("time.sleep(60)", 'raise RuntimeError("no such calibration")')


def start(
    bench: Any,
    program: str = "",
    kind: type[Submission] = Submission,
    prefix: tuple[str, ...] = (),
    **asked: Any,
) -> subprocess.CompletedProcess[str]:
    """Runs the first two chunks as one job."""
    submission = kind(bench.site, bench.places, bench.room)
    resources = Resources(**asked)
    (flight, _) = submission.write([[Attempt(job, resources) for job in bench.jobs[:2]]])
    scratch = bench.lab.folder / "scratch"
    scratch.mkdir()
    token = flight.key[0]
    batch = bench.places.jobs / "batches" / f"{token}.jsonl"
    _, seal = submission._written[token]
    done = subprocess.run(
        [*prefix, sys.executable, *(["-c", program] if program else NODE), str(batch), "0", seal],
        cwd=scratch, capture_output=True, text=True, check=False, timeout=120,
        env={**os.environ, "PYTHONPATH": str(bench.task_root)},
    )  # fmt: skip
    # what the store has not taken goes with the folder
    assert done.returncode == EXIT_CODES["store"] or not list(scratch.glob("*.parquet"))
    return done


@pytest.fixture(autouse=True)
def _root(bench: Any, request: pytest.FixtureRequest) -> None:
    bench.task_root = request.config.rootpath


def add(bench: Any, text: str) -> None:
    lab = bench.lab
    lab.taggers.write_text(lab.taggers.read_text("utf-8") + text, encoding="utf-8")
    lab.content["tag_sequence"][1].insert(0, "toy_taggers:slow")


def failures(bench: Any) -> list[tuple[str, str]]:
    """Class and message of each; all say of which batch their job was."""
    found = list(FailureLog(bench.places.jobs).all())
    (batch,) = batches_in(bench.places.jobs)
    assert {failure.batch for failure in found} <= {batch.token}
    return [(f.error_class, f.message) for f in found]


def test_leaves_events_record_and_log_of_each_chunk(bench: Any) -> None:
    done = start(bench.prepare())
    assert done.returncode == 0, done.stderr
    mailbox = Mailbox(bench.places)
    for job in bench.jobs[:2]:
        assert mailbox.outcome(job.stem, 1, "") is not None
        assert job.chunk.id in bench.places.log(job.stem, 1).read_text("utf-8")
    assert mailbox.outcome(bench.jobs[2].stem, 1, "") is None


EVIL = """
from pathlib import Path

Path(__file__).with_name("was_here").touch()
"""


def test_code_of_who_may_write_the_store_is_not_run(bench: Any) -> None:
    bench.prepare()
    folder = bench.lab.folder / "evil"
    folder.mkdir()
    (folder / "higgs_evil.py").write_text(EVIL, encoding="utf-8")

    class Changing(Submission):
        """Between the submission and the begin of the job."""

        def write(self, groups: Any) -> Any:
            flights = super().write(groups)
            (batch,) = batches_in(bench.places.jobs)
            text = batch.path.read_text("utf-8").replace("toy_taggers:pair", "higgs_evil:pair")
            changed = text.replace('"python_path":[', f'"python_path":["{folder}",')
            batch.path.write_text(changed, encoding="utf-8")
            return flights

    done = start(bench, kind=Changing)
    assert not (folder / "was_here").exists()
    assert done.returncode == EXIT_CODES["store"]
    assert "is not what was submitted" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_log_is_written_through_no_link(bench: Any) -> None:
    bench.prepare()
    precious = bench.lab.folder / "precious"
    precious.write_text("of the user", encoding="utf-8")
    log = bench.places.log(bench.jobs[0].stem, 1)

    class Planting(Submission):
        """Between the submission and the begin of the job."""

        def write(self, groups: Any) -> Any:
            flights = super().write(groups)
            log.parent.mkdir(parents=True, exist_ok=True)
            log.symlink_to(precious)
            return flights

    assert start(bench, kind=Planting).returncode == 0
    assert precious.read_text("utf-8") == "of the user"
    assert bench.jobs[0].chunk.id in log.read_text("utf-8")


# what has to happen before a process ends, and what it has printed into a buffer
LEAVING = """
import atexit, sys, threading, time
from tasks.execution.batch.node import main
from tasks.execution.quick_end import end
code = main(sys.argv[1:])
atexit.register(print, "at exit")
threading.Thread(target=lambda: (time.sleep(0.3), print("in a thread"))).start()
end(code + 7)
"""


# a thread that waits for ever, as one of a tagger's library may
STAYING = """
import sys, threading
from tasks.execution.batch import node
node._GRACE = 1.0
def wait_for_ever(): threading.Event().wait()
threading.Thread(target=wait_for_ever).start()
node.leave(node.main(sys.argv[1:]))
"""


def test_ends_though_a_thread_does_not(bench: Any) -> None:
    """It would keep a place on a node for hours; what keeps it is told."""
    done = start(bench.prepare(), STAYING)
    assert done.returncode == 1
    assert "wait_for_ever" in done.stderr
    assert len([*bench.places.chunks.glob("*.json")]) == 2


def test_ends_after_what_was_begun_and_printed(bench: Any) -> None:
    done = start(bench.prepare(), LEAVING)
    assert (done.returncode, done.stdout) == (7, "in a thread\nat exit\n"), done.stderr


def test_outputs_on_one_file_system_are_renamed_unless_rights_would_change(tmp_path: Path) -> None:
    for ordinary in (True, False):
        made, target = tmp_path / "made", tmp_path / "target"
        made.write_text("events", "utf-8")
        target.touch()
        if not ordinary:
            set_attribute(target)
        inode = (made if ordinary else target).stat().st_ino
        node._move(made, target)
        assert (target.read_text("utf-8"), target.stat().st_ino) == ("events", inode)
        assert not made.exists()


def set_attribute(path: Path) -> None:
    """As a folder with an access list gives it to what is made in it."""
    try:
        os.setxattr(path, "user.higgsflow", b"kept")
    except OSError as error:
        pytest.skip(f"files in {path.parent} take no attributes: {error}")


# a page, which the events take
SMALL = ("unshare", "--map-root-user", "--mount", "sh", "-c")
SMALL += ('mount -t tmpfs -o size=4k tmpfs "$PWD" && cd "$PWD" && exec "$0" "$@"',)


def test_a_scratch_folder_that_is_full_is_not_the_store(bench: Any) -> None:
    if subprocess.run([*SMALL, "true"], check=False, cwd=bench.lab.files).returncode:
        pytest.skip("this needs rights that are not given here")
    done = start(bench.prepare(), prefix=SMALL)
    assert done.returncode == EXIT_CODES["store"], done.stderr
    (error, message), _ = failures(bench)
    assert error == "store"
    what, where, remedy = message.splitlines()
    assert what.startswith(f"the scratch folder of {socket.gethostname()} takes no more: ")
    assert what.endswith("No space left on device")
    assert where == f"  {bench.lab.folder / 'scratch'}"
    assert "engines.yaml" in remedy


def test_a_defect_leaves_its_traceback_and_the_next_chunk_runs(bench: Any) -> None:
    add(bench, FAILING)
    done = start(bench.prepare())
    assert done.returncode == EXIT_CODES["defect"]
    assert [error for error, _ in failures(bench)] == ["defect"] * 2
    assert "no such calibration" in bench.places.log(bench.jobs[0].stem, 1).read_text("utf-8")


def test_one_chunk_that_fails_is_told_by_the_job_though_the_next_is_done(bench: Any) -> None:
    add(bench, SLOW.replace("time.sleep(60)", "assert 1000 not in events.event"))
    assert start(bench.prepare()).returncode == EXIT_CODES["defect"]
    assert [error for error, _ in failures(bench)] == ["defect"]
    assert [path.stem for path in bench.places.chunks.glob("*.json")] == [bench.jobs[1].stem]


def test_a_store_that_takes_no_outputs_is_told(bench: Any) -> None:
    """Else they would be waited for."""
    bench.prepare()
    bench.places.chunks.parent.mkdir(parents=True, exist_ok=True)
    bench.places.chunks.touch()
    assert start(bench).returncode == EXIT_CODES["store"]
    assert [error for error, _ in failures(bench)] == ["store"] * 2


def test_a_signal_of_the_engine_ends_it_at_once(bench: Any) -> None:
    """It says so in its log; what is lost is for who has submitted it to say."""
    add(bench, SLOW.replace("time.sleep(60)", "import os; os.kill(os.getpid(), 15); time.sleep(5)"))
    assert start(bench.prepare()).returncode == 128 + signal.SIGTERM
    assert "ended by SIGTERM" in bench.places.log(bench.jobs[0].stem, 1).read_text("utf-8")
    assert failures(bench) == []
    assert not list(bench.places.chunks.glob("*.json"))


def test_an_interruption_that_a_tagger_raises_is_its_defect(bench: Any) -> None:
    """As on this machine: a process that nobody interrupts has no other."""
    add(bench, SLOW.replace("time.sleep(60)", "raise KeyboardInterrupt"))
    assert start(bench.prepare()).returncode == EXIT_CODES["defect"]
    assert failures(bench) == [("defect", "KeyboardInterrupt: ")] * 2


def test_ends_when_its_time_is_over(bench: Any) -> None:
    add(bench, SLOW)
    assert start(bench.prepare(), time_limit=2.0).returncode == EXIT_CODES["time"]
    assert [error for error, _ in failures(bench)] == ["time"]


# how many of the clocks of chunks that are done still run
CLOCKS = """
import sys, threading
from tasks.execution.batch.node import main
code = main(sys.argv[1:])
clocks = [one for one in threading.enumerate() if isinstance(one, threading.Timer)]
for one in clocks:
    one.join(10)
print(code, sum(one.is_alive() for one in clocks))
"""


def test_the_time_of_a_chunk_ends_with_it(bench: Any) -> None:
    """It would end the next one."""
    assert start(bench.prepare(), CLOCKS, time_limit=3600.0).stdout == "0 0\n"


def test_other_code_than_that_of_the_run_is_refused(bench: Any) -> None:
    bench.prepare()
    path = bench.lab.taggers
    path.write_text(path.read_text("utf-8").replace("> threshold", ">= threshold"), "utf-8")
    assert start(bench).returncode == EXIT_CODES["environment"]
    error, message = failures(bench)[0]
    assert error == "environment"
    assert "is not that with which the run began" in message
    assert not list(bench.places.chunks.glob("*.parquet"))


# prints the exit code, and what was imported up to the end of the job
LEAN = """
import sys
from tasks.execution.batch.node import main
print(main(sys.argv[1:]), *sorted(sys.modules))
"""
# what draws, compiles, trains and serves; law and luigi, and with them all of the stages
UNNEEDED = {
    "law", "luigi", "tornado", "matplotlib", "mplhep", "hist", "scipy", "pandas", "yaml", "jinja2",
    "numba", "llvmlite", "onnxruntime", "xgboost", "XRootD", "pebble", "multiprocessing",
    # parts of arrow that files are written without
    "pyarrow.compute", "pyarrow.dataset",
}  # fmt: skip


def test_imports_only_what_it_needs(bench: Any) -> None:
    """Seen after chunks are done that need neither a model, a compiler nor a server of files."""
    done = start(bench.prepare(), LEAN)
    code, *imported = done.stdout.split()
    assert code == "0", done.stderr
    assert not UNNEEDED.intersection(imported)
    stages = {name for name in imported if name.split(".")[0] in ("tasks", "workflows")}
    lean = {"", ".execution", ".execution.batch", ".execution.collector"}
    lean |= {f".execution.batch.{name}" for name in ("node", "batch_file")} | {
        ".execution.quick_end"
    }
    assert stages <= {f"tasks{name}" for name in lean}
