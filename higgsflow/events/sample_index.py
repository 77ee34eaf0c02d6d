"""The index of all files of a sample and year, with what was known of each file kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from higgsflow.errors import InputFileError
from higgsflow.events.file_entries import EntryBook
from higgsflow.events.index import SampleIndex, classify, combine_files, index_opened
from higgsflow.events.places import FOLDER, PlaceBook, places_in, with_counters
from higgsflow.events.replicas import open_replica
from higgsflow.events.tree import get_head, reading
from higgsflow.model.noun import Noun
from higgsflow.model.sample import SimulatedSample

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from pathlib import Path

    from higgsflow.catalog.files import InputFile
    from higgsflow.events.index import FileIndex
    from higgsflow.model.sample import SampleYear

FORMAT = 2


class IndexFile(Noun):
    """The index as it lies in the store; `inputs` is the digest of the list of files.

    `made_from` says what that digest covers, `invocation` which run of the program made it.
    """

    inputs: str
    made_from: dict[str, Any] = {}
    invocation: str = ""
    index: SampleIndex


def put_together(
    pair: SampleYear, files: Sequence[InputFile], entries: Iterable[dict[str, Any]]
) -> SampleIndex:
    """The index from the entries of the files, in their order.

    Raises:
        InputFileError: for a file that cannot be used, naming it.
    """
    found: list[FileIndex] = []
    schemas: dict[str, Any] = {}
    for file, entry in zip(files, entries, strict=True):
        if file.n_events is not None and entry["n_entries"] != file.n_events:
            raise InputFileError(
                f"{file.url} has {entry['n_entries']} events, its catalogue says {file.n_events}"
            )
        found.append(classify(entry, pair.declared_kind))
        schemas[entry["schema_id"]] = entry["columns"]
    allowed = isinstance(pair.sample, SimulatedSample) and pair.sample.allow_equal_sums
    return combine_files(found, schemas, pair.name, allow_equal_sums=allowed)


def look_into(
    file: InputFile, pair: SampleYear, cache: Path, needed: Collection[str] = ()
) -> dict[str, Any]:
    """The entry of a file: from the cache, if name, size and time are the same, else from it."""
    book = EntryBook(cache, pair.is_data)
    known = book.get(file)
    if known is not None:
        return known
    entry = {**_looked_into(file, pair, cache, needed), "size": file.size}
    entry["mtime_ns"] = file.mtime_ns
    runs = entry.get("runs")
    entry = {**entry, "runs": runs.model_dump() if runs is not None else None}
    book.put(file, entry)
    return entry


def _looked_into(
    file: InputFile, pair: SampleYear, cache: Path, needed: Collection[str]
) -> dict[str, Any]:
    with open_replica(file.url, pair.replicas) as (opened, _):
        tree = get_head(opened, file.url)
        entry = index_opened(opened, tree, file.url, pair.is_data)
        if needed:
            lists = entry["lumisections"] is not None if pair.is_data else None
            with reading(file.url):
                places = places_in(opened, tree, with_counters(needed), lists)
            PlaceBook(cache / FOLDER).put(places)
    return entry
