"""What an earlier process has submitted: all that is known is in the batches that it wrote."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import ValidationError

from higgsflow.records.failures import FailureLog
from tasks.execution.batch.batch_file import batches_in
from tasks.execution.batch.engine import this_user

if TYPE_CHECKING:
    from collections.abc import Collection

    from higgsflow.model.jobs import Resources
    from tasks.execution.batch.batch_file import Batch
    from tasks.execution.batch.engine import Engine, Key
    from tasks.execution.batch.places import Places


@dataclass(frozen=True)
class Known:
    """An attempt at a chunk that was written to be submitted."""

    key: Key
    attempt: int
    resources: Resources


class Earlier:
    """The last attempt at each chunk of which the end is not known.

    Attributes:
        open: by the name of their outputs.
        others: other users of the store who have submitted some of them.
    """

    def __init__(self, places: Places, engine: str) -> None:
        self._owner = places.owner
        # a command of a killed process may still be submitting
        with places.submitting():
            pass
        self._batches = [batch for batch in batches_in(places.jobs) if batch.engine == engine]
        self.others = frozenset(batch.user for batch in self._batches) - {this_user()}
        self.keys: set[Key] = set()
        self.open: dict[str, Known] = {}
        for batch in self._batches:
            with suppress(OSError, ValidationError):
                self._add(batch)
        final = {(f.chunk_id, f.digest, f.attempt) for f in FailureLog(places.jobs).final()}
        for stem, known in list(self.open.items()):
            chunk_id, _, digest = stem.partition(".")
            if (chunk_id, digest, known.attempt) in final:
                del self.open[stem]

    def _add(self, batch: Batch) -> None:
        for number, job in enumerate(batch.jobs()):
            key = (batch.token, number)
            self.keys.add(key)
            for portion in job.portions:
                # later batches hold later attempts
                self.open[portion.stem] = Known(key, portion.attempt, portion.resources)

    def cancel_others(self, engine: Engine, wanted: Collection[Key]) -> None:
        """Takes out of the queue what is not wanted any more, such as of an older configuration."""
        others = self.keys - set(wanted)
        if others:
            engine.cancel(self._owner, others)
        for batch in self._batches:
            if not any(token == batch.token for token, _ in wanted):
                batch.path.unlink(missing_ok=True)
