"""What is submitted at once, as a file in the store: nodes read their jobs from it.

The file is written before anything is submitted, so that whoever comes after a killed process knows
what to ask the engine for. It holds the analysis as it was then: editing the configuration while
jobs wait changes nothing for them.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
import uuid
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from higgsflow.catalog.code_folders import with_folders
from higgsflow.errors import StoreError
from higgsflow.events.chunks import Chunk
from higgsflow.model.analysis import AnalysisModel
from higgsflow.model.jobs import Resources
from higgsflow.model.noun import Noun
from higgsflow.output.atomic import write_text
from higgsflow.records.job_record import Product
from higgsflow.records.names import Names
from tasks.execution.batch import BATCHES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from higgsflow.job import Job


class Header(Noun):
    """What all jobs of a batch share.

    Attributes:
        engine: of what the jobs are.
        folder: where events and records go; failures and logs go to `jobs_folder`.
        wanted: the variations to make; chunks name one of these.
        names: what `Job` says of them.
        known_files: what `Job` says of it.
    """

    token: str
    created: float
    engine: str
    analysis: AnalysisModel
    sample: str
    year: str
    folder: Path
    jobs_folder: Path
    wanted: tuple[dict[str, Product], ...]
    names: Names = Names()
    known_files: Path | None = None


class Portion(Noun):
    """One attempt at a chunk."""

    chunk: Chunk
    digest: str
    wanted: int
    attempt: int
    resources: Resources

    @property
    def stem(self) -> str:
        """The name of the outputs without their ending."""
        return f"{self.chunk.id}.{self.digest}"


class Portions(Noun):
    """What one job runs, one after the other."""

    portions: tuple[Portion, ...]

    @property
    def resources(self) -> Resources:
        """What all of it takes."""
        limits = [portion.resources.time_limit for portion in self.portions]
        memory = [portion.resources.memory_mb for portion in self.portions]
        known = [m for m in memory if m is not None]
        times = [t for t in limits if t is not None]
        return Resources(
            memory_mb=max(known) if len(known) == len(memory) else None,
            time_limit=sum(times) if len(times) == len(limits) else None,
        )


class Batch:
    """A batch as it is in the store.

    Attributes:
        engine: of what its jobs are; empty where nobody has looked.
        user: who has submitted them; likewise.
    """

    def __init__(self, path: Path, engine: str = "", user: str = "") -> None:
        self.path, self.engine, self.user = path, engine, user
        self.token = path.stem

    def write(self, header: Header, jobs: Sequence[Portions]) -> str:
        """Writes it whole, or not at all; returns the seal that its jobs are given."""
        lines = [header.model_dump_json(by_alias=True), *(job.model_dump_json() for job in jobs)]
        text = "\n".join(lines) + "\n"
        write_text(self.path, text)
        return _seal(text.encode())

    def read(self, number: int, seal: str) -> tuple[Header, Portions]:
        """What its jobs share, and what one of them runs.

        Raises:
            StoreError: when it is not what was written. It says which code is run, which nobody
                may choose who can only write to the store.
        """
        content = self.path.read_bytes()
        if _seal(content) != seal:
            raise StoreError(
                f"{self.path} is not what was submitted", "", "see who writes to this store"
            )
        lines = content.split(b"\n")
        return Header.model_validate_json(lines[0]), Portions.model_validate_json(lines[number + 1])

    def jobs(self) -> Iterator[Portions]:
        """What each of its jobs runs."""
        with self.path.open(encoding="utf-8") as lines:
            next(lines)
            for line in lines:
                yield Portions.model_validate_json(line)


def _seal(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def new_batch(jobs_folder: Path) -> Batch:
    """A batch that is not written yet."""
    return Batch(jobs_folder / BATCHES / f"{uuid.uuid4().hex[:12]}.jsonl")


def batches_in(jobs_folder: Path) -> list[Batch]:
    """All batches of a sample and year, the oldest first; what cannot be read is none."""
    # nodes look for none, and import no more than they need
    from tasks.execution.batch.engine import user_name

    found = []
    for path in (jobs_folder / BATCHES).glob("*.jsonl"):
        # once: a header has all variations, and another command may remove it
        with (
            suppress(OSError, ValueError, LookupError, TypeError, StopIteration),
            path.open(encoding="utf-8") as lines,
        ):
            header = json.loads(next(lines))
            user = user_name(os.fstat(lines.fileno()).st_uid)
            found.append((float(header["created"]), path, str(header["engine"]), user))
    return [Batch(path, engine, user) for _, path, engine, user in sorted(found)]


def portions_of(
    groups: Sequence[Sequence[tuple[Job, Resources]]],
) -> tuple[tuple[dict[str, Product], ...], list[Portions]]:
    """Jobs as they are written: what is wanted is nearly always the same, and written once."""
    wanted: list[dict[str, Product]] = []
    found = []
    for group in groups:
        portions = []
        for job, resources in group:
            if job.wanted not in wanted:
                wanted.append(job.wanted)
            portions.append(
                Portion(
                    chunk=job.chunk,
                    digest=job.digest,
                    wanted=wanted.index(job.wanted),
                    attempt=job.attempt,
                    resources=resources,
                )
            )
        found.append(Portions(portions=tuple(portions)))
    return tuple(wanted), found


def header_of(
    batch: Batch,
    job: Job,
    engine: str,
    jobs_folder: Path,
    wanted: tuple[dict[str, Product], ...],
) -> Header:
    """The header of a batch with jobs like this one; `wanted` is as `portions_of` gives it."""
    return Header(
        token=batch.token,
        created=time.time(),
        engine=engine,
        analysis=with_folders(job.analysis),
        sample=job.sample,
        year=job.year,
        folder=job.folder,
        jobs_folder=jobs_folder,
        wanted=wanted,
        names=job.names,
        known_files=job.known_files,
    )
