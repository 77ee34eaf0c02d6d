from __future__ import annotations

import copy
from typing import Any

import pytest

from higgsflow.model.jobs import Resources
from tasks.execution.batch.engine import UNKNOWN, Seen
from tasks.execution.batch.flights import Flight, failure_of, has_told
from tasks.execution.pool import Attempt


def flight(bench: Any) -> Flight:
    return Flight(Attempt(bench.prepare().jobs[0], Resources()), ("token", 0))


def test_is_told_from_others_by_itself(bench: Any) -> None:
    """To compare the jobs of ten thousand took the driver half an hour."""
    one = flight(bench)
    assert one in [one]
    assert one not in [copy.copy(one)]
    assert one.attempt not in [copy.copy(one.attempt)]


def test_what_a_job_printed_before_its_log_becomes_its_log(bench: Any) -> None:
    one = flight(bench)
    printed = bench.places.batch_folder("token") / "0.out"
    printed.parent.mkdir(parents=True)
    printed.write_text("job.sh: line 9: no/python: No such file or directory\n", encoding="utf-8")
    assert not one.begun(bench.places)
    failure = failure_of(one, Seen("7", "ended", "FAILED", 127), bench.places)
    assert (failure.error_class, failure.exit_code, failure.engine_id) == ("environment", 127, "7")
    assert "No such file" in bench.places.log(one.stem, 1).read_text("utf-8")
    assert one.begun(bench.places)


def test_what_a_job_printed_is_written_through_no_link(bench: Any) -> None:
    one = flight(bench)
    printed = bench.places.batch_folder("token") / "0.out"
    printed.parent.mkdir(parents=True)
    printed.write_text("no python", encoding="utf-8")
    log = bench.places.log(one.stem, 1)
    log.parent.mkdir(parents=True)
    log.symlink_to(log.with_name("elsewhere"))
    failure_of(one, Seen("7", "ended", "FAILED", 127), bench.places)
    assert (log.is_symlink(), log.read_text("utf-8")) == (False, "no python")


def test_the_word_of_the_engine_counts(bench: Any) -> None:
    one = flight(bench)
    words = (("OUT_OF_MEMORY", "memory"), ("TIMEOUT", "time"), ("held: x", "lost"))
    for state, expected in words:
        failure = failure_of(one, Seen("7", "ended", state), bench.places)
        assert failure.error_class == expected
        assert 0.0 <= failure.wall < 600.0
    # also where the script saw how its program ended
    printed = bench.places.batch_folder("token") / "0.out"
    printed.parent.mkdir(parents=True)
    printed.write_text("the exit code of this job is 137\n", encoding="utf-8")
    for state, expected in words:
        failure = failure_of(one, Seen("7", "ended", state, 9, "n1"), bench.places)
        assert (failure.error_class, failure.exit_code, failure.host) == (expected, 137, "n1")


def test_what_the_engine_called_a_job_is_known_when_it_has_forgotten_it(bench: Any) -> None:
    one = flight(bench)
    one.given_id = "7.0"
    assert one.engine_id == "7.0"
    one.seen = Seen("7.1", "running")
    assert one.engine_id == "7.1"
    one.seen = UNKNOWN
    assert one.engine_id == "7.0"


def test_silence_is_counted_from_when_it_is_first_noticed(bench: Any) -> None:
    one = flight(bench)
    assert one.silent_for() < 1
    one.silent_since -= 100
    assert one.silent_for() >= 100


@pytest.mark.parametrize(("told", "expected"), [(139, "defect"), (137, "lost"), (83, "time")])
def test_the_code_that_the_script_told_counts(bench: Any, told: int, expected: str) -> None:
    """sacct takes 128 from the larger ones; without it no code is known."""
    one = flight(bench)
    printed = bench.places.batch_folder("token") / "0.out"
    printed.parent.mkdir(parents=True)
    printed.write_text("a last word\n", encoding="utf-8")
    assert not has_told(one.key, bench.places)
    printed.write_text(f"a last word\nthe exit code of this job is {told}\n", encoding="utf-8")
    assert has_told(one.key, bench.places)
    for code in (None, told % 128):
        bench.places.log(one.stem, 1).unlink(missing_ok=True)
        failure = failure_of(one, Seen("7", "ended", "FAILED", code), bench.places)
        assert (failure.error_class, failure.exit_code) == (expected, told)
        assert "the exit code" not in failure.message


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("the exit code of this job is 82\n", "memory"),
        ("the exit code of this job is 139\n", "defect"),
        ("a word\n", "lost"),
        ("", "lost"),
    ],
)
def test_of_a_job_that_its_engine_has_forgotten_the_script_tells(
    bench: Any, printed: str, expected: str
) -> None:
    """As where there is no accounting, or no history of jobs that have ended."""
    one = flight(bench)
    path = bench.places.batch_folder("token") / "0.out"
    path.parent.mkdir(parents=True)
    path.write_text(printed, encoding="utf-8")
    assert failure_of(one, UNKNOWN, bench.places).error_class == expected
