from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]

PROGRAM = """
import sys, time
import luigi, luigi.worker
from tasks.execution import forks

forks.prepare()

class Stage(luigi.Task):
    def run(self):
        print("in the stage")
        sys.stderr.buffer.write(b"in the stage\\n")

def lose(stream):
    stream.buffer.write(b"lost\\n")

class Anything:
    def __getattr__(self, name):
        return lambda *_: None

lose(sys.stdout), lose(sys.stderr)
process = luigi.worker.TaskProcess(
    Stage(), "worker", Anything(), Anything(), use_multiprocessing=True
)
process.start()
process.join()
open(sys.argv[1], "w").write(str(process.exitcode))
"""


@pytest.fixture
def ended(tmp_path: Path) -> Path:
    return tmp_path / "ended"


def start(ended: Path, **streams: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", PROGRAM, str(ended)]
    return subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, **streams)


def test_a_stage_ends_well_where_nobody_reads_what_it_writes(ended: Path) -> None:
    program = start(ended, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert program.stdout is not None
    assert program.stderr is not None
    program.stdout.close()
    program.stderr.close()
    program.wait(60)
    assert ended.read_text("utf-8") == "0"


def test_a_stage_ends_well_where_there_is_no_room_for_what_it_writes(ended: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        start(ended, stdout=full.fileno(), stderr=full.fileno()).wait(60)
    assert ended.read_text("utf-8") == "0"


def test_what_somebody_reads_is_written_once(ended: Path) -> None:
    program = start(ended, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out, err = program.communicate(timeout=60)
    assert (out, err) == (b"lost\nin the stage\n", b"lost\nin the stage\n")
    assert (program.returncode, ended.read_text("utf-8")) == (0, "0")
