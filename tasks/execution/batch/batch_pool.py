"""Drives the jobs of a sample on a batch engine, as `JobPool` does on this machine.

Nothing is remembered but in files that are written before what they tell of is done. Batches are in
the store before they are submitted; a process that comes after a killed one asks the engine which
of them it has.
"""

from __future__ import annotations

import os
import time
from collections import deque
from typing import TYPE_CHECKING, Any

from higgsflow.check.problem import Problems
from higgsflow.errors import StoreError
from higgsflow.model.jobs import Resources
from higgsflow.records.error_classes import MEANING
from higgsflow.records.job_record import FailureRecord, JobRecord
from higgsflow.records.retries import next_attempt
from tasks.execution.batch.earlier import Earlier
from tasks.execution.batch.engine import UNKNOWN, Seen, held, in_queue
from tasks.execution.batch.flights import Flight, failure_of, has_told
from tasks.execution.batch.knobs import knobs_of
from tasks.execution.batch.mailbox import Mailbox
from tasks.execution.batch.news import note, tell
from tasks.execution.batch.submission import Submission
from tasks.execution.batch.trouble import Trouble
from tasks.execution.display import say
from tasks.execution.parent import follow
from tasks.execution.pool import Attempt

if TYPE_CHECKING:
    from collections.abc import Iterable

    from higgsflow.model.engines import Site
    from higgsflow.model.jobs import JobsManager
    from tasks.execution.batch.engine import Engine, Key
    from tasks.execution.batch.news import EngineBook
    from tasks.execution.batch.places import Places
    from tasks.execution.batch.room import Room

_TICK = 0.2  # seconds between two looks at what the user wants
_MEMORY = 2048.0  # MB, where nobody says otherwise


class BatchPool:
    """Runs jobs on a batch engine until all have ended."""

    def __init__(self, engine: Engine, site: Site, settings: JobsManager, places: Places) -> None:
        self._engine, self._site, self._settings, self._places = engine, site, settings, places
        self._first = first_resources(site, settings)
        self._most = settings.most(self._first)
        self._waiting: deque[Attempt] = deque()
        self._flights: list[Flight] = []
        # that the engine may have all the same
        self._unneeded: set[Key] = set()
        self._trouble = Trouble(site.engine)
        self._next_look = 0.0
        self._tried = 0.0  # when what is due was last submitted, as far as there was room
        self._earlier = Earlier(places, site.engine)
        self.knobs = knobs_of(site, settings)
        # what was not run to its end, since `ended` said that it is not needed
        self.dropped: list[Attempt] = []

    @property
    def n_running(self) -> int:
        """How many chunks run or wait for others in the same job."""
        return sum(f.seen is not None and f.seen.phase == "running" for f in self._flights)

    def has(self, stem: str) -> bool:
        """Whether an earlier process has submitted a job, of which the end is not known."""
        return stem in self._earlier.open

    def run(self, jobs: Iterable[Any], book: EngineBook, room: Room) -> None:
        """Runs all jobs, as long as its book says so."""
        submission = Submission(self._site, self._places, room)
        self._take_over(jobs)
        self._earlier.cancel_others(self._engine, {flight.key for flight in self._flights})
        try:
            self._drive(submission, book, room)
        except (StoreError, Problems):
            # as of a full disk, or a proxy that has expired, which end this process alone
            self._tell_what_goes_on()
            raise
        room.leave()
        submission.tidy(self._engine, self._unneeded)

    def _drive(self, submission: Submission, book: EngineBook, room: Room) -> None:
        while self._waiting or self._flights:
            self._submit(submission, book)
            self._collect(book)
            sure = {flight.key for flight in self._flights if not flight.unsure}
            room.keep(len(self._in_queue()), len(sure))
            self._pause(book)

    def _tell_what_goes_on(self) -> None:
        if n := len(self._in_queue()):
            say(
                f"{self._site.engine}: {n} jobs go on; the same command comes back to them, "
                "with --cancel-jobs it takes them out of the queue"
            )

    def cancelled(self, attempt: Attempt) -> FailureRecord:
        """The record of an attempt that was not made, or not to its end."""
        now = time.time()
        return FailureRecord(
            chunk_id=attempt.job.chunk.id,
            digest=attempt.job.digest,
            attempt=attempt.number,
            error_class="cancelled",
            message=MEANING["cancelled"],
            host=os.uname().nodename,
            started=now,
            wall=0.0,
            asked=attempt.resources,
        )

    def _take_over(self, jobs: Iterable[Any]) -> None:
        """Jobs that an earlier process submitted are in flight, as far as is known."""
        for job in jobs:
            known = self._earlier.open.get(job.stem)
            if known is None:
                self._waiting.append(Attempt(job, self._first))
            else:
                attempt = Attempt(job, known.resources, known.attempt)
                self._flights.append(Flight(attempt, known.key, unsure=True))

    def _submit(self, submission: Submission, book: EngineBook) -> None:
        self._tried = time.monotonic()
        due = [attempt for attempt in self._waiting if attempt.not_before <= self._tried]
        groups = submission.groups(due, len(self._in_queue()), self.knobs.parallel_jobs)
        if not groups:
            return
        taken = {id(attempt) for group in groups for attempt in group}
        for attempt in (attempt for group in groups for attempt in group):
            attempt.resources = self.knobs.applied(attempt.resources, attempt.number)
        self._waiting = deque(a for a in self._waiting if id(a) not in taken)
        n_others = len(self._flights)
        for batch in submission.batches(groups):
            flights = submission.write(batch)
            went_well = self._trouble.submitted(
                lambda flights=flights: submission.submit(self._engine, flights),  # type: ignore[misc]
                n_others,
            )
            # a full disk may come before the engine does
            self._flights.extend(flights)
            for flight in flights:
                flight.unsure = not went_well
                if went_well:
                    book.submitted(flight.attempt.job.chunk.id, flight.engine_id)
            self._next_look = min(self._next_look, time.monotonic() + self.knobs.poll_interval)

    def _in_queue(self) -> set[Key]:
        return {flight.key for flight in self._flights}

    def _collect(self, book: EngineBook) -> None:
        """Hears of every end: from what jobs left, else from the engine."""
        mailbox = Mailbox(self._places)
        for flight in list(self._flights):
            outcome = mailbox.outcome(flight.stem, flight.attempt.number, flight.key[0])
            if outcome is not None and flight in self._flights:
                self._conclude(flight, outcome, book)
        if self._flights and time.monotonic() >= self._next_look:
            self._next_look = time.monotonic() + self.knobs.poll_interval
            self._trouble.asked(lambda: self._ask(book))

    def _conclude(
        self, flight: Flight, outcome: JobRecord | FailureRecord, book: EngineBook
    ) -> None:
        """An attempt has ended; a failure is final, or followed by another attempt."""
        self._flights.remove(flight)
        if flight.begun(self._places):
            # between two looks at the queue
            tell(flight, self._places, book)
        if isinstance(outcome, FailureRecord):
            settings = self.knobs.settings(self._settings)
            attempt = flight.attempt
            follows = next_attempt(outcome, attempt.resources, self._most, settings)
            if follows is not None:
                again = time.monotonic() + follows.delay
                self._waiting.append(Attempt(attempt.job, follows.resources, follows.number, again))
            outcome = outcome.model_copy(
                update={"final": follows is None, "engine_id": flight.engine_id}
            )
        if not book.ended(outcome):
            self._drop_the_rest(book)

    def _drop_the_rest(self, book: EngineBook) -> None:
        """Nothing more is needed: what waits is not submitted, what the engine has is cancelled."""
        self.dropped.extend(self._waiting)
        self._waiting.clear()
        flights, self._flights = self._flights, []
        keys = {flight.key for flight in flights}
        if not self._trouble.asked(lambda: self._engine.cancel(self._places.owner, keys)):
            self._unneeded |= keys
        mailbox = Mailbox(self._places)
        for flight in flights:
            outcome = mailbox.outcome(flight.stem, flight.attempt.number, flight.key[0])
            if isinstance(outcome, JobRecord):
                book.ended(outcome)
            else:
                self.dropped.append(flight.attempt)

    def _ask(self, book: EngineBook) -> None:
        """Asks the engine for all jobs that have left no word."""
        by_key: dict[Key, list[Flight]] = {}
        for flight in self._flights:
            by_key.setdefault(flight.key, []).append(flight)
        owner, others = self._places.owner, self._earlier.others
        tokens = {token for token, _ in by_key.keys() | self._unneeded}
        there = self._engine.look(owner, tokens, others)
        ended = {k for k in by_key if k not in there or there[k].phase == "ended"}
        past = self._engine.past(owner, ended, others) if ended else {}
        if gone := held(there, by_key) | in_queue(there, self._unneeded):
            self._engine.cancel(owner, gone)
        for key, flights in by_key.items():
            seen = past.get(key) or there.get(key)
            if seen is not None and seen.phase in ("waiting", "running"):
                note(flights, seen, self._places, book)
            elif seen is None and self._may_never_have_been(flights):
                if flights[0].silent_for() >= flights[0].may_come_for:
                    self._give_back(flights)
            else:
                self._end(key, flights, seen or UNKNOWN, book)

    def _may_never_have_been(self, flights: list[Flight]) -> bool:
        """Whether the engine may not have taken a job: one that has begun it had."""
        if not any(flight.unsure for flight in flights) or has_told(flights[0].key, self._places):
            return False
        return not any(flight.begun(self._places) for flight in flights)

    def _give_back(self, flights: list[Flight]) -> None:
        """The engine never had them: they wait, and no attempt was made.

        Should it have them after all, they are not needed any more.
        """
        self._unneeded |= {flight.key for flight in flights}
        again = time.monotonic() + self.knobs.poll_interval
        for flight in flights:
            self._flights.remove(flight)
            old = flight.attempt
            self._waiting.append(Attempt(old.job, old.resources, old.number, again))

    def _end(self, key: Key, flights: list[Flight], seen: Seen, book: EngineBook) -> None:
        """A job has ended, or will not run; what it leaves may take its time to be seen here."""
        if seen.phase == "held":
            self._engine.cancel(self._places.owner, {key})
        elif flights[0].silent_for() < self._patience(key, seen):
            return
        begun = [flight for flight in flights if flight.begun(self._places)]
        for flight in flights:
            if flight not in self._flights:
                # the end of another one has ended everything
                continue
            if begun and flight not in begun:
                self._give_back([flight])
            else:
                flight.seen = seen
                self._conclude(flight, failure_of(flight, seen, self._places), book)

    def _patience(self, key: Key, seen: Seen) -> float:
        """Seconds to wait for what a job leaves that came to its end, as far as is known."""
        code = seen.exit_code
        more = code in (0, None) or (code > 0 and not has_told(key, self._places))
        return self._site.landing_time if more else min(self._site.landing_time, _TICK)

    def _pause(self, book: EngineBook) -> None:
        """Waits until there is something to do."""
        until = time.monotonic() + self.knobs.poll_interval
        if not self._flights:
            # what was due before waits for room
            later = [a.not_before for a in self._waiting if a.not_before > self._tried]
            until = min([until, *later]) if self._waiting else 0.0
        while True:
            book.tick(self.n_running)
            follow()
            if time.monotonic() >= until:
                return
            time.sleep(_TICK)
            # an interval that was made shorter meanwhile counts from now on
            until = min(until, time.monotonic() + self.knobs.poll_interval)


def first_resources(site: Site, settings: JobsManager) -> Resources:
    """What the first attempt at a chunk asks for: the site's word, else that of the analysis."""
    return Resources(
        memory_mb=site.memory or settings.memory_mb or _MEMORY,
        time_limit=site.run_time or settings.time_limit,
    )
