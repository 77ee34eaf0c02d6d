from __future__ import annotations

import multiprocessing
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from higgsflow.errors import InputFileError
from tasks.execution import side_by_side as beside
from tasks.execution.side_by_side import (
    FILES,
    LONG,
    as_they_come,
    shared,
    side_by_side,
    told,
    while_waiting,
)
from tasks.execution.slots import Slots

N = 40


def looked(number: int) -> tuple[int, int]:
    """A number, and the process that saw it."""
    return number, os.getpid()


def noted(number: int) -> int:
    """Leaves a file, a little later than it was asked."""
    time.sleep(0.01)
    (Path(os.environ["SEEN_IN"]) / f"{number}.seen").touch()
    return number


def bad_at_20(number: int) -> int:
    if number == 20:
        raise InputFileError("cannot read 20", "where", "why")
    return number


def killed_at_20(number: int) -> int:
    """Kills the process that sees 20, unless it is the one that asked."""
    if number == 20 and os.environ["ASKED_BY"] != str(os.getpid()):
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def test_answers_come_in_the_order_of_the_files_from_other_processes(tmp_path: Path) -> None:
    found = list(side_by_side(looked, range(N), Slots(tmp_path, 2), FILES))
    assert [number for number, _ in found] == list(range(N))
    assert os.getpid() not in {process for _, process in found}


@pytest.mark.parametrize(("n_slots", "n_files"), [(1, N), (2, 3)])
def test_one_process_does_where_there_is_one_slot_or_few_files(
    tmp_path: Path, n_slots: int, n_files: int
) -> None:
    found = side_by_side(looked, range(n_files), Slots(tmp_path, n_slots), FILES)
    assert {process for _, process in found} == {os.getpid()}


def test_slots_are_held_meanwhile_and_free_again(tmp_path: Path) -> None:
    found = side_by_side(looked, range(N), Slots(tmp_path, 2), FILES)
    next(found)
    assert Slots(tmp_path, 2).take() is None
    found.close()
    slot = Slots(tmp_path, 2).take()
    assert slot is not None
    slot.release()


@pytest.mark.parametrize("way", ["processes", "threads"])
def test_the_rest_is_left_when_nobody_asks_any_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.setenv("SEEN_IN", str(tmp_path))
    files = range(5000)
    slots = Slots(tmp_path / "slots", 2)
    found = (
        side_by_side(noted, files, slots, FILES)
        if way == "processes"
        else while_waiting(noted, files)
    )
    assert next(found) == 0
    found.close()
    seen = len(list(tmp_path.glob("*.seen")))
    assert seen < len(files) / 2


def test_what_is_wrong_with_a_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputFileError, match="cannot read 20") as caught:
        list(side_by_side(bad_at_20, range(N), Slots(tmp_path, 2), FILES))
    assert caught.value.parts == ("cannot read 20", "where", "why")


def test_servers_are_asked_by_threads(tmp_path: Path) -> None:
    found = list(while_waiting(looked, range(N)))
    assert found == [(number, os.getpid()) for number in range(N)]
    with pytest.raises(InputFileError, match="cannot read 20"):
        list(while_waiting(bad_at_20, range(N)))


def test_a_process_that_is_killed_costs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASKED_BY", str(os.getpid()))
    assert list(side_by_side(killed_at_20, range(N), Slots(tmp_path, 2), FILES)) == list(range(N))


class Task:
    class pair:  # noqa: N801
        name = "S (2017)"


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the user hears, after each thing instead of now and then."""
    lines: list[str] = []
    monkeypatch.setattr(beside, "say", lines.append)
    monkeypatch.setattr(beside, "publish", lambda *_: None)
    monkeypatch.setattr(beside, "_LINE_INTERVAL", -1.0)
    return lines


def test_the_user_hears_how_far_it_is(said: list[str]) -> None:
    assert list(told(Task(), range(3), 3, "files looked into")) == [0, 1, 2]
    assert said[0] == "S (2017): 1 of 3 files looked into"


@pytest.mark.parametrize("n_slots", [0, 2])
def test_work_is_shared_with_or_without_slots(
    tmp_path: Path, said: list[str], n_slots: int
) -> None:
    with shared(Task(), Slots(tmp_path, n_slots) if n_slots else None) as share:
        found = list(share(looked, range(3), "numbers seen"))
    assert [number for number, _ in found] == [0, 1, 2]
    assert (os.getpid() in {process for _, process in found}) == (not n_slots)
    assert said == [f"S (2017): {n} of 3 numbers seen" for n in (1, 2, 3)]


def one_of_three(slots: Slots) -> None:
    with shared(Task(), slots) as share:
        found = share(looked, range(3), "numbers seen")
        raise InputFileError("one is not as it should be", f"{next(iter(found))[0]}", "why")


@pytest.mark.usefixtures("said")
def test_the_traceback_of_an_error_keeps_neither_processes_nor_slots(tmp_path: Path) -> None:
    slots = Slots(tmp_path, 2)
    with pytest.raises(InputFileError) as caught:
        one_of_three(slots)
    assert caught.tb is not None
    assert not multiprocessing.active_children()
    taken = [slots.take() for _ in range(2)]
    assert None not in taken
    for slot in taken:
        slot.release()


def large(number: int) -> bytes:
    """More than a pipe takes at once."""
    return bytes([number]) * 300_000


def test_a_process_that_is_killed_within_its_answer_is_replaced(tmp_path: Path) -> None:
    found = side_by_side(large, range(N), Slots(tmp_path, 2), FILES)
    first = next(found)
    # all wait to write their next answer, of which half is in the pipe
    for process in multiprocessing.active_children():
        wait_for_its_write(process.pid)
        process.kill()
        process.join()
    assert [first, *found] == [large(number) for number in range(N)]


def wait_for_its_write(pid: int | None) -> None:
    deadline = time.monotonic() + 60
    while "send" not in Path(f"/proc/{pid}/wchan").read_text("ascii"):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def slow_after_the_first(number: int) -> int:
    """Takes longer than anybody waits, and tells when it is ended."""
    if not number:
        return number
    half_written = Path(os.environ["SEEN_IN"]) / f"{number}.tmp"
    half_written.touch()
    try:
        time.sleep(600)
    finally:
        half_written.unlink()
    return number


def test_what_nobody_wants_any_more_is_ended_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEEN_IN", str(tmp_path))
    found = side_by_side(slow_after_the_first, range(4), Slots(tmp_path / "slots", 2), LONG)
    assert next(found) == 0
    deadline = time.monotonic() + 60
    while len(list(tmp_path.glob("*.tmp"))) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    found.close()
    assert not multiprocessing.active_children()
    assert not list(tmp_path.glob("*.tmp"))


def test_of_what_takes_long_each_is_done_by_whoever_is_free(tmp_path: Path) -> None:
    found = list(side_by_side(looked, range(3), Slots(tmp_path, 3), LONG))
    assert [number for number, _ in found] == [0, 1, 2]
    assert len({process for _, process in found}) == 3


def test_what_is_left_ends_whatever_was_begun_meanwhile(tmp_path: Path) -> None:
    left = [side_by_side(looked, range(4), Slots(tmp_path / n, 2), LONG) for n in "ab"]
    for found in left:
        next(found)
    for found in left:
        found.close()
    assert not multiprocessing.active_children()


def after_the_second(number: int) -> int:
    """The first waits for what the second leaves."""
    mark = Path(os.environ["SEEN_IN"]) / "second"
    if number == 1:
        mark.touch()
    deadline = time.monotonic() + 60
    while not mark.exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return number


@pytest.mark.parametrize("way", [side_by_side, as_they_come])
def test_who_is_done_has_something_else_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: Any
) -> None:
    """However long another one takes."""
    monkeypatch.setenv("SEEN_IN", str(tmp_path))
    found = list(way(after_the_second, range(9), Slots(tmp_path / "slots", 2), LONG))
    assert sorted(found) == list(range(9))
    if way is side_by_side:
        assert found == list(range(9))


def slow_first(number: int) -> int:
    """The first one takes until all others are there."""
    folder = Path(os.environ["SEEN_IN"])
    deadline = time.monotonic() + 60
    while not number and len(list(folder.glob("*.done"))) < 3:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return number


def test_what_is_there_first_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that it is kept, should the rest be interrupted."""
    monkeypatch.setenv("SEEN_IN", str(tmp_path))
    found = []
    for number in as_they_come(slow_first, range(4), Slots(tmp_path / "slots", 2), LONG):
        found.append(number)
        (tmp_path / f"{number}.done").touch()
    assert found == [1, 2, 3, 0]


def noted_and_refused(number: int) -> int:
    with (Path(os.environ["SEEN_IN"]) / "tried").open("a") as file:
        file.write(f"{number}\n")
    raise InputFileError(f"cannot read {number}", "where", "why")


@pytest.mark.parametrize("way", [side_by_side, as_they_come])
def test_what_cannot_be_done_is_tried_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: Any
) -> None:
    """It may have taken hours until then."""
    monkeypatch.setenv("SEEN_IN", str(tmp_path))
    with pytest.raises(InputFileError, match="cannot read") as caught:
        list(way(noted_and_refused, range(2), Slots(tmp_path / "slots", 2), LONG))
    assert caught.value.parts[1:] == ("where", "why")
    tried = (tmp_path / "tried").read_text().split()
    assert len(tried) == len(set(tried)) <= 2
