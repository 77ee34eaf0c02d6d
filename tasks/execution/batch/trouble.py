"""An engine that does not answer for a while: told once, borne for long, but not for ever."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tasks.execution.batch.engine import EngineError
from tasks.execution.display import say

if TYPE_CHECKING:
    from collections.abc import Callable

_PATIENCE = 1800.0  # seconds without an answer
_REFUSALS = 3  # submissions in a row, with nothing to wait for


class Trouble:
    """Counts what goes wrong between two things that went well."""

    def __init__(self, engine: str) -> None:
        self._engine = engine
        self._since = 0.0
        self._refusals = 0

    def asked(self, question: Callable[[], None]) -> bool:
        """Whether a question to the engine went well.

        Raises:
            EngineError: when none has for long.
        """
        try:
            question()
        except EngineError as error:
            self._note(error)
            if time.monotonic() - self._since > _PATIENCE:
                raise _given_up(error) from error
            return False
        self._since = 0.0
        return True

    def submitted(self, submission: Callable[[], None], n_others: int) -> bool:
        """Whether a submission went well; some of its jobs may have been taken otherwise.

        Raises:
            EngineError: when several were refused and there is no other job to wait for.
        """
        try:
            submission()
        except EngineError as error:
            self._note(error)
            self._refusals += 1
            if self._refusals >= _REFUSALS and not n_others:
                raise _given_up(error) from error
            return False
        self._refusals = 0
        self._since = 0.0
        return True

    def _note(self, error: EngineError) -> None:
        if not self._since:
            self._since = time.monotonic()
            say(f"{self._engine}: {error.what}; it is asked again")


def _given_up(error: EngineError) -> EngineError:
    return EngineError(
        error.what, "", "jobs that are in the queue go on; the same command comes back to them"
    )
