from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from typing import TYPE_CHECKING

import pytest

from higgsflow.errors import StoreError
from tasks.execution.helper import Answer, Helper

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PIECES = [[1, 2], [-1], [0], [99], [3]]


def halved(number: int) -> float:
    if number < 0:
        raise StoreError("no number below zero", f"{number}", "take another one")
    if number == 99:
        os.kill(os.getpid(), signal.SIGKILL)
    return 6 / number


@pytest.fixture
def helper() -> Iterator[Helper]:
    found = Helper(halved, PIECES, [])
    yield found
    found.end()


def test_it_does_what_it_is_handed(helper: Helper) -> None:
    for number, expected in ((0, [6.0, 3.0]), (4, [2.0])):
        assert helper.number is None
        assert helper.hand(number)
        assert helper.number == number
        assert helper.answer() == (number, Answer(expected))


def test_what_the_user_is_told_comes_as_it_is(helper: Helper) -> None:
    helper.hand(1)
    number, answer = helper.answer()
    assert (number, answer.found) == (1, None)
    assert isinstance(answer.error, StoreError)
    assert answer.error.parts == ("no number below zero", "-1", "take another one")
    # and it goes on
    helper.hand(0)
    assert helper.answer() == (0, Answer([6.0, 3.0]))


def test_of_a_defect_there_is_no_answer(helper: Helper) -> None:
    helper.hand(2)
    assert helper.answer() == (2, Answer())


def test_one_that_was_killed_has_no_answer_and_takes_nothing_more(helper: Helper) -> None:
    helper.hand(3)
    assert helper.answer() == (3, Answer())
    assert not helper.hand(0)


class LetGo:
    """In what lets go of it, Python drops what a signal raises."""

    def __init__(self, begun: Path) -> None:
        self._begun = begun

    def __del__(self) -> None:
        self._begun.touch()
        time.sleep(1)


def let_go(begun: Path) -> int:
    LetGo(begun)
    return 0


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_one_that_does_not_follow_is_asked_again(tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    helper = Helper(let_go, [[begun]], [])
    helper.hand(0)
    while not begun.exists():
        time.sleep(0.01)
    ending = threading.Thread(target=helper.end, daemon=True)
    ending.start()
    ending.join(60)
    assert not ending.is_alive()


def asleep(folder: Path) -> int:
    (folder / str(os.getpid())).touch()
    time.sleep(300)
    return 0


def begin(folder: Path) -> None:
    helpers: list[Helper] = []
    for _ in range(2):
        helpers.append(Helper(asleep, [[folder]], helpers))
        helpers[-1].hand(0)
    time.sleep(300)


def test_they_end_with_who_has_begun_them(tmp_path: Path) -> None:
    """Also when it is killed, and in the middle of what nobody will ask for."""
    parent = multiprocessing.get_context("fork").Process(target=begin, args=(tmp_path,))
    parent.start()
    until(lambda: len(list(tmp_path.iterdir())) == 2)
    parent.kill()
    parent.join()
    pids = [int(path.name) for path in tmp_path.iterdir()]
    until(lambda: not any(map(is_alive, pids)))


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
