"""What became of a job that left no record: from its exit code, the engine's word, and its log."""

from __future__ import annotations

import re
import signal
from typing import TYPE_CHECKING

from higgsflow.model.noun import Noun
from higgsflow.records.error_classes import EXIT_CODES, MEANING, ErrorClass

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# how the log of a job begins whose program has started
BEGUN = "higgsflow runs chunk"
_CRASH = "Fatal Python error: "
_TAIL = 65536  # bytes of a log that are looked at
_SHELL = 128  # what shells add to the number of a signal
_CANNOT_EXECUTE = (126, 127)  # codes of shells: not executable, not found

# the code of a tagger or systematic crashed, in the words of faulthandler; a bus error is a file
# that went away under a map
_CRASHES = {
    "Segmentation fault": signal.SIGSEGV,
    "Aborted": signal.SIGABRT,
    "Floating point exception": signal.SIGFPE,
    "Illegal instruction": signal.SIGILL,
}
_REPORT = re.compile(f"^{_CRASH}({'|'.join(_CRASHES)})$", re.MULTILINE)

Rules = tuple[tuple[ErrorClass, re.Pattern[str]], ...]


def _rules(*pairs: tuple[ErrorClass, str]) -> Rules:
    return tuple((name, re.compile(pattern, re.IGNORECASE)) for name, pattern in pairs)


# states of Slurm (man squeue, "job state codes") and reasons for which HTCondor holds or ends jobs
# (manual, "HoldReasonCode"); the first that matches counts
_STATES = _rules(
    ("memory", r"out.?of.?mem|memory (limit|usage|exceed)|over memory|cgroup memory|\boom\b"),
    ("time", r"time.?out|deadline|time.?limit|run.?time|duration|wall.?time"),
    (
        "store",
        r"(send|receive|transfer|write|read).{0,40}(file|output|input|sandbox)|disk|quota|no space",
    ),
    (
        "environment",
        (
            r"failed to execute|exec format|no such (file|image)|container|singularity|apptainer|"
            r"docker|credential|proxy|initialize user log|launch fail|boot_fail"
        ),
    ),
    (
        "lost",
        (
            r"node_?fail|preempt|evict|held|\bhold\b|vacat|revoked|cancel|removed|lost|suspend|"
            r"disconnect|shadow exception|requeue|special_exit"
        ),
    ),
)
_LOG = _rules(
    (
        "memory",
        r"\bMemoryError\b|bad_alloc|oom.?kill|out of memory|memory limit|cannot allocate memory",
    ),
    ("time", r"due to time limit|cpu time limit exceeded|wall.?time exceeded"),
    ("lost", r"due to (preemption|node failure)|evicted|preempted"),
    (
        "store",
        (
            r"no space left|quota exceeded|read-only file system|stale file handle|"
            r"transport endpoint|\bStoreError\b"
        ),
    ),
    (
        "environment",
        (
            r"ModuleNotFoundError|ImportError|command not found|GLIBC|cannot execute|"
            r"bad interpreter|no such file or directory"
        ),
    ),
    ("input", r"\bInputFileError\b"),
)


class Verdict(Noun):
    """Why a job ended, in one word and in one line."""

    error_class: ErrorClass
    message: str


def classify(exit_code: int | None, state: str, log: str) -> Verdict:
    """The class of a job that ended without a record.

    Args:
        exit_code: of the process; negative, or above 128, for a signal; None when nobody knows.
        state: what the engine calls it, with its reason: `OUT_OF_MEMORY`, `held: ...`, or empty.
        log: what the job printed, see `tail`.
    """
    return (
        _by_crash(state, log)
        or _by_rules(_STATES, state, state.strip())
        or _by_exit_code(exit_code, log)
        or _by_rules(_LOG, log, _line_of(log))
        or _verdict("lost" if BEGUN in log else "environment", _silent(exit_code, log))
    )


def tail(path: Path) -> str:
    """The end of a log, after the line that tells that its program began.

    Empty when there is no log.
    """
    try:
        with path.open("rb") as stream:
            head = stream.read(_TAIL).decode("utf-8", "replace")
            size = stream.seek(0, 2)
            stream.seek(max(0, size - _TAIL))
            end = stream.read().decode("utf-8", "replace")
    except OSError:
        return ""
    if size <= _TAIL:
        return end
    begun = [line for line in head.splitlines() if line.startswith(BEGUN)]
    return "\n".join([*begun, end])


def crash_report(log: str) -> str:
    """Where Python was when it crashed, as faulthandler wrote it; empty without a crash."""
    _, found, report = log.partition(_CRASH)
    return found + report


def _verdict(error_class: ErrorClass, reason: str) -> Verdict:
    meaning = MEANING[error_class]
    return Verdict(error_class=error_class, message=f"{meaning} ({reason})" if reason else meaning)


def _by_crash(state: str, log: str) -> Verdict | None:
    """A process that told of its crash was not ended from outside, whatever code arrives here.

    Without memory, code crashes too.
    """
    found = _REPORT.search(log)
    if found is None or "memory" in (_first(_STATES[:1], state), _first(_LOG[:1], log)):
        return None
    return _crash(_CRASHES[found.group(1)])


def _crash(number: signal.Signals) -> Verdict:
    return _verdict("defect", f"crashed with {number.name}")


def _by_rules(rules: Rules, text: str, reason: str) -> Verdict | None:
    name = _first(rules, text)
    return None if name is None else _verdict(name, reason)


def _first(rules: Rules, text: str) -> ErrorClass | None:
    return next((name for name, pattern in rules if pattern.search(text)), None)


def _by_exit_code(exit_code: int | None, log: str) -> Verdict | None:
    if exit_code is None:
        return None
    for name, code in EXIT_CODES.items():
        if code == exit_code:
            return _verdict(name, _line_of(log) or f"exit code {code}")
    if exit_code in _CANNOT_EXECUTE:
        return _verdict("environment", _line_of(log) or f"exit code {exit_code}")
    number = _signal_of(exit_code)
    return None if number is None else _by_signal(number, log)


def _signal_of(exit_code: int) -> signal.Signals | None:
    number = -exit_code if exit_code < 0 else exit_code - _SHELL
    try:
        return signal.Signals(number)
    except ValueError:
        return None


def _by_signal(number: signal.Signals, log: str) -> Verdict:
    if _first(_LOG[:1], log) == "memory":
        return _verdict("memory", number.name)
    if number is signal.SIGXCPU or _first(_LOG[1:2], log) == "time":
        return _verdict("time", number.name)
    if number in _CRASHES.values():
        return _crash(number)
    hint = ", perhaps since the machine had no memory left" if number is signal.SIGKILL else ""
    return _verdict("lost", f"ended by {number.name}{hint}")


def _line_of(log: str) -> str:
    """The line that says most: the last one that a rule knows, else the last one."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    known = [line for line in lines if _first(_LOG, line) is not None]
    return _last(known) or _last(lines)


def _last(lines: Sequence[str]) -> str:
    return lines[-1][:300] if lines else ""


def _silent(exit_code: int | None, log: str) -> str:
    ended = "it left no record" if exit_code is None else f"exit code {exit_code}"
    line = _line_of(log)
    return f"{ended}: {line}" if line and not line.startswith(BEGUN) else ended
