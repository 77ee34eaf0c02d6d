from __future__ import annotations

import multiprocessing
import os
import signal
from typing import TYPE_CHECKING, Any

from tasks.execution.slots import Slots

if TYPE_CHECKING:
    from pathlib import Path


def test_there_are_as_many_as_asked_for(tmp_path: Path) -> None:
    slots = Slots(tmp_path, 2)
    taken = [slots.take() for _ in range(3)]
    assert [slot is not None for slot in taken] == [True, True, False]
    assert taken[0] is not None
    taken[0].release()
    assert slots.take() is not None


def test_there_is_one_for_each_core_by_default(tmp_path: Path) -> None:
    assert Slots(tmp_path, None).n == len(os.sched_getaffinity(0))


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
    assert ready.wait(timeout=10)
    slots = Slots(tmp_path, 1)
    assert slots.take() is None
    process.kill()
    process.join()
    assert slots.take() is not None


def test_none_are_made_where_nobody_runs_anything(tmp_path: Path) -> None:
    assert Slots.that_can_be_taken(tmp_path / "none", 2) is None
    assert not (tmp_path / "none").exists()
    found = Slots.that_can_be_taken(tmp_path, 2)
    assert found is not None
    assert found.take() is not None


def test_none_can_be_taken_where_locks_are_no_files(tmp_path: Path) -> None:
    (tmp_path / "slot_0.lock").mkdir()
    assert Slots.that_can_be_taken(tmp_path, 1) is None
