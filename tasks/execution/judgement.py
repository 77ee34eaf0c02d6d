"""What is told when the jobs of a sample did not suffice: why, where, and what to type."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from typing import TYPE_CHECKING, Any

from higgsflow.errors import IncompleteSample, UserError
from higgsflow.events.failing import counted_in
from higgsflow.model.analysis import AnalysisModel
from higgsflow.model.reference import is_installed, lives_in_main
from higgsflow.records.chunk_store import ChunkStore
from higgsflow.records.error_classes import CURE, ErrorClass
from higgsflow.report.formatting import several

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from higgsflow.completeness import Completeness
    from higgsflow.events.chunks import Range
    from higgsflow.records.job_record import FailureRecord

_LIMITED: tuple[ErrorClass, ...] = ("memory", "time")
_SHOWN = 4  # lost ranges in a message
_EVENTS = "in events "
_BEGINS = "Traceback (most recent call last):"
_FRAME = re.compile(r'^  File "(.+)", line \d+, in ', re.MULTILINE)


class DefectError(UserError):
    """An exception in the code of a tagger or systematic; its traceback is told once."""

    cause = "the code of a tagger or systematic raised an exception on some events."
    cure = (
        "run the command that the message ends with, which shows it on these events, and "
        "correct the code."
    )

    def __init__(self, what: str, where: str, remedy: str, first: FailureRecord) -> None:
        super().__init__(what, where, remedy)
        self._first = first

    def __str__(self) -> str:
        """With the lines of the traceback."""
        return "\n  ".join(part for part in self.parts if part)

    @property
    def sameness(self) -> str:
        """Each sample has events of its own, which libraries show in what they say."""
        lines = [x for x in self.what.splitlines() if not x.strip().startswith(_EVENTS)]
        frames = [] if self._first.says_all else list(filter(_FRAME.match, lines))
        return "\n".join((self._first.exception, *(frames or lines)))

    @property
    def short(self) -> str:
        """Without the traceback."""
        return f"{self._first.first_line}, {self.where}"


def defect_error(task: Any, defects: Sequence[FailureRecord]) -> DefectError:
    """The cause that hit most jobs: its traceback, how many they were, and how to see it again."""
    (cause, n), *others = Counter(failure.cause for failure in defects).most_common()
    first = min(
        (failure for failure in defects if failure.cause == cause),
        key=lambda failure: _branch_of(task, failure),
    )
    more = f", and {_amount(len(others), 'other cause')} hit {sum(m for _, m in others)} more"
    hit = f"it hit {_amount(n, 'job')} of {task.pair.name}{more if others else ''}"
    return DefectError(_told(first), f"{hit}; log: {first.log}", _again(task, first), first)


def _again(task: Any, failure: FailureRecord) -> str:
    """How to see a failure again: code of a script is known to nobody but who runs it."""
    script = [r for r in task.model.code_references if lives_in_main(r)]
    if not script:
        return f"to see it again: {command(task, failure)}"
    names = ", ".join(f"'{r.partition(':')[2]}'" for r in script)
    return f"to see it again: run the script or cell that holds {names}"


def command(task: Any, failure: FailureRecord) -> str:
    """A command that runs what failed in its own process, on the events that it failed on."""
    return command_of(task, _branch_of(task, failure), failure.failing)


def command_of(task: Any, branch: int, events: Range | None) -> str:
    """A command that runs a chunk, or some events of it, in its own process."""
    words = ["law", "run", "ProcessSample", "--analysis", task.analysis]
    if task.version != AnalysisModel.model_fields["version"].default:
        words += ["--version", task.version]
    words += ["--sample", task.sample, "--year", task.year, "--branch", str(branch)]
    if events is not None and events.n_entries:
        start, stop = counted_in(task.chunks[branch], events)
        words += ["--events", f"{start}:{stop}"]
    return shlex.join(words)


def too_much_lost(task: Any, found: Completeness) -> IncompleteSample:
    """How much is lost, where and why."""
    store = ChunkStore(task.chunk_folder)
    done = store.done(task.chunks, task.wanted)
    failures = task.final_failures(store)
    reasons = "; ".join(sorted({f.first_line for f in failures.values()})[:2])
    lost = [chunk for chunk in task.chunks if chunk.id not in done]
    ranges = [r for chunk in lost for r in chunk.ranges]
    shown = ", ".join(f"{r.url} {r.start} to {r.stop}" for r in ranges[:_SHOWN])
    more = f" and {several(n_more, 'more range')}" if (n_more := len(ranges) - _SHOWN) > 0 else ""
    n_lost = found.n_indexed - found.n_done
    if (n_left_out := n_lost - sum(chunk.n_entries for chunk in lost)) > 0:
        more += f", and {n_left_out} entries with them: a skim counts whole or not"
    return IncompleteSample(
        f"{n_lost} of {found.n_indexed} entries of {task.pair.name} were lost: {reasons}",
        f"{shown}{more}",
        f"logs in {task.stage_folder('jobs')}; run the same command to try again"
        f"{_with_more(failures.values())}",
    )


def _with_more(failures: Iterable[FailureRecord]) -> str:
    """Which limit to raise, where all jobs had too little of one thing and would have so again."""
    classes = {failure.error_class for failure in failures}
    return "".join(f", but {CURE[name]}" for name in _LIMITED if classes == {name})


def _told(failure: FailureRecord) -> str:
    """The message where it is one of ours that says all, else the traceback."""
    told = failure.message if failure.says_all else _of_the_user(failure.traceback)
    return (told or failure.message).rstrip()


def _of_the_user(text: str) -> str:
    """A traceback from the first line of code of the user on, if there is one; the log has all.

    Where one exception led to another, each of them.
    """
    first, *others = text.split(_BEGINS)
    return _BEGINS.join((first, *map(_from_own_line, others)))


def _from_own_line(text: str) -> str:
    frames = list(_FRAME.finditer(text))
    own = next((f for f in frames if not is_installed(f[1])), None)
    return text if own is None else text[: frames[0].start()] + text[own.start() :]


def _amount(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


def _branch_of(task: Any, failure: FailureRecord) -> int:
    ids = [chunk.id for chunk in task.chunks]
    return ids.index(failure.chunk_id)
