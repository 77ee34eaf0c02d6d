from __future__ import annotations

import multiprocessing
import os
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tasks.execution.batch.room import Room, jobs_said

if TYPE_CHECKING:
    from multiprocessing.synchronize import Barrier
    from pathlib import Path


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(wishes=st.lists(st.tuples(st.integers(0, 2), st.integers(0, 9)), max_size=12))
def test_all_samples_together_stay_below_the_bound(
    tmp_path: Path, wishes: list[tuple[int, int]]
) -> None:
    rooms = [Room(tmp_path, f"sample{i}") for i in range(3)]
    have = [0, 0, 0]
    for room in rooms:
        room.leave()
    for which, wanted in wishes:
        taken = rooms[which].take(wanted, have[which], 10)
        have[which] += taken
        assert taken <= wanted
        assert sum(have) <= 10
        assert taken == wanted or sum(have) == 10


N_SAMPLES = 6


def take(folder: Path, name: str, together: Barrier) -> None:
    for i in range(20):
        together.wait()
        taken = Room(folder / str(i), name).take(4, 0, 10)
        (folder / f"{i}.{name}").write_text(str(taken), encoding="ascii")


def test_those_that_ask_at_the_same_time_stay_below_the_bound(tmp_path: Path) -> None:
    fork = multiprocessing.get_context("fork")
    together = fork.Barrier(N_SAMPLES)
    processes = [
        fork.Process(target=take, args=(tmp_path, f"sample{i}", together)) for i in range(N_SAMPLES)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    for i in range(20):
        taken = [int(path.read_text("ascii")) for path in tmp_path.glob(f"{i}.*")]
        assert sorted(taken) == [0, 0, 0, 2, 4, 4]


def test_what_has_ended_makes_room(tmp_path: Path) -> None:
    one, other = Room(tmp_path, "one"), Room(tmp_path, "other")
    assert one.take(8, 0, 10) == 8
    assert other.take(8, 0, 10) == 2
    one.keep(3, 3)
    assert other.take(8, 2, 10) == 5
    one.leave()
    assert other.take(8, 7, 10) == 3


def test_who_has_not_been_heard_of_for_long_is_gone(tmp_path: Path) -> None:
    assert Room(tmp_path, "dead").take(10, 0, 10) == 10
    os.utime(tmp_path / "dead.jobs", (1, 1))
    assert Room(tmp_path, "alive").take(10, 0, 10) == 10


def test_what_is_no_news_is_not_written_again_before_long(tmp_path: Path) -> None:
    room, path = Room(tmp_path, "one"), tmp_path / "one.jobs"
    room.keep(3, 3)
    first = path.stat().st_ino
    room.keep(3, 3)
    assert room.take(5, 3, 3) == 0
    assert path.stat().st_ino == first
    os.utime(path, (1, 1))
    room.keep(3, 3)
    assert path.stat().st_mtime > 1
    room.leave()
    room.keep(3, 3)
    assert path.read_text("ascii") == "3 3"


def test_jobs_that_are_given_to_the_engine_are_not_sure_to_be_there(tmp_path: Path) -> None:
    room = Room(tmp_path, "one")
    assert jobs_said(tmp_path, ["one", "other"]) == (0, 0)
    assert room.take(5, 2, 10) == 5
    Room(tmp_path, "other").keep(1, 1)
    assert jobs_said(tmp_path, ["one", "other"]) == (8, 3)
    room.keep(7, 7)
    assert jobs_said(tmp_path, ["one", "other"]) == (8, 8)


def test_what_an_earlier_version_said_counts(tmp_path: Path) -> None:
    (tmp_path / "one.jobs").write_text("4", encoding="ascii")
    assert jobs_said(tmp_path, ["one"]) == (4, 4)
    assert Room(tmp_path, "other").take(9, 0, 9) == 5
