"""Files that are either whole or not there: temporary name, fsync, rename."""

from __future__ import annotations

import errno
import hashlib
import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from higgsflow.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def written_atomically(path: Path) -> Iterator[Path]:
    """A temporary path in the same folder; when the block ends well it becomes `path`.

    Raises:
        StoreError: when the store cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
        os.close(handle)
    except OSError as error:
        raise cannot_write(path, error) from error
    temporary = Path(name)
    try:
        yield temporary
        _sync(temporary)
        # mkstemp makes files that only their owner may read
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    except OSError as error:
        raise cannot_write(path, error) from error
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Writes a small file atomically."""
    with written_atomically(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def cannot_write(path: Path, error: OSError) -> StoreError:
    """The error of a store that cannot be written."""
    reason = error.strerror or " ".join(str(error).split())
    remedy = "set HIGGSFLOW_STORE or `store:` to a folder of yours"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        remedy = f"make room there, or {remedy}"
    return StoreError(f"cannot write {path}", reason, remedy)


def checksum(path: Path) -> str:
    """SHA-256 of a file's content."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current
