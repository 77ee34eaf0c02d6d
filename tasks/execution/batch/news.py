"""What whoever keeps the books hears of jobs that an engine has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from tasks.execution.pool import Book

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tasks.execution.batch.engine import Seen
    from tasks.execution.batch.flights import Flight
    from tasks.execution.batch.places import Places


class EngineBook(Book, Protocol):
    """The same of jobs that wait in a queue first."""

    def submitted(self, chunk_id: str, engine_id: str) -> None:
        """An engine has a job."""


def note(flights: Iterable[Flight], seen: Seen, places: Places, book: EngineBook) -> None:
    """The engine has a job; its book hears what is new of it."""
    for flight in flights:
        before = flight.seen
        flight.unsure, flight.seen, flight.silent_since = False, seen, 0.0
        if before is None and not flight.given_id:
            book.submitted(flight.attempt.job.chunk.id, seen.id)
        if seen.phase == "running":
            tell(flight, places, book)


def tell(flight: Flight, places: Places, book: EngineBook) -> None:
    """The book hears, once, that an attempt runs."""
    if not flight.told:
        flight.told = True
        attempt = flight.attempt
        known = {
            "host": flight.seen.host if flight.seen is not None else "",
            "engine_id": flight.engine_id,
            "log": str(places.log(flight.stem, attempt.number)),
        }
        book.begun(attempt.job.chunk.id, attempt.number, attempt.resources, **known)
