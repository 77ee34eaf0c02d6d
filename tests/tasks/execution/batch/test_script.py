"""The script of a job, with a program of its own instead of the node's."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from higgsflow.errors import InvalidConfiguration
from higgsflow.model.engines import Site
from tasks.execution.batch.script import told_code, write_script

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def script(tmp_path: Path, program: str, **settings: Any) -> tuple[Path, dict[str, str]]:
    """The script, which starts a shell program as if it was Python."""
    python = tmp_path / "python"
    python.write_text(f"#!/bin/bash\n{program}\n", encoding="utf-8")
    python.chmod(0o755)
    path = tmp_path / "job.sh"
    site = Site.model_validate({"engine": "slurm", "python": str(python), **settings})
    write_script(path, site, tmp_path / "batches", "5ea1")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    return path, {"PATH": os.environ["PATH"], "TMPDIR": str(scratch)}


def run(path: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(path), "token", "7"], env=environment, capture_output=True, text=True, check=False
    )


@contextmanager
def started(path: Path, environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """The script, once something in it has said that it is ready."""
    with subprocess.Popen(
        [str(path), "token", "0"], env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process


def test_starts_the_program_in_a_folder_of_its_own_that_goes(tmp_path: Path) -> None:
    path, environment = script(tmp_path, 'touch here; pwd; echo "$@"')
    done = run(path, environment)
    where, what = done.stdout.splitlines()
    assert where.startswith(str(tmp_path / "scratch" / "higgsflow-job."))
    assert what == f"-m tasks.execution.batch.node {tmp_path}/batches/token.jsonl 7 5ea1"
    assert not list((tmp_path / "scratch").iterdir())


def test_hands_the_exit_code_on(tmp_path: Path) -> None:
    path, environment = script(tmp_path, "exit 83")
    assert run(path, environment).returncode == 83


@pytest.mark.parametrize(
    ("program", "expected"),
    [("exit 83", 83), ("kill -11 $$", 139), ("kill -9 $$", 137), ("exit 0", None)],
)
def test_tells_the_code_of_a_program_that_failed(
    tmp_path: Path, program: str, expected: int | None
) -> None:
    """sacct prints 11 for 139, which a program could end with by itself."""
    path, environment = script(tmp_path, f"echo one; {program}")
    code, printed = told_code(run(path, environment).stdout)
    assert (code, printed) == (expected, "one\n")


def test_cleans_up_after_a_program_that_was_killed(tmp_path: Path) -> None:
    path, environment = script(tmp_path, "touch here; kill -9 $$")
    assert run(path, environment).returncode == 128 + signal.SIGKILL
    assert not list((tmp_path / "scratch").iterdir())


def test_passes_a_signal_on_and_cleans_up(tmp_path: Path) -> None:
    program = 'trap "exit 143" TERM; echo ready; sleep 60 & wait'
    path, environment = script(tmp_path, program)
    with started(path, environment) as process:
        process.terminate()
        assert process.wait(timeout=30) == 143
    assert not list((tmp_path / "scratch").iterdir())


def test_tells_the_code_of_a_program_that_follows_a_signal_at_once(tmp_path: Path) -> None:
    """It ends while the script is still at the signal: what that looks for is gone then."""
    program = r'trap "kill \$!; exit 83" TERM; echo ready; sleep 60 & wait'
    path, environment = script(tmp_path, program)
    for _ in range(100):
        with started(path, environment) as process:
            process.terminate()
            assert process.wait(timeout=30) == 83
            assert process.stdout is not None
            assert told_code(process.stdout.read()) == (83, "")


def test_a_signal_that_comes_while_a_program_begins_reaches_it(tmp_path: Path) -> None:
    """The script has started it, and has yet to note which process it is."""
    program = r'trap "kill \$!; exit 83" TERM; echo ready; sleep 60 & wait'
    # before each of its commands the script waits; a process of the site is not the program
    setup = ["sleep 30 >/dev/null &", "trap 'sleep 0.5' DEBUG"]
    path, environment = script(tmp_path, program, setup=setup)
    with started(path, environment) as process:
        process.terminate()
        assert process.wait(timeout=30) == 83
        assert process.stdout is not None
        assert told_code(process.stdout.read()) == (83, "")


def test_a_signal_before_the_program_ends_the_script(tmp_path: Path) -> None:
    setup = ["sleep 30 >/dev/null &", "trap 'echo ready; sleep 0.5' DEBUG"]
    path, environment = script(tmp_path, "echo begun; exit 83", setup=setup)
    with started(path, environment) as process:
        process.terminate()
        assert process.wait(timeout=30) == 143
        assert process.stdout is not None
        assert "begun" not in process.stdout.read()


def test_a_program_that_does_not_follow_a_signal_is_ended_and_cleaned_up_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that waits for a server has no ear for it; the engine would kill the script as well."""
    monkeypatch.setattr("tasks.execution.batch.script._GRACE", 0.2)
    path, environment = script(tmp_path, 'trap "" TERM; echo ready; exec sleep 60')
    with started(path, environment) as process:
        process.terminate()
        assert process.wait(timeout=30) == 128 + signal.SIGKILL
    assert not list((tmp_path / "scratch").iterdir())


def test_a_signal_before_the_program_starts_ends_the_job(tmp_path: Path) -> None:
    path, environment = script(tmp_path, "echo started", setup=("echo ready; sleep 0.5",))
    with started(path, environment) as process:
        process.terminate()
        assert process.wait(timeout=30) == 128 + signal.SIGTERM
        assert process.stdout is not None
        assert process.stdout.read() == ""
    assert not list((tmp_path / "scratch").iterdir())


def test_a_program_is_waited_for_however_many_signals_come(tmp_path: Path) -> None:
    program = 'trap "echo told" TERM; echo ready; until [ -e done ]; do sleep 0.1; done'
    path, environment = script(tmp_path, program)
    with started(path, environment) as process:
        assert process.stdout is not None
        for _ in range(2):
            process.terminate()
            assert process.stdout.readline() == "told\n"
        (scratch,) = (tmp_path / "scratch").iterdir()
        (scratch / "done").touch()
        assert process.wait(timeout=30) == 0
    assert not scratch.exists()


def test_variables_and_setup_are_those_of_the_site(tmp_path: Path) -> None:
    path, environment = script(
        tmp_path,
        'echo "$A|$B|$OMP_NUM_THREADS"',
        environment={"A": "$(echo no) 'quoted'"},
        setup=("export B=set",),
        cores=2,
    )
    assert run(path, environment).stdout == "$(echo no) 'quoted'|set|2\n"


def test_a_proxy_is_copied_to_where_nodes_see_it(tmp_path: Path) -> None:
    proxy = tmp_path / "x509up"
    proxy.write_text("secret", encoding="utf-8")
    path, environment = script(tmp_path, 'cat "$X509_USER_PROXY"', proxy=str(proxy))
    assert run(path, environment).stdout == "secret"
    assert (tmp_path / "x509_proxy").stat().st_mode & 0o777 == 0o600


def test_an_engine_that_prepares_nodes_needs_neither_copy_nor_program(tmp_path: Path) -> None:
    settings = {"proxy": "/nowhere/x509up", "container": "/cvmfs/image"}
    path, environment = script(tmp_path, "echo ran", engine="htcondor", **settings)
    assert run(path, environment).stdout == "ran\n"
    assert not (tmp_path / "x509_proxy").exists()


def test_nobody_else_reads_the_proxy_also_where_a_file_of_its_name_lies(tmp_path: Path) -> None:
    proxy, taken = tmp_path / "x509up", tmp_path / "x509_proxy"
    proxy.write_text("secret", encoding="utf-8")
    taken.touch()
    taken.chmod(0o666)
    with taken.open() as other:
        script(tmp_path, "true", proxy=str(proxy))
        assert other.read() == ""
    assert taken.read_text("utf-8") == "secret"
    assert taken.stat().st_mode & 0o777 == 0o600


def test_nobody_else_reads_the_variables_of_a_site(tmp_path: Path) -> None:
    path, _ = script(tmp_path, "true", environment={"TOKEN": "secret"})
    assert path.stat().st_mode & 0o777 == 0o700


def test_others_may_do_with_what_jobs_make_what_they_may_with_what_is_made_here(
    tmp_path: Path,
) -> None:
    """A group may share a store; engines give jobs a mask of their own."""
    before = os.umask(0o007)
    try:
        path, environment = script(tmp_path, "umask")
    finally:
        os.umask(before)
    assert run(path, environment).stdout == "0007\n"


def test_a_proxy_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfiguration, match="no proxy at"):
        script(tmp_path, "true", proxy="/nowhere/x509up")
