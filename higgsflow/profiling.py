"""Recording of a profile: code says which stage it is in, and how many bytes it asks for.

    with span("read"):
        ...

A span inside another is taken out of the latter, so that stages add up to the whole. Where nobody
records, a span costs nothing to speak of, so that functions need not know whether anybody does.
"""

from __future__ import annotations

import functools
import resource
import sys
import time
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from higgsflow.records.profile import Profile, StageCost

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

P = ParamSpec("P")
T = TypeVar("T")

# what no span says more of
OTHER = "other"
_STATUS = Path("/proc/self/status")
# of getrusage in a megabyte: bytes on macOS, kilobytes elsewhere
_PEAK_UNIT = 1 << 20 if sys.platform == "darwin" else 1 << 10


class Recorder:
    """What was spent until now, by stage."""

    def __init__(self) -> None:
        self._costs: dict[str, list[float]] = {}
        self._open: list[str] = [OTHER]
        self._last = _mark()
        self._bytes_read = self._bytes_needed = 0

    def enter(self, stage: str) -> None:
        """What follows belongs to the stage."""
        self._settle(0)
        self._open.append(stage)
        # in the order of entering, also of a stage that is first left after others
        self._costs.setdefault(stage, [0, 0.0, 0.0, 0.0])

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
            stages={
                stage: StageCost(calls=int(calls), wall=wall, cpu=cpu, memory_mb=grown)
                for stage, (calls, wall, cpu, grown) in {**named, OTHER: self._costs[OTHER]}.items()
            },
            bytes_read=self._bytes_read,
            bytes_needed=self._bytes_needed,
        )

    def _settle(self, calls: int) -> None:
        """Books what was spent since the last change of stage."""
        # hundreds of times in a job: plain numbers, that the profile costs next to nothing
        now, last = _mark(), self._last
        cost = self._costs.setdefault(self._open[-1], [0, 0.0, 0.0, 0.0])
        cost[0] += calls
        cost[1] += now[0] - last[0]
        cost[2] += now[1] - last[1]
        cost[3] += now[2] - last[2]
        self._last = now


def _mark() -> tuple[float, float, float]:
    """A moment: time, processor time, and the peak of the memory until then.

    This peak also counts what began the process, if that was larger, so only its growth is used.
    """
    # one question of the system for both; VmHWM, the peak of this process alone, is in a file
    usage = resource.getrusage(resource.RUSAGE_SELF)
    spent = usage.ru_utime + usage.ru_stime
    return time.monotonic(), spent, usage.ru_maxrss / _PEAK_UNIT


_recorder: ContextVar[Recorder | None] = ContextVar("recorder", default=None)


@contextmanager
def recording(wanted: bool) -> Iterator[Recorder | None]:
    """Records what happens inside, if it is wanted."""
    token = _recorder.set(Recorder() if wanted else None)
    try:
        yield _recorder.get()
    finally:
        _recorder.reset(token)


class span:  # noqa: N801 (read as a function, as contextlib's own)
    """What happens inside belongs to the stage; so does what a function does that it decorates."""

    def __init__(self, stage: str) -> None:
        self._stage = stage

    def __enter__(self) -> None:
        recorder = _recorder.get()
        if recorder is not None:
            recorder.enter(self._stage)

    def __exit__(self, *_: object) -> None:
        recorder = _recorder.get()
        if recorder is not None:
            recorder.leave()

    def __call__(self, function: Callable[P, T]) -> Callable[P, T]:
        """The function, of which every call is in the stage."""

        @functools.wraps(function)
        def inside(*args: P.args, **kwargs: P.kwargs) -> T:
            # seven times in each variation: where nobody records there is nothing to enter
            if _recorder.get() is None:
                return function(*args, **kwargs)
            with self:
                return function(*args, **kwargs)

        return inside


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
    try:
        with _STATUS.open("rb", buffering=0) as status:
            found = status.read(1 << 14).partition(b"VmHWM:")[2]
    except FileNotFoundError:
        return 0.0
    return int(found.split(maxsplit=1)[0]) / 1024 if found else 0.0
