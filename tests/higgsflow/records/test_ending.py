from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from higgsflow.records.ending import BEGUN, classify, crash_report, tail
from higgsflow.records.error_classes import EXIT_CODES, MEANING

if TYPE_CHECKING:
    from pathlib import Path

STEPD = "slurmstepd: error: "
CRASH = "Fatal Python error: "
BEGINS = f"{BEGUN} 0123 of Sig 2017, attempt 1\n"


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("OUT_OF_MEMORY", "memory"),
        ("TIMEOUT", "time"),
        ("DEADLINE", "time"),
        ("NODE_FAIL", "lost"),
        ("PREEMPTED", "lost"),
        ("CANCELLED by 0", "lost"),
        ("REVOKED", "lost"),
        ("BOOT_FAIL", "environment"),
        ("held: Job has gone over memory limit of 128 megabytes. Peak usage: 140", "memory"),
        ("held: Job has gone over cgroup memory limit of 128 megabytes", "memory"),
        ("held: The job exceeded allowed execute duration of 1+00:00:00", "time"),
        ("held: The job attribute PeriodicRemove expression ran over run time", "time"),
        ("held: via condor_hold (by user root)", "lost"),
        ("held: Failed to initialize user log to /x/y.log", "environment"),
        ("held: Error from slot1@node: FATAL: container creation failed", "environment"),
        ("held: Transfer output files failure at the execution point while sending files", "store"),
        ("held: Disk quota exceeded", "store"),
        ("evicted", "lost"),
        ("removed by periodic_remove: job was held", "lost"),
    ],
)
def test_the_word_of_the_engine_comes_first(state: str, expected: str) -> None:
    """States as `squeue` and reasons as `condor_q -hold` print them."""
    verdict = classify(None, state, "")
    assert verdict.error_class == expected
    assert state.split(".", maxsplit=1)[0] in verdict.message


@pytest.mark.parametrize(
    ("code", "log", "expected"),
    [
        (-9, "", "lost"),
        (137, "", "lost"),
        (137, f"{STEPD}Detected 1 oom_kill event in StepId=7.batch.", "memory"),
        (-15, f"{STEPD}*** JOB 7 ON n1 CANCELLED AT x DUE TO TIME LIMIT ***", "time"),
        (-15, f"{STEPD}*** JOB 7 ON n1 CANCELLED AT x DUE TO PREEMPTION ***", "lost"),
        (-15, "", "lost"),
        (-24, "", "time"),
        (-11, BEGINS, "defect"),
        (134, "terminate called after throwing an instance of 'std::bad_alloc'", "memory"),
        (134, BEGINS, "defect"),
        (-7, BEGINS, "lost"),
        (11, f"{BEGINS}{CRASH}Segmentation fault\n\n", "defect"),
        (1, f"{BEGINS}{CRASH}Aborted\n\n", "defect"),
        (None, f"{BEGINS}{CRASH}Floating point exception\n\n", "defect"),
        (-15, f"{BEGINS}{CRASH}Illegal instruction\n\n", "defect"),
        (7, f"{BEGINS}{CRASH}Bus error\n\n", "lost"),
        (6, f"what():  std::bad_alloc\n{CRASH}Aborted\n\n", "memory"),
        (127, "bash: line 1: law: command not found", "environment"),
        (126, "", "environment"),
    ],
)
def test_codes_of_signals_and_shells(code: int, log: str, expected: str) -> None:
    assert classify(code, "FAILED", log).error_class == expected


@pytest.mark.parametrize(
    ("state", "expected"),
    [("CANCELLED by 0", "defect"), ("NODE_FAIL", "defect"), ("OUT_OF_MEMORY", "memory")],
)
def test_a_crash_that_was_told_was_before_what_the_engine_did(state: str, expected: str) -> None:
    log = f"{BEGINS}{CRASH}Segmentation fault\n\n"
    verdict = classify(None, state, log)
    assert verdict.error_class == expected
    assert ("SIGSEGV" in verdict.message) == (expected == "defect")


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        ("Traceback\nMemoryError", "memory"),
        ("OSError: [Errno 28] No space left on device", "store"),
        ("ModuleNotFoundError: No module named 'law'", "environment"),
        ("InputFileError: cannot open root://x", "input"),
        (BEGINS, "lost"),
        ("", "environment"),
    ],
)
def test_the_log_decides_where_the_code_says_nothing(log: str, expected: str) -> None:
    """A job whose program had begun would have left a record, so it was ended from outside."""
    for code in (1, None):
        assert classify(code, "", log).error_class == expected


def test_jobs_that_cannot_write_say_their_class_by_their_exit_code() -> None:
    for name, code in EXIT_CODES.items():
        assert classify(code, "FAILED", BEGINS).error_class == name


def test_the_message_quotes_the_line_that_says_most() -> None:
    log = "line\nOSError: [Errno 122] Disk quota exceeded\nbye\n"
    assert classify(1, "", log).message.endswith("(OSError: [Errno 122] Disk quota exceeded)")


@given(st.none() | st.integers(-70, 300), st.text(max_size=60), st.text(max_size=200))
def test_every_ending_has_a_class_and_one_line(code: int | None, state: str, log: str) -> None:
    verdict = classify(code, state, log)
    assert verdict.error_class in MEANING
    assert verdict.message.startswith(MEANING[verdict.error_class])


def test_only_the_end_of_a_long_log_is_read(tmp_path: Path) -> None:
    path = tmp_path / "long.log"
    path.write_text("x" * 1_000_000 + "\nthe end\n", encoding="utf-8")
    assert tail(path).endswith("\nthe end\n")
    assert len(tail(path)) < 100_000
    assert tail(tmp_path / "none.log") == ""


@pytest.mark.parametrize("n_lines", [1, 900, 1100, 3000, 30_000])
def test_that_a_program_began_is_known_however_much_it_printed(
    tmp_path: Path, n_lines: int
) -> None:
    path = tmp_path / "long.log"
    line = "a line of sixty-four bytes, of which a thousand fill the tail ..\n"
    path.write_text(f"printed by an import\n{BEGINS}{n_lines * line}", encoding="utf-8")
    found = tail(path)
    assert found.endswith(line)
    assert len(found) < 70_000
    assert classify(9, "FAILED", found).error_class == "lost"


def test_a_crash_leaves_its_report() -> None:
    report = 'Fatal Python error: Segmentation fault\n\n  File "x.py", line 3 in f\n'
    assert crash_report(BEGINS + report) == report
    assert crash_report(BEGINS) == ""
