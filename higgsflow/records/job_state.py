"""Where the job of each chunk stands, and the same of a whole sample in numbers."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Literal

from higgsflow.model.noun import Noun
from higgsflow.records.error_classes import is_infrastructure

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

Status = Literal["waiting", "running", "done", "failed"]
_LISTED = 5  # slowest and failing chunks that are named


class JobState(Noun):
    """What is known of the job of one chunk.

    Attributes:
        branch: its number, as `--branch` takes it.
        first_url, start: where its events begin.
        status: waiting (also between two attempts), running, done, failed (for good).
        attempts: how many were begun.
        failures: attempts that failed, by class.
        error_class, message: of the last failure.
        engine_id: the name that the engine gave the last attempt.
        log: path of what the last attempt printed.
        memory_mb, time_limit: what the last attempt was allowed, MB and seconds.
        submitted, started, ended: seconds since 1970, 0 for not yet.
        wall, cpu: seconds of the last attempt that ended.
        peak_memory_mb: most resident memory of it.
        n_bytes: bytes of input that it read; None where nobody counted.
        skim: UUID of the skim that this is a part of: its chunks count together or not at all.
    """

    chunk_id: str
    branch: int
    n_entries: int
    first_url: str
    start: int
    status: Status = "waiting"
    attempts: int = 0
    failures: dict[str, int] = {}
    error_class: str = ""
    message: str = ""
    host: str = ""
    engine_id: str = ""
    log: str = ""
    memory_mb: float | None = None
    time_limit: float | None = None
    submitted: float = 0.0
    started: float = 0.0
    ended: float = 0.0
    wall: float = 0.0
    cpu: float = 0.0
    peak_memory_mb: float = 0.0
    n_bytes: int | None = None
    skim: str = ""

    @property
    def rate(self) -> float:
        """Events per second of a job that is done."""
        return self.n_entries / self.wall if self.status == "done" and self.wall else 0.0

    def elapsed(self, now: float) -> float:
        """Seconds that the last attempt has taken so far."""
        return now - self.started if self.status == "running" else self.wall


class JobsHead(Noun):
    """What is known of all jobs of a sample and year together.

    Attributes:
        engine: where they run.
        host, pid: of the process that drives them.
        began: when it began, seconds since 1970.
        min_completion: fraction of the entries that suffices.
        variations: those that are made.
    """

    sample: str
    year: str
    engine: str
    host: str
    pid: int
    began: float
    min_completion: float
    variations: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Sample and year, as they are written everywhere."""
        return f"{self.sample} ({self.year})"


class JobsTable(Noun):
    """The jobs of a sample and year in numbers, and each of them.

    Attributes:
        driven: whether a process drives them now.
        state: complete, enough (the rest is lost for good and may be), running (somebody drives
            them), insufficient (too much is lost or a defect), open (nobody drives them).
        failed: chunks that failed for good, by class.
        n_entries_done: of chunks that are done.
        n_entries_counted: those of them that count: not where others of the same skim are missing.
        lost_attempts: attempts that failed, by class; also of chunks that are done now.
        hosts: jobs that ended there.
        rate: events per second and job, over those that are done.
        byte_rate: bytes of input per second and job; None where nobody counted.
        efficiency: processor time over wall time.
        slowest, failing: chunks of the longest time, and those that failed, at most five.
    """

    head: JobsHead
    driven: bool
    state: Literal["complete", "enough", "running", "insufficient", "open"]
    n_chunks: int
    waiting: int
    running: int
    done: int
    failed: dict[str, int]
    lost_attempts: dict[str, int]
    attempts: int
    n_entries: int
    n_entries_done: int
    n_entries_counted: int
    hosts: dict[str, int]
    wall: float
    longest: float
    cpu: float
    efficiency: float
    peak_memory_mb: float
    rate: float
    byte_rate: float | None
    slowest: tuple[str, ...]
    failing: tuple[str, ...]
    chunks: tuple[JobState, ...]

    @property
    def fraction(self) -> float:
        """Entries that count over all entries: what completeness is."""
        return self.n_entries_counted / self.n_entries if self.n_entries else 1.0


def in_skims(states: Iterable[JobState], skims: Mapping[str, str]) -> Iterator[JobState]:
    """The states with what is known of skims by chunk: of no other than is given."""
    return (state.model_copy(update={"skim": skims.get(state.chunk_id, "")}) for state in states)


def tabulate(head: JobsHead, states: Sequence[JobState], *, driven: bool, now: float) -> JobsTable:
    """The table of a sample and year; chunks in the order of their branches.

    What ran on this machine ended with its driver: without one it waits for the next.
    """
    if not driven and head.engine == "local":
        states = [_stopped(state) for state in states]
    by_status = Counter(state.status for state in states)
    done = [state for state in states if state.status == "done"]
    failed = [state for state in states if state.status == "failed"]
    wall = sum(state.wall for state in done)
    cpu = sum(state.cpu for state in done)
    n_bytes = [state.n_bytes for state in done if state.n_bytes is not None]
    n_entries_done = sum(state.n_entries for state in done)
    n_counted = sum(state.n_entries for state in _counted_states(states))
    n_entries = sum(state.n_entries for state in states)
    slowest = sorted(states, key=lambda state: -state.elapsed(now))[:_LISTED]
    return JobsTable(
        head=head,
        driven=driven,
        state=_state(head, states, driven, n_counted),
        n_chunks=len(states),
        waiting=by_status["waiting"],
        running=by_status["running"],
        done=by_status["done"],
        failed=_counted(state.error_class for state in failed),
        lost_attempts=_total(state.failures for state in states),
        attempts=sum(state.attempts for state in states),
        n_entries=n_entries,
        n_entries_done=n_entries_done,
        n_entries_counted=n_counted,
        hosts=_counted(state.host for state in states if state.host),
        wall=wall,
        longest=max((state.elapsed(now) for state in states), default=0.0),
        cpu=cpu,
        efficiency=cpu / wall if wall else 0.0,
        peak_memory_mb=max((state.peak_memory_mb for state in states), default=0.0),
        rate=n_entries_done / wall if wall else 0.0,
        byte_rate=sum(n_bytes) / wall if wall and n_bytes else None,
        slowest=tuple(state.chunk_id for state in slowest if state.elapsed(now) > 0),
        failing=_failing(states),
        chunks=tuple(states),
    )


def _stopped(state: JobState) -> JobState:
    if state.status != "running":
        return state
    return state.model_copy(update={"status": "waiting", "started": 0.0})


def _state(
    head: JobsHead, states: Sequence[JobState], driven: bool, n_counted: int
) -> Literal["complete", "enough", "running", "insufficient", "open"]:
    missing = [state for state in states if state.status != "done"]
    if not missing:
        return "complete"
    if driven:
        return "running"
    total = sum(state.n_entries for state in states)
    # rounded as the configured fraction was, see `completeness.assess`
    enough = n_counted / (total or 1) >= head.min_completion
    if any(not is_infrastructure(s.error_class) for s in missing if s.status == "failed"):
        return "insufficient"
    if any(state.status != "failed" for state in missing):
        return "open"
    return "enough" if enough else "insufficient"


def _counted_states(states: Sequence[JobState]) -> Iterator[JobState]:
    """What is done, but for parts of skims of which others are not: as `completeness.countable`."""
    torn = {state.skim for state in states if state.status != "done"} - {""}
    return (state for state in states if state.status == "done" and state.skim not in torn)


def _failing(states: Iterable[JobState]) -> tuple[str, ...]:
    """Chunks that failed, for good first."""
    found = [state for state in states if state.error_class and state.status != "done"]
    found.sort(key=lambda state: (state.status != "failed", -state.attempts))
    return tuple(state.chunk_id for state in found[:_LISTED])


def _counted(names: Iterable[str]) -> dict[str, int]:
    return dict(Counter(names).most_common())


def _total(counts: Iterable[dict[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for one in counts:
        total.update(one)
    return dict(total.most_common())
