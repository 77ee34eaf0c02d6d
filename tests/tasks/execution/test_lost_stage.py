from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from tasks.execution import luigi_settings
from tasks.execution.lost_stage import tell_lost

if TYPE_CHECKING:
    from collections.abc import Iterator

Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _between_invocations() -> Iterator[None]:
    luigi_settings.reset()
    yield
    luigi_settings.reset()


def lose(sample: str, code: int) -> None:
    task = SimpleNamespace(task_id=f"MergeSample_{sample}", short_name=f"MergeSample {sample} 2017")
    tell_lost(task, f"Task {task.task_id} died unexpectedly with exit code {code}")


def test_without_an_exit_code_the_end_is_told(capfd: Captured) -> None:
    tell_lost(SimpleNamespace(task_id="A", short_name="IndexSample Sig 2017"), "is gone")
    assert capfd.readouterr().err.startswith("IndexSample Sig 2017 failed: its process ended\n")


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (-9, "was killed (out of memory?)"),
        (-11, "was ended by SIGSEGV"),
        (-36, "was ended by signal 36"),
        (3, "ended with exit code 3"),
    ],
)
def test_how_the_process_ended_is_told(code: int, told: str, capfd: Captured) -> None:
    lose("Sig", code)
    assert capfd.readouterr().err == (
        f"MergeSample Sig 2017 failed: its process {told}\n  run the same command again\n"
    )


def test_each_stage_is_told_once_and_what_to_do_once(capfd: Captured) -> None:
    for sample in ("Sig", "Data", "Sig", "Data"):
        lose(sample, -9)
    assert capfd.readouterr().err.splitlines() == [
        "MergeSample Sig 2017 failed: its process was killed (out of memory?)",
        "  run the same command again",
        "MergeSample Data 2017 failed: its process was killed (out of memory?)",
    ]


def test_the_next_invocation_tells_it_again(capfd: Captured) -> None:
    lose("Sig", -9)
    first = capfd.readouterr().err
    luigi_settings.reset()
    lose("Sig", -9)
    assert capfd.readouterr().err == first
