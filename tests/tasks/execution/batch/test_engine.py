from __future__ import annotations

from typing import get_args

import pytest

from higgsflow.model.engines import Engine, Site
from higgsflow.model.jobs import Batch, Resources
from tasks.execution.batch import engine
from tasks.execution.batch.engine import (
    EngineError,
    NoAnswer,
    Phase,
    Seen,
    ask,
    held,
    in_queue,
    kind_of,
    make_engine,
    run_time,
    user_name,
)


def test_what_a_command_prints() -> None:
    assert ask(["echo", "a; b"]) == "a; b\n"


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["sh", "-c", "echo no such partition >&2; exit 1"], "sh failed: no such partition"),
        (["no-such-program"], "no-such-program cannot be run"),
    ],
)
def test_a_command_that_fails_tells_why(command: list[str], message: str) -> None:
    with pytest.raises(EngineError, match=message):
        ask(command)


def test_of_a_long_message_the_beginning_and_the_end_are_told() -> None:
    """Of condor_q, where no schedd runs, the end alone was about something else."""
    text = "no address for schedd; " + 200 * "see the manual. " + "ask the administrator"
    with pytest.raises(EngineError) as error:
        ask(["sh", "-c", f"echo '{text}' >&2; exit 1"])
    told = error.value.what
    assert told.startswith("sh failed: no address for schedd; see")
    assert told.endswith("see the manual. ask the administrator")
    assert " ... " in told
    assert len(told) < 350


@pytest.mark.parametrize(
    ("told", "may_be_done"),
    [
        ("Batch job submission failed: Socket timed out on send/recv operation", True),
        ("Unable to contact slurm controller (connect failure)", True),
        ("Zero Bytes were transmitted or received", True),
        ("ERROR: Failed to commit job submission into the queue.", True),
        ("ERROR: Failed to connect to local queue manager", True),
        ("Batch job submission failed: Invalid partition name specified", False),
        ("Batch job submission failed: Requested time limit is invalid", False),
        ("ERROR: Failed to parse command file (line 3).", False),
    ],
)
def test_a_refusal_is_told_from_an_engine_that_may_do_it_later(
    told: str, may_be_done: bool
) -> None:
    """Lines of sbatch and condor_submit."""
    with pytest.raises(EngineError) as error:
        ask(["sh", "-c", f"echo '{told}' >&2; exit 1"])
    assert isinstance(error.value, NoAnswer) is may_be_done


def test_each_engine_that_a_site_may_name_has_a_class_of_its_own() -> None:
    names = get_args(Engine)
    assert len({kind_of(name) for name in names}) == len(names)
    assert {"local", *names} == set(get_args(Batch))


def test_commands_that_are_not_here_are_told_in_three_lines(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(EngineError, match="no sbatch on this machine") as error:
        make_engine(Site(engine="slurm"))
    assert len(str(error.value).splitlines()) <= 3


@pytest.mark.parametrize(("limit", "expected"), [(None, None), (100.0, 160.0), (7200.0, 7260.0)])
def test_the_engine_gives_a_job_a_little_more_time(
    limit: float | None, expected: float | None
) -> None:
    assert run_time(Resources(time_limit=limit)) == expected


def test_a_user_without_a_name_is_a_number() -> None:
    assert user_name(0) == "root"
    assert user_name(3_999_999_999) == "3999999999"


def test_a_command_that_does_not_end_may_be_done_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_PATIENCE", 0.2)
    with pytest.raises(NoAnswer, match="sleep does not answer"):
        ask(["sleep", "300"])


def test_jobs_that_have_ended_are_not_in_the_queue() -> None:
    phases: tuple[Phase, ...] = ("waiting", "running", "held", "ended")
    there = {("a", i): Seen(str(i), phase) for i, phase in enumerate(phases)}
    assert in_queue(there, [("a", 1), ("a", 2), ("a", 3), ("b", 0)]) == {("a", 1), ("a", 2)}


def test_only_held_jobs_that_nobody_waits_for_are_stuck() -> None:
    there = {
        ("a", 0): Seen("1", "held"),
        ("a", 1): Seen("2", "held"),
        ("a", 2): Seen("3", "running"),
    }
    assert held(there) == {("a", 0), ("a", 1)}
    assert held(there, {("a", 0)}) == {("a", 1)}
