"""Where an event is: in which file of a sample, and at which entry."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from higgsflow.catalog.files import resolve_files
from higgsflow.errors import UserError
from higgsflow.events.lumisections import from_pairs, shortened
from higgsflow.events.replicas import open_replica
from higgsflow.events.stored_index import is_produced, stored_index
from higgsflow.events.tree import get_tree, read_arrays, reading

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from higgsflow.events.lumisections import Lumisections
    from higgsflow.model.analysis import AnalysisModel
    from higgsflow.model.sample import SampleYear

_STEP = 1_000_000  # entries of a column in memory at a time
_IDENTITY = ("run", "luminosityBlock", "event")
_TOLD = 3


@dataclass(frozen=True)
class EventId:
    """What identifies an event."""

    run: int
    lumi: int
    event: int

    def __str__(self) -> str:
        return f"{self.run}:{self.lumi}:{self.event}"


@dataclass(frozen=True)
class Place:
    """One entry of a file."""

    url: str
    entry: int


def event_id(text: str) -> EventId:
    """The event that `RUN:LUMI:EVENT` names.

    Raises:
        UserError: for anything else.
    """
    matched = re.fullmatch(r"\s*(\d{1,10}):(\d{1,10}):(\d{1,20})\s*", text)
    numbers = [] if matched is None else [int(number) for number in matched.groups()]
    # as files hold them
    if not numbers or max(numbers[:2]) >= 2**32 or numbers[2] >= 2**64:
        raise UserError(f"'{text}' is no event", "", "say RUN:LUMI:EVENT, such as 1:23:4567")
    return EventId(*numbers)


def files_of(analysis: AnalysisModel, pair: SampleYear) -> tuple[str, ...]:
    """The addresses of the files of a sample and year.

    Raises:
        UserError: where there are none, or a task has not made them yet.
    """
    if is_produced(pair):
        return tuple(file.url for file in stored_index(analysis, pair).files)
    return tuple(file.url for file in resolve_files(pair.addresses, pair.name))


def find_event(pair: SampleYear, files: Sequence[str], wanted: EventId) -> tuple[Place, ...]:
    """All places of an event; reads one column of each file, some entries at a time.

    Raises:
        UserError: when it is not there, with what is most like it.
    """
    found, alike = _places(pair, files, wanted)
    if not found:
        raise _absent(pair, files, wanted, alike)
    return found


def event_at(pair: SampleYear, place: Place) -> EventId:
    """What an entry of a file is called."""
    with open_replica(place.url, pair.replicas) as (file, address):
        return _event_at(get_tree(file, address), place)


def find_elsewhere(
    analysis: AnalysisModel, pair: SampleYear, wanted: EventId
) -> Iterator[tuple[SampleYear, tuple[Place, ...] | UserError]]:
    """The places in other data of the same year, which are of the same collisions.

    Numbers of simulated events begin anew in each sample, so there is nothing to look for. Other
    data that cannot be read have an error in the place of places.
    """
    for other in analysis.samples.pairs if pair.is_data else ():
        if other.is_data and other.year == pair.year and other.name != pair.name:
            try:
                yield other, _places(other, files_of(analysis, other), wanted)[0]
            except UserError as error:
                yield other, error


def _places(
    pair: SampleYear, files: Sequence[str], wanted: EventId
) -> tuple[tuple[Place, ...], list[str]]:
    """Where an event is, and some others of its number."""
    places: list[Place] = []
    alike: list[str] = []
    for url in files:
        for place, found in _of_number(pair, url, wanted.event):
            if found == wanted:
                places.append(place)
            elif len(alike) < _TOLD:
                alike.append(str(found))
    return tuple(places), alike


def _of_number(pair: SampleYear, url: str, number: int) -> Iterator[tuple[Place, EventId]]:
    """The events of a file that have a number, which other lumisections may give again."""
    for start, tree in _parts(pair, url):
        stop = min(start + _STEP, tree.num_entries)
        numbers = _column(tree, "event", (start, stop), url)
        for entry in start + np.flatnonzero(numbers == np.uint64(number)):
            place = Place(url, int(entry))
            yield place, _event_at(tree, place)


def _absent(
    pair: SampleYear, files: Sequence[str], wanted: EventId, alike: Sequence[str]
) -> UserError:
    held = lumisections_of(pair, files)
    ranges = held.cms.get(str(wanted.run), ())
    if ranges:
        where = f"lumisections of run {shortened({str(wanted.run): ranges})}"
    else:
        some = ", ".join(map(str, held.runs[:_TOLD]))
        more = " and others" if len(held.runs) > _TOLD else ""
        where = f"no run {wanted.run} there; runs: {some or 'none'}{more}"
    advice = f"that number is there as {', '.join(alike)}" if alike else _advice(wanted, ranges)
    those = "file" if len(files) == 1 else f"{len(files)} files"
    return UserError(f"no event {wanted} in the {those} of {pair.name}", where, advice)


def _advice(wanted: EventId, ranges: Sequence[tuple[int, int]]) -> str:
    """What is nearest to an event whose number is nowhere."""
    if any(first <= wanted.lumi <= last for first, last in ranges):
        return f"lumisection {wanted.lumi} is there, without that event"
    ends = [end for both in ranges for end in both]
    if not ends:
        return "is it an event of another sample or year?"
    return f"the nearest lumisection is {min(ends, key=lambda end: abs(end - wanted.lumi))}"


def lumisections_of(pair: SampleYear, files: Sequence[str]) -> Lumisections:
    """The lumisections of all events of some files."""
    found = from_pairs([], [])
    for url in files:
        for start, tree in _parts(pair, url):
            span = (start, min(start + _STEP, tree.num_entries))
            run, lumi = (_column(tree, name, span, url) for name in _IDENTITY[:2])
            found |= from_pairs(run, lumi)
    return found


def _parts(pair: SampleYear, url: str) -> Iterator[tuple[int, Any]]:
    """First entries of the parts of a file that are read at a time, and its tree."""
    with open_replica(url, pair.replicas) as (file, address):
        tree = get_tree(file, address)
        with reading(address):
            n_entries = tree.num_entries
        for start in range(0, n_entries, _STEP):
            yield start, tree


def _event_at(tree: Any, place: Place) -> EventId:
    span = (place.entry, place.entry + 1)
    return EventId(*(int(_column(tree, name, span, place.url)[0]) for name in _IDENTITY))


def _column(tree: Any, name: str, span: tuple[int, int], url: str) -> Any:
    values = read_arrays(tree, (name,), *span, url)[name]
    # signed in some files, so that a number beyond 2**63 is negative there
    return np.asarray(values).astype(np.uint64)
