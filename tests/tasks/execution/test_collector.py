from __future__ import annotations

import gc
import subprocess
import sys
from typing import TYPE_CHECKING

import luigi
import pytest

from tasks.execution import collector

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Lab


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


def test_looks_are_rare_until_there_is_work() -> None:
    collector.work()
    usual = gc.get_threshold()
    collector.spare()
    assert gc.get_threshold()[0] > 10 * usual[0]
    collector.work()
    assert gc.get_threshold() == usual


def test_the_first_look_of_work_is_not_at_what_was_imported() -> None:
    collector.spare()
    kept = [[] for _ in range(10_000)]  # type: ignore[var-annotated]
    collector.work()
    assert gc.get_freeze_count() > len(kept)
    assert gc.get_count()[0] < gc.get_threshold()[0]


def test_what_the_user_has_set_stays() -> None:
    gc.set_threshold(1234, 5, 6)
    collector.spare()
    collector.work()
    assert gc.get_threshold() == (1234, 5, 6)


def test_stages_are_imported_with_rare_looks_and_run_with_the_usual_ones(lab: Lab) -> None:
    code = "import gc; usual = gc.get_threshold(); import tasks; print(usual != gc.get_threshold())"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "True\n"
    collector.work()
    usual = gc.get_threshold()
    task = lab.task("MergeSample", sample="Sig", year="2017")
    collector.spare()
    task.trigger_event(luigi.Event.START, task)
    assert gc.get_threshold() == usual


@pytest.mark.parametrize(("imports", "told"), [("gc", "found\n"), ("tasks", "")])
def test_nothing_is_looked_for_when_python_ends(imports: str, told: str) -> None:
    code = (
        f"import {imports}\n"
        "class Cycle:\n"
        "    def __init__(self): self.itself = self\n"
        "    def __del__(self): print('found')\n"
        "Cycle()"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == told


def test_what_is_kept_is_not_looked_through() -> None:
    looks: list[str] = []

    def note(phase: str, _: object) -> None:
        looks.append(phase)

    gc.callbacks.append(note)
    try:
        with collector.kept():
            made = [[] for _ in range(100_000)]  # type: ignore[var-annotated]
            n_looks = len(looks)
    finally:
        gc.callbacks.remove(note)
    assert not n_looks
    assert gc.isenabled()
    assert gc.get_freeze_count() >= len(made)
