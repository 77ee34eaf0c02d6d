from __future__ import annotations

import contextlib
import os
import signal
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tasks.base import ENGINES
from tasks.execution.batch.batch_file import batches_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Captured = pytest.CaptureFixture[str]


# a cluster that is this machine: jobs run at once, and have the number of their process
COMMANDS = {
    "sbatch": """
for word; do case $word in
    --job-name=*) name=${word#*=} ;;
    --output=*) output=${word#*=} ;;
esac; done
(
    # what was inherited tells of submissions that go on
    for number in $(ls /proc/self/fd); do [ "$number" -le 2 ] || eval "exec $number>&-"; done
    exec setsid "${@: -3}" >"${output//%%/%}" 2>&1 </dev/null
) &
echo "$name" >"$jobs/$!"
echo $!
""",
    "squeue": """
for job in "$jobs"/*; do
    id=${job##*/}
    [ ! -e "$job" ] || ! kill -0 "$id" 2>/dev/null || echo "$(cat "$job")|$id|RUNNING|None|here"
done
""",
    "scancel": 'shift; kill "$@"',
    "sacct": "exit 1",
}
FAILING = """

import time

from higgsflow.errors import InputFileError


@tagger(reads=["event"])
def failing(events, how=""):
    if len(events.event) and events.event[0] >= 2000:
        if how == "fails":
            raise InputFileError("cannot read on")
        time.sleep(600)
    return events.event > 0
"""


@pytest.fixture
def cluster(bench: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The bench, whose jobs run on a Slurm of this machine."""
    programs, jobs = tmp_path / "programs", tmp_path / "running"
    programs.mkdir()
    jobs.mkdir()
    for name, text in COMMANDS.items():
        path = programs / name
        path.write_text(f"#!/bin/bash\njobs={jobs}\n{text}\n", encoding="utf-8")
        path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    site = {"engine": "slurm", "submit_folder": str(tmp_path / "submit"), "poll_interval": 1}
    text = yaml.safe_dump({"sites": {"here": {**site, "landing_time": 1}}})
    (tmp_path / "engines.yaml").write_text(text, encoding="utf-8")
    monkeypatch.setenv("HIGGSFLOW_ENGINES_FILE", str(tmp_path / "engines.yaml"))
    yield bench
    for path in jobs.iterdir():
        with contextlib.suppress(ProcessLookupError):
            os.killpg(int(path.name), signal.SIGKILL)


def failing(bench: Any, how: str) -> None:
    lab = bench.lab
    lab.taggers.write_text(lab.taggers.read_text("utf-8") + FAILING, encoding="utf-8")
    entry = {"name": "failing", "tagger": "toy_taggers:failing", "options": {"how": how}}
    lab.content["tag_sequence"][1].insert(0, entry)


def test_too_much_that_is_lost_on_an_engine_fails_the_sample(cluster: Any, capfd: Captured) -> None:
    failing(cluster, "fails")
    cluster.lab.jobs.update(attempts=1)
    cluster.prepare()
    assert not cluster.lab.run("ProcessSample", sample="Sig", year="2017", workflow="slurm")
    assert "40 of 80 entries of Sig (2017) were lost: cannot read on" in capfd.readouterr().err


def test_what_is_left_out_on_an_engine_is_lost_until_retrying_is_asked_for(cluster: Any) -> None:
    failing(cluster, "sleeps")
    cluster.lab.jobs.update(min_completion=0.5, stragglers="cancel", n_events_per_output=40)
    old = cluster.prepare().places.chunks / ".a.parquet.x.tmp"
    old.parent.mkdir(parents=True)
    old.touch()
    os.utime(old, (1, 1))
    assert cluster.lab.run("ProcessSample", sample="Sig", year="2017", workflow="slurm")
    # what an earlier job left there has gone
    assert not old.exists()
    (lost,) = cluster.task.failures.final()
    assert lost.error_class == "cancelled"
    assert not batches_in(cluster.places.jobs)


@pytest.mark.parametrize("engine", ENGINES)
def test_the_parameter_alone_chooses_the_engine(bench: Any, engine: str) -> None:
    bench.prepare()
    task = type(bench.task).req(bench.task, workflow=engine)
    assert task.workflow_proxy.workflow_type == engine


def test_without_the_commands_of_an_engine_it_ends_at_the_door(
    bench: Any, monkeypatch: pytest.MonkeyPatch, capfd: Captured
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    bench.prepare()
    with pytest.raises(SystemExit):
        bench.lab.run("MergeSample", sample="Sig", workflow="slurm")
    told = capfd.readouterr().err
    assert "no sbatch on this machine" in told
    assert "Traceback" not in told


def test_without_a_submit_folder_nothing_is_submitted(
    bench: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Captured
) -> None:
    """Nothing is left of it that a later command would come back to."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("sbatch", "squeue", "scancel", "sacct"):
        (programs / name).symlink_to("/bin/false")
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    (tmp_path / "file").touch()
    sites = {"here": {"engine": "slurm", "submit_folder": str(tmp_path / "file" / "submit")}}
    (tmp_path / "engines.yaml").write_text(yaml.safe_dump({"sites": sites}), encoding="utf-8")
    monkeypatch.setenv("HIGGSFLOW_ENGINES_FILE", str(tmp_path / "engines.yaml"))
    bench.prepare()
    assert not bench.lab.run("MergeSample", sample="Sig", workflow="slurm")
    told = capfd.readouterr().err
    assert "set `submit_folder` in engines.yaml to a folder of yours" in told
    assert "Traceback" not in told
    assert not batches_in(bench.places.jobs)
