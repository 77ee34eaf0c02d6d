"""Whether a failed job is tried again, when, and with what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from higgsflow.model.jobs import Resources
from higgsflow.model.noun import Noun

if TYPE_CHECKING:
    from higgsflow.model.jobs import JobsManager
    from higgsflow.records.job_record import FailureRecord


class NextAttempt(Noun):
    """What follows a failure.

    Attributes:
        number: counted from 1.
        delay: seconds from the failure on.
        resources: what it may use.
    """

    number: int
    delay: float
    resources: Resources


def next_attempt(
    failure: FailureRecord, asked: Resources, most: Resources, settings: JobsManager
) -> NextAttempt | None:
    """The next attempt of a job, or None when its failure is final.

    A job that ran out of memory or time gets more of it, up to the most; with the most already it
    is not tried again, since it would end the same way. `asked` is what the failed attempt had,
    `most` is `settings.most(...)` of what the first one had.
    """
    if failure.error_class in ("defect", "cancelled") or failure.attempt >= settings.attempts:
        return None
    resources = _more(failure.error_class, asked, most, settings.growth)
    if resources is None:
        return None
    delay = min(settings.retry_delay * 2 ** (failure.attempt - 1), settings.max_retry_delay)
    return NextAttempt(number=failure.attempt + 1, delay=delay, resources=resources)


def _more(error_class: str, asked: Resources, most: Resources, growth: float) -> Resources | None:
    """What the next attempt has; None when it already had the most of what it ran out of."""
    name = {"memory": "memory_mb", "time": "time_limit"}.get(error_class)
    had = getattr(asked, name) if name else None
    if name is None or had is None:
        # without a limit of ours it was the machine that had too little
        return asked
    bound = getattr(most, name)
    grown = had * growth if bound is None else min(had * growth, bound)
    return asked.model_copy(update={name: grown}) if grown > had else None
