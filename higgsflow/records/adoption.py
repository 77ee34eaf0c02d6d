"""Outputs of jobs that another sample has: the same files of events, processed the same way.

A sample that was renamed keeps its outputs in the folder of its old name. They are found by what
they are, and given a second name (a hard link) in the folder of the new one; nothing is copied
where that can be had, and the folder of the old name stays as it is.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from higgsflow.errors import StoreError
from higgsflow.events.file_head import NO_UUID, original_uuid
from higgsflow.output.atomic import publish, temporary_beside, writing
from higgsflow.records.chunk_store import ChunkStore
from higgsflow.there import is_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from higgsflow.events.chunks import Chunk
    from higgsflow.records.job_record import Product


@dataclass(frozen=True)
class Found:
    """Outputs of a chunk elsewhere: the sample that they were made for, and their names."""

    chunk_id: str
    sample: str
    folder: Path
    stems: tuple[str, ...]


def find(folder: Path, chunks: Sequence[Chunk], wanted: Mapping[str, Product]) -> tuple[Found, ...]:
    """What folders of other samples of the year hold of the chunks that `folder` lacks.

    `folder` is that of a sample and year. A chunk counts where nothing more has to be made of it.
    """
    own = ChunkStore(folder)
    lacking = {
        chunk.id: chunk
        for chunk in chunks
        if _says_which_files(chunk) and len(own.sources(chunk, wanted)) < len(wanted)
    }
    found: dict[str, Found] = {}
    for other in _others(folder, lacking):
        try:
            store = ChunkStore(other)
        except StoreError:
            # of a folder that cannot be read nothing is adopted
            continue
        for chunk_id in [name for name in lacking if name not in found]:
            sources = store.sources(lacking[chunk_id], wanted)
            if len(sources) == len(wanted):
                stems = tuple(dict.fromkeys(sources.values()))
                found[chunk_id] = Found(chunk_id, other.parent.name, other, stems)
    return tuple(found.values())


def relatives(folder: Path, chunks: Sequence[Chunk]) -> dict[str, tuple[Chunk, ...]]:
    """Other samples of the year that have made something of these chunks, each with those."""
    wanted = {chunk.id: chunk for chunk in chunks if _says_which_files(chunk)}
    found = {}
    for other in _others(folder, wanted):
        names = _chunk_ids(other)
        found[other.parent.name] = tuple(c for name, c in wanted.items() if name in names)
    return found


def _says_which_files(chunk: Chunk) -> bool:
    """Not of files without a UUID, which an older index may have: all are alike."""
    return all(original_uuid(part.uuid) != NO_UUID for part in chunk.ranges)


def _others(folder: Path, lacking: Mapping[str, Chunk]) -> Iterator[Path]:
    """Folders of the same year of other samples with files of some of these chunks."""
    if not lacking:
        return
    for sample in sorted(path for path in _listed(folder.parents[1]) if path != folder.parent):
        other = sample / folder.name
        if not _chunk_ids(other).isdisjoint(lacking):
            yield other


def _chunk_ids(folder: Path) -> set[str]:
    return {path.name.partition(".")[0] for path in _listed(folder)}


def _listed(folder: Path) -> list[Path]:
    with suppress(OSError):
        return list(folder.iterdir())
    return []


def adopt(found: Sequence[Found], folder: Path) -> dict[str, int]:
    """Gives outputs that were found a name in this folder; returns how many chunks by sample.

    Raises:
        StoreError: when the folder cannot be written.
    """
    # somebody may have removed them meanwhile: then they are made
    there = [one for one in found if all(is_file(path) for path in _files(one))]
    for one in there:
        for stem in one.stems:
            record = folder / f"{stem}.json"
            with writing(record):
                # a record never stands beside events that it does not describe
                record.unlink(missing_ok=True)
        for path in _files(one):
            link(path, folder / path.name)
    return dict(Counter(one.sample for one in there))


def _files(one: Found) -> list[Path]:
    """The files of a chunk, each record after its events."""
    return [one.folder / f"{stem}.{end}" for stem in one.stems for end in ("parquet", "json")]


def link(source: Path, target: Path) -> None:
    """A second name of a file, or a copy where the file system has none; whole or not there.

    Raises:
        StoreError: when it cannot be written.
    """
    with temporary_beside(target) as temporary, writing(target):
        temporary.unlink()
        try:
            os.link(source, temporary)
        except OSError:
            shutil.copyfile(source, temporary)
            publish(temporary, target)
        else:
            temporary.replace(target)
