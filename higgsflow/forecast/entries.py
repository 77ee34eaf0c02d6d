"""How many events there will be: exactly where files are known, else from their sizes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from higgsflow.catalog.files import resolve_files
from higgsflow.catalog.store import file_index_in, folder_of
from higgsflow.errors import InputFileError
from higgsflow.events.chunks import Chunk, Range
from higgsflow.events.index import SampleIndex, classify
from higgsflow.events.sample_index import look_into
from higgsflow.events.stored_index import is_produced, stored_index

if TYPE_CHECKING:
    from pathlib import Path

    from higgsflow.catalog.files import InputFile
    from higgsflow.events.index import FileIndex
    from higgsflow.model.analysis import AnalysisModel
    from higgsflow.model.sample import SampleYear

_ALL = 20  # files of a sample that are all looked into; of more the first one tells


@dataclass(frozen=True)
class Entries:
    """The events of a sample and year.

    Attributes:
        files: those that are known.
        n_entries: of all files.
        index: of all files, where they are all known.
    """

    files: tuple[FileIndex, ...]
    n_entries: int
    index: SampleIndex | None

    @property
    def is_remote(self) -> bool:
        """Whether the files are at servers."""
        return "://" in self.files[0].url

    def first(self, n_events: int) -> Chunk:
        """The first events, of as many files as it takes."""
        ranges: list[Range] = []
        for file in self.files:
            stop = min(file.n_entries, n_events - sum(part.n_entries for part in ranges))
            if stop > 0:
                ranges.append(Range(url=file.url, uuid=file.uuid, start=0, stop=stop))
        return Chunk(ranges=tuple(ranges))


def entries_of(analysis: AnalysisModel, pair: SampleYear) -> Entries:
    """Of the index in the store, or of the files of the catalogue; what is found is kept.

    Raises:
        UserError: where there are no files, or no events in them.
    """
    if is_produced(pair):
        return _of_index(stored_index(analysis, pair), pair)
    files = resolve_files(pair.addresses, pair.name)
    cache = file_index_in(folder_of(analysis))
    if len(files) <= _ALL:
        found = [_entry(file, pair, cache) for file in files]
        schemas = {str(e["schema_id"]): dict(e["columns"]) for e in found}
        index = SampleIndex(
            files=tuple(classify(e, pair.declared_kind) for e in found), schemas=schemas
        )
        return _of_index(index, pair)
    first = classify(_entry(files[0], pair, cache), pair.declared_kind)
    return Entries(_with_events((first,), pair), _estimated(files, first), None)


def _of_index(index: SampleIndex, pair: SampleYear) -> Entries:
    return Entries(_with_events(index.files, pair), index.n_entries, index)


def _with_events(files: tuple[FileIndex, ...], pair: SampleYear) -> tuple[FileIndex, ...]:
    if not any(file.n_entries for file in files):
        raise InputFileError(f"no events to probe in {pair.name}", files[0].url)
    return files


def _entry(file: InputFile, pair: SampleYear, cache: Path) -> dict[str, Any]:
    return look_into(file, pair, cache)


def _estimated(files: tuple[InputFile, ...], first: FileIndex) -> int:
    """As many events per byte as the first has; as many per file where sizes are not known."""
    known = [file.n_events for file in files]
    if None not in known:
        return sum(n or 0 for n in known)
    sizes = [file.size for file in files]
    if None in sizes or not first.size:
        return first.n_entries * len(files)
    return round(first.n_entries * sum(size or 0 for size in sizes) / first.size)
