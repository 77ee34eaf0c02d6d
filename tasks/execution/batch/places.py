"""Where the batch jobs of a sample and year leave their files."""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from higgsflow.errors import StoreError
from higgsflow.ingredients import digest
from higgsflow.output.atomic import writing
from higgsflow.there import is_folder

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

# seconds after which an engine has written the last word of a job whose end is known
_OLD = 3600.0
_ELSEWHERE = "set `submit_folder` in engines.yaml to a folder of yours"


@dataclass(frozen=True)
class Places:
    """The folders of one sample and year.

    Attributes:
        chunks: events and records.
        jobs: failures, logs, batches.
        submit: files for the engine and what it writes, apart from the store.
    """

    chunks: Path
    jobs: Path
    submit: Path

    @property
    def owner(self) -> str:
        """What engines know all jobs of this sample and year by."""
        return digest(str(self.jobs))[:12]

    def log(self, stem: str, attempt: int) -> Path:
        """What a chunk printed."""
        return self.jobs / "logs" / f"{stem}.{attempt}.log"

    def batch_folder(self, token: str) -> Path:
        """For the engine's files of a batch."""
        return self.submit / self.owner / token

    def make_submit_folder(self) -> None:
        """Makes the folder for the engine's files of all batches.

        Raises:
            StoreError: when it cannot be made.
        """
        _make(self.submit / self.owner)

    def make_batch_folder(self, token: str) -> Path:
        """Makes the folder for the engine's files of a batch.

        Raises:
            StoreError: when it cannot be made.
        """
        folder = self.batch_folder(token)
        _make(folder)
        return folder

    @contextmanager
    def submitting(self) -> Iterator[int]:
        """The lock on submissions, as a descriptor for the commands that submit to inherit.

        It is flock's: such a command has the lock too, also when who started it was killed. Taking
        it once waits for those.

        Raises:
            StoreError: when the store cannot be written.
        """
        self.jobs.mkdir(parents=True, exist_ok=True)
        path = self.jobs / "submit.lock"
        with writing(path):
            # of a group that shares a store each may submit
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666)
        try:
            # without locks on this file system, go on as if alone
            with suppress(OSError):
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield descriptor
        finally:
            os.close(descriptor)

    def remove_batch_folders(self, done: Collection[str]) -> None:
        """Removes what engines wrote for batches: those that are done, and old ones."""
        folder = self.submit / self.owner
        for path in folder.iterdir() if is_folder(folder) else ():
            if path.name in done or time.time() - path.stat().st_mtime > _OLD:
                shutil.rmtree(path, ignore_errors=True)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"cannot make {folder}, for what the batch engine reads and writes",
            error.strerror or str(error),
            _ELSEWHERE,
        ) from error


@contextmanager
def writing_for_engine() -> Iterator[None]:
    """Tells of a file for the engine that cannot be written where such files lie.

    Raises:
        StoreError: which says so.
    """
    try:
        yield
    except StoreError as error:
        raise StoreError(error.what, error.where, f"make room there, or {_ELSEWHERE}") from error
