"""Recording of a profile: code says which stage it is in, and how many bytes it asks for.

    with span("read"):
        ...

A span inside another is taken out of the latter, so that stages add up to the whole. Where nobody
records, a span costs nothing to speak of, so that functions need not know whether anybody does.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING

from higgsflow.records.profile import Profile, StageCost

if TYPE_CHECKING:
    from collections.abc import Iterator

# what no span says more of
OTHER = "other"
_STATUS = Path("/proc/self/status")


class Recorder:
    """What was spent until now, by stage."""

    def __init__(self) -> None:
        self._costs: dict[str, StageCost] = {}
        self._open: list[str] = [OTHER]
        self._last = _Mark()
        self._bytes_read = self._bytes_needed = 0

    def enter(self, stage: str) -> None:
        """What follows belongs to the stage."""
        self._settle(0)
        self._open.append(stage)
        # in the order of entering, also of a stage that is first left after others
        self._costs.setdefault(stage, StageCost())

    def leave(self) -> None:
        """What follows belongs to the stage around it."""
        self._settle(1)
        self._open.pop()

    def count_bytes(self, read: int = 0, needed: int = 0) -> None:
        """Adds bytes."""
        self._bytes_read += read
        self._bytes_needed += needed

    def profile(self) -> Profile:
        """All of it."""
        self._settle(0)
        named = {stage: cost for stage, cost in self._costs.items() if stage != OTHER}
        return Profile(
            stages={**named, OTHER: self._costs[OTHER]},
            bytes_read=self._bytes_read,
            bytes_needed=self._bytes_needed,
        )

    def _settle(self, calls: int) -> None:
        """Books what was spent since the last change of stage."""
        now, stage = _Mark(), self._open[-1]
        spent = StageCost(
            calls=calls,
            wall=now.wall - self._last.wall,
            cpu=now.cpu - self._last.cpu,
            memory_mb=now.peak_mb - self._last.peak_mb,
        )
        known = self._costs.get(stage, StageCost())
        # a stage that is entered again adds to the growth that it made before
        grown = known.memory_mb + spent.memory_mb
        self._costs[stage] = (known + spent).model_copy(update={"memory_mb": grown})
        self._last = now


class _Mark:
    """A moment: time, processor time, and the peak of the memory until then."""

    def __init__(self) -> None:
        self.wall = time.monotonic()
        self.cpu = time.process_time()
        self.peak_mb = peak_memory_mb()


_recorder: ContextVar[Recorder | None] = ContextVar("recorder", default=None)


@contextmanager
def recording(wanted: bool) -> Iterator[Recorder | None]:
    """Records what happens inside, if it is wanted."""
    token = _recorder.set(Recorder() if wanted else None)
    try:
        yield _recorder.get()
    finally:
        _recorder.reset(token)


@contextmanager
def span(stage: str) -> Iterator[None]:
    """What happens inside belongs to the stage."""
    recorder = _recorder.get()
    if recorder is None:
        yield
        return
    recorder.enter(stage)
    try:
        yield
    finally:
        recorder.leave()


def is_recording() -> bool:
    """Whether it is worth while to find out what to count."""
    return _recorder.get() is not None


def count_bytes(read: int = 0, needed: int = 0) -> None:
    """Adds compressed bytes that a file was asked for, or that hold what is needed."""
    recorder = _recorder.get()
    if recorder is not None:
        recorder.count_bytes(read, needed)


def peak_memory_mb() -> float:
    """Peak of the resident memory of this process (VmHWM), 0 where the system does not say."""
    if not _STATUS.is_file():
        return 0.0
    for line in _STATUS.read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0
