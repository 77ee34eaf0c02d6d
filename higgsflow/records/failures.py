"""The failures of a sample's jobs: one small file for each failed attempt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError

from higgsflow.errors import StoreError, Unreadable
from higgsflow.output.atomic import write_text, writing
from higgsflow.records.job_record import FailureRecord

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path


class FailureLog:
    """The folder of failures of one sample and year."""

    def __init__(self, jobs_folder: Path) -> None:
        self.folder = jobs_folder / "failures"

    def add(self, failure: FailureRecord) -> None:
        """Keeps a failed attempt."""
        name = f"{failure.chunk_id}.{failure.digest}.{failure.attempt}.json"
        write_text(self.folder / name, failure.model_dump_json(indent=1))

    def all(self) -> Iterator[FailureRecord]:
        """All failures; one that does not parse was cut off while it was written and is not.

        Raises:
            StoreError: where they cannot be read: what was lost for good would run again.
        """
        for path in self._paths():
            try:
                yield FailureRecord.model_validate_json(path.read_bytes())
            except PermissionError as error:
                raise Unreadable(error) from error
            except (OSError, ValidationError):
                continue

    def _paths(self) -> list[Path]:
        try:
            found = sorted(self.folder.iterdir())
        except (FileNotFoundError, NotADirectoryError):
            # nothing has failed yet
            return []
        except PermissionError as error:
            raise Unreadable(error) from error
        except OSError as error:
            why = error.strerror or str(error)
            raise StoreError(f"cannot read {self.folder}", why) from error
        return [path for path in found if path.suffix == ".json" and path.name[0] != "."]

    def final(self) -> list[FailureRecord]:
        """Those after which no attempt followed."""
        return [failure for failure in self.all() if failure.final]

    def forget(self, chunk_ids: Collection[str]) -> None:
        """Forgets the failures of chunks, which are tried again.

        Raises:
            StoreError: where the folder cannot be read or written.
        """
        # one look at the folder, which holds those of ten thousand chunks
        for path in self._paths():
            if path.name.partition(".")[0] in chunk_ids:
                with writing(path):
                    path.unlink(missing_ok=True)
