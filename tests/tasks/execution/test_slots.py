from __future__ import annotations

import multiprocessing
import os
import signal
from typing import TYPE_CHECKING, Any

import pytest

from higgsflow.errors import StoreError
from tasks.execution import slots
from tasks.execution.slots import Slots, slots_of, slots_that_can_be_taken

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Lab


def test_there_are_as_many_as_asked_for(tmp_path: Path) -> None:
    found = Slots(tmp_path, 2)
    taken = [found.take() for _ in range(3)]
    assert [slot is not None for slot in taken] == [True, True, False]
    assert taken[0] is not None
    taken[0].release()
    assert found.take() is not None


def test_they_are_shared_by_everything_that_uses_the_store(tmp_path: Path) -> None:
    first, second = Slots(tmp_path, 1), Slots(tmp_path, 1)
    slot = first.take()
    assert slot is not None
    assert second.take() is None
    slot.release()
    assert second.take() is not None


def hold(folder: Path, ready: Any) -> None:
    slot = Slots(folder, 1).take()
    ready.set()
    signal.pause()
    assert slot is not None


def test_a_slot_is_free_again_when_its_holder_is_killed(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    ready = context.Event()
    process = context.Process(target=hold, args=(tmp_path, ready))
    process.start()
    assert ready.wait(timeout=60)
    found = Slots(tmp_path, 1)
    assert found.take() is None
    process.kill()
    process.join()
    assert found.take() is not None


def test_a_store_that_does_not_take_locks_is_told(tmp_path: Path) -> None:
    """As one whose owner lets nobody else write; it was a traceback."""
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=f"cannot write {tmp_path}/file"):
        Slots(tmp_path / "file", 1)
    (tmp_path / "slot_0.lock").mkdir()
    with pytest.raises(StoreError, match=r"cannot write .*/slot_0\.lock"):
        Slots(tmp_path, 1).take()


CORES = len(os.sched_getaffinity(0))


@pytest.mark.parametrize(
    ("engine", "n_workers", "n"),
    [
        ("local", None, CORES),
        ("local", 7, 7),
        ("slurm", None, min(CORES, 4)),
        ("slurm", 7, 7),
    ],
)
def test_there_is_one_for_each_core_and_few_beside_a_batch_engine(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, engine: str, n_workers: int | None, n: int
) -> None:
    lab.jobs["n_workers"] = n_workers
    task = lab.task("MergeSample", sample="Sig", year="2017")
    monkeypatch.setattr(task, "workflow", engine)
    assert slots_of(task).n == n


def test_more_cores_do_not_matter_beside_a_batch_engine(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slots, "n_cores", lambda: 64)
    lab.jobs["n_workers"] = None
    task = lab.task("MergeSample", sample="Sig", year="2017")
    assert slots_of(task).n == 64
    monkeypatch.setattr(task, "workflow", "htcondor")
    assert slots_of(task).n == 4


def test_none_are_made_where_nobody_runs_anything(lab: Lab) -> None:
    task = lab.task("MergeSample", sample="Sig", year="2017")
    folder = lab.store / ".slots"
    assert slots_that_can_be_taken(task) is None
    assert not folder.exists()
    folder.mkdir(parents=True)
    found = slots_that_can_be_taken(task)
    assert found is not None
    assert found.take() is not None


def test_none_can_be_taken_where_locks_are_no_files(lab: Lab) -> None:
    lab.jobs["n_workers"] = 1
    lab.store.joinpath(".slots", "slot_0.lock").mkdir(parents=True)
    assert slots_that_can_be_taken(lab.task("MergeSample", sample="Sig", year="2017")) is None
