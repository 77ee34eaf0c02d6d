"""The folder of a sample's job outputs: which chunks are done, by today's digests."""

from __future__ import annotations

import functools
import json
import logging
import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError

from higgsflow.errors import DamagedRecord, StoreError, Unreadable, said_by
from higgsflow.model.findings import findings
from higgsflow.model.noun import Noun
from higgsflow.records.job_record import FORMAT, JobRecord, Output, Product, read_head, read_packed
from higgsflow.records.names import Names, matches

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from higgsflow.events.chunks import Chunk
    from higgsflow.records.packed import Packed


logger = logging.getLogger(__name__)

_PRODUCTS = TypeAdapter(dict[str, Product])


class SeenOutput(Noun):
    """The file of events of a job, without its rows of each of hundreds of variations.

    Attributes:
        most_rows: of the variation that has most.
    """

    name: str
    size: int
    checksum: str
    most_rows: int


class Seen(Noun):
    """What the record of a job says of its outputs."""

    stem: str
    products: dict[str, Product]
    names: Names
    output: SeenOutput


class ChunkStore:
    """Looks once at a folder of job outputs, to which jobs may be writing.

    Only directory listings and records are read; checksums are verified by the merge.

    Raises:
        StoreError: for a folder that cannot be read.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._sizes: dict[str, tuple[int, int]] = {}
        self._by_chunk: dict[str, list[Seen]] = {}
        self._wanted: Mapping[str, Product] = {}
        self._matched: dict[int, tuple[dict[str, Product], dict[str, str]]] = {}
        try:
            self._look()
        except (FileNotFoundError, NotADirectoryError):
            # no job has ended yet
            return
        except PermissionError as error:
            raise Unreadable(error) from error
        except OSError as error:
            raise StoreError(f"cannot read {folder}", error.strerror or str(error)) from error

    def _look(self) -> None:
        with os.scandir(self.folder) as entries:
            for entry in entries:
                # temporary files come and go meanwhile
                if not entry.name.startswith("."):
                    with suppress(FileNotFoundError):
                        stat = entry.stat()
                        self._sizes[entry.name] = (stat.st_size, stat.st_mtime_ns)
        for name in sorted(self._sizes):
            if name.endswith(".json"):
                self._add(name)

    def _add(self, name: str) -> None:
        try:
            seen = _read(self.folder / name, *self._sizes[name])
        except OSError as error:
            # told, and not kept in the cache, since it may pass
            logger.warning("cannot read the record %s: %s", self.folder / name, error)
            return
        if seen is not None and self._is_whole(seen):
            self._by_chunk.setdefault(name.partition(".")[0], []).append(seen)

    def _is_whole(self, seen: Seen) -> bool:
        return self._sizes.get(seen.output.name, (-1, 0))[0] == seen.output.size

    def sources(self, chunk: Chunk, wanted: Mapping[str, Product]) -> dict[str, str]:
        """For each variation the stem of the job that holds it; those not there are left out."""
        found: dict[str, str] = {}
        for seen in self._by_chunk.get(chunk.id, ()):
            found |= dict.fromkeys(self._matches(seen.products, wanted), seen.stem)
        return found

    def _matches(self, have: dict[str, Product], wanted: Mapping[str, Product]) -> dict[str, str]:
        """What `wanted` is called there; nearly all jobs of a sample made the same."""
        if wanted is not self._wanted:
            self._wanted, self._matched = wanted, {}
        # the objects are kept, so that nothing else gets their identity
        known = self._matched.get(id(have))
        if known is None:
            known = self._matched[id(have)] = (have, matches(have, wanted))
        return known[1]

    def made(self, chunk: Chunk) -> list[dict[str, Product]]:
        """What each job has made of a chunk, by any configuration; the latest last."""
        seen = self._by_chunk.get(chunk.id, ())
        return [one.products for one in sorted(seen, key=lambda one: self.time_of(one.stem))]

    def time_of(self, stem: str) -> int:
        """When the record of a job was written [ns]."""
        return self._sizes[f"{stem}.json"][1]

    def has_remains(self, chunk: Chunk) -> bool:
        """Whether some file of a chunk is there, be it damaged."""
        return any(name.startswith(f"{chunk.id}.") for name in self._sizes)

    @property
    def is_empty(self) -> bool:
        """Whether no job has ended yet."""
        return not self._sizes

    def done(
        self, chunks: Sequence[Chunk], wanted: Mapping[str, Product]
    ) -> dict[str, dict[str, str]]:
        """The chunks of which every wanted variation is there, with the sources of each."""
        found = {}
        for chunk in chunks:
            sources = self.sources(chunk, wanted)
            if len(sources) == len(wanted):
                found[chunk.id] = sources
        return found

    def seen(self, stem: str) -> Seen:
        """What the record of a job says of its outputs."""
        by_stem = {seen.stem: seen for seen in self._by_chunk[stem.partition(".")[0]]}
        return by_stem[stem]

    def said(self, stem: str) -> Seen | None:
        """What a record says, also of outputs that are gone; None when it does not parse."""
        path = self.folder / f"{stem}.json"
        return _read(path, *self._sizes[path.name]) if path.name in self._sizes else None

    def packed(self, stem: str) -> tuple[JobRecord, tuple[Packed, ...]]:
        """The record of a job without products and ledgers, and the latter as rows of numbers.

        Raises:
            DamagedRecord: when it is damaged further down than its head, by which the job is done.
        """
        path = self.folder / f"{stem}.json"
        with self.reading(stem):
            return read_packed(path.read_bytes())

    @contextmanager
    def reading(self, stem: str) -> Iterator[None]:
        """Turns what the numbers of a damaged record trip over into a `DamagedRecord`."""
        try:
            yield
        except ValidationError as error:
            raise DamagedRecord(self.folder / f"{stem}.json", findings(error)[0]) from error
        except (ValueError, LookupError, TypeError, RecursionError) as error:
            reason = said_by(error)
            raise DamagedRecord(self.folder / f"{stem}.json", reason) from error


@functools.lru_cache(maxsize=100_000)
def _read(path: Path, size: int, mtime_ns: int) -> Seen | None:
    """The outputs of a record; None when it does not parse. Size and time tell versions apart."""
    del size, mtime_ns
    try:
        content, products = read_head(path.read_bytes())
        if content["format"] != FORMAT:
            return None
        output = Output.model_validate(content["output"])
        return Seen.model_construct(
            stem=path.stem,
            products=_shared(products),
            names=_named(json.dumps(content["names"])),
            output=_without_variations(output),
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _without_variations(output: Output) -> SeenOutput:
    return SeenOutput(
        name=output.name,
        size=output.size,
        checksum=output.checksum,
        most_rows=max(output.rows.values(), default=0),
    )


@functools.lru_cache(maxsize=1000)
def _shared(text: bytes) -> dict[str, Product]:
    """What jobs made; nearly all jobs of a sample made the same, which is kept once."""
    return _PRODUCTS.validate_json(text)


@functools.lru_cache(maxsize=1000)
def _named(text: str) -> Names:
    """What jobs called things, likewise."""
    return Names.model_validate_json(text)
