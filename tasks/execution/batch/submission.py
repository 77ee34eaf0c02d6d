"""How jobs are put together, written down, and given to an engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tasks.execution.batch import BATCHES
from tasks.execution.batch.batch_file import batches_in, header_of, new_batch, portions_of
from tasks.execution.batch.engine import EngineError, NoAnswer, Request, held, in_queue
from tasks.execution.batch.flights import Flight
from tasks.execution.batch.places import writing_for_engine
from tasks.execution.batch.proxy import refuse_proxy
from tasks.execution.batch.script import write_script
from tasks.execution.display import say

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

    from higgsflow.model.engines import Site
    from higgsflow.model.jobs import Resources
    from tasks.execution.batch.engine import Engine, Key
    from tasks.execution.batch.places import Places
    from tasks.execution.batch.room import Room
    from tasks.execution.pool import Attempt

_AT_ONCE = 2000  # jobs of one batch
# seconds in which an engine that answers again may show jobs that it was asked for before
_LATE = 180.0
Group = list["Attempt"]


class Submission:
    """Submits the jobs of one sample and year."""

    def __init__(self, site: Site, places: Places, room: Room) -> None:
        self._site, self._places, self._room = site, places, room
        # by the token of a batch that was written what each of its jobs asks for, and its seal
        self._written: dict[str, tuple[list[Resources], str]] = {}

    def groups(self, due: Sequence[Attempt], have: int, most: int) -> list[Group]:
        """What may be submitted now, as one list of chunks for each job.

        Several chunks share a job at their first attempt; one that failed has a job of its own.
        """
        firsts = [attempt for attempt in due if attempt.number == 1]
        size = self._site.chunks_per_job
        found = [[attempt] for attempt in due if attempt.number > 1]
        found.extend(firsts[i : i + size] for i in range(0, len(firsts), size))
        if not found:
            return []
        return found[: self._room.take(len(found), have, most)]

    @staticmethod
    def batches(groups: Sequence[Group]) -> Iterator[Sequence[Group]]:
        """The jobs that are submitted together."""
        return (groups[i : i + _AT_ONCE] for i in range(0, len(groups), _AT_ONCE))

    def write(self, groups: Sequence[Group]) -> list[Flight]:
        """Writes a batch to the store; from then on it is not forgotten.

        Raises:
            UserError: when the proxy of its jobs would end before they do, or the store is full.
        """
        limits = [attempt.resources.time_limit for group in groups for attempt in group]
        refuse_proxy(self._site, max(limit or 0.0 for limit in limits))
        for attempt in (attempt for group in groups for attempt in group):
            # of an earlier run that counted from 1, too
            self._places.log(attempt.job.stem, attempt.number).unlink(missing_ok=True)
        jobs = [
            [(a.job.model_copy(update={"attempt": a.number}), a.resources) for a in group]
            for group in groups
        ]
        wanted, portions = portions_of(jobs)
        batch = new_batch(self._places.jobs)
        first = jobs[0][0][0]
        header = header_of(batch, first, self._site.engine, self._places.jobs, wanted)
        seal = batch.write(header, portions)
        self._written[batch.token] = [job.resources for job in portions], seal
        return [
            Flight(attempt, (batch.token, number))
            for number, group in enumerate(groups)
            for attempt in group
        ]

    def script(self, token: str, folder: Path) -> Path:
        """Writes what starts each job of a batch that was written.

        Raises:
            StoreError: when it cannot be written.
        """
        script, (_, seal) = folder / "job.sh", self._written[token]
        with writing_for_engine():
            write_script(script, self._site, self._places.jobs / BATCHES, seal)
        return script

    def submit(self, engine: Engine, flights: Sequence[Flight]) -> None:
        """Gives a batch that was written to the engine.

        Raises:
            EngineError: when it did not take all of it.
            StoreError: when there is no folder for its files.
        """
        token = flights[0].key[0]
        folder = self._places.make_batch_folder(token)
        script, (asked, _) = self.script(token, folder), self._written[token]
        with self._places.submitting() as descriptor:
            request = Request(self._places.owner, token, folder, script, asked, descriptor)
            try:
                ids = engine.submit(request)
            except NoAnswer:
                for flight in flights:
                    flight.may_come_for = _LATE
                raise
        for flight in flights:
            flight.given_id = ids.get(flight.key[1], "")

    def tidy(self, engine: Engine, unneeded: Collection[Key]) -> None:
        """Removes the batches, which have all ended, and what the engine wrote for them.

        Jobs that are not needed and may be in the queue all the same are taken out of it. Where
        the engine does not answer, batches stay: they are all that is known of such jobs.
        """
        batches = [b for b in batches_in(self._places.jobs) if b.engine == self._site.engine]
        tokens = {batch.token for batch in batches}
        try:
            there = engine.look(self._places.owner, tokens)
            if gone := held(there) | in_queue(there, unneeded):
                engine.cancel(self._places.owner, gone)
        except EngineError as error:
            say(
                f"{self._site.engine}: {error.what}; jobs that are not needed may be in its queue, "
                "--cancel-jobs takes them out"
            )
            return
        busy = {token for (token, _), seen in there.items() if seen.phase != "ended"}
        for batch in batches:
            batch.path.unlink(missing_ok=True)
        self._places.remove_batch_folders(tokens - busy)
