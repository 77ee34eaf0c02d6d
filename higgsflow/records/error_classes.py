"""Why jobs fail: the classes, and which of them may be tolerated.

A job that can still write says its class itself, from the exception (`class_of`). Of one that was
ended from outside, `ending.classify` tells it from what the engine and the log say.
"""

from __future__ import annotations

import traceback
from typing import Literal

from higgsflow.errors import InputFileError, StoreError

ErrorClass = Literal[
    "input", "memory", "time", "lost", "environment", "store", "cancelled", "defect"
]

# what each class means, for tables and documentation
MEANING: dict[ErrorClass, str] = {
    "input": "the input cannot be opened or read",
    "memory": "out of memory",
    "time": "out of time",
    "lost": "killed, evicted, held, or its node is gone",
    "environment": "the job could not begin: no program, module or container",
    "store": "the store cannot be read or written",
    "cancelled": "not run any more, since enough was done without it",
    "defect": "an exception in a tagger or systematic, or a crash of their code",
}

# what the user can do
CURE: dict[ErrorClass, str] = {
    "input": "see whether the file opens elsewhere; name a replica, or take the file out",
    "memory": "allow more with `max_memory_mb`, or make `n_events_per_block` smaller",
    "time": "allow more with `max_time_limit`, or make `n_events_per_output` smaller",
    "lost": "nothing, unless it is always the same node or site",
    "environment": "see on a node whether the container, the `.venv` and the checkout are there",
    "store": "make room, or see whether the nodes can write to the store",
    "cancelled": "nothing; with `stragglers: wait` all jobs are waited for",
    "defect": "correct the tagger or systematic: the command that the message ends with shows it",
}

# codes with which a job ends that could not leave a record, such as on a full disk
EXIT_CODES: dict[ErrorClass, int] = {
    "input": 81,
    "memory": 82,
    "time": 83,
    "lost": 84,
    "environment": 85,
    "store": 86,
    "defect": 87,
}

# modules that call the code of users
_SELECTION = (
    "higgsflow.taggers.sequence",
    "higgsflow.taggers.skims",
    "higgsflow.weights",
    "higgsflow.variations",
)


def is_infrastructure(error_class: str) -> bool:
    """Whether it is tried again, and counts towards what may be lost."""
    return error_class != "defect"


def class_of(error: BaseException) -> ErrorClass:
    """The class of an exception that ended a job."""
    if isinstance(error, InputFileError):
        return "input"
    if isinstance(error, MemoryError):
        return "memory"
    if isinstance(error, OSError | StoreError | ImportError) and not _is_of_the_selection(error):
        return "environment" if isinstance(error, ImportError) else "store"
    return "defect"


def _is_of_the_selection(error: BaseException) -> bool:
    """Whether a tagger or systematic raised it: a file that their code misses is its defect."""
    frames = (frame for frame, _ in traceback.walk_tb(error.__traceback__))
    return any(frame.f_globals.get("__name__") in _SELECTION for frame in frames)
