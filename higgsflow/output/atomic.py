"""Files that are either whole or not there: temporary name, fsync, rename."""

from __future__ import annotations

import errno
import functools
import mmap
import os
import socket
import time
import zlib
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import lazy_loader as lazy

from higgsflow.errors import StoreError
from higgsflow.there import is_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

xxhash = lazy.load("xxhash")

# seconds, after which nobody still writes
_OLD = 86400


@contextmanager
def written_atomically(path: Path) -> Iterator[Path]:
    """A temporary path in the same folder; when the block ends well it becomes `path`.

    Raises:
        StoreError: when the store cannot be written.
    """
    with temporary_beside(path) as temporary, writing(path):
        yield temporary
        publish(temporary, path)


@contextmanager
def temporary_beside(path: Path) -> Iterator[Path]:
    """A temporary path in the same folder, which is gone at the end unless it was published."""
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = _new_beside(path)
    try:
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


def _new_beside(path: Path) -> Path:
    """A new file with the rights that its folder and the user's mask give.

    The system gives them: to ask for the mask is to change it, for all threads of the process.
    """
    while True:
        # always as long: ROOT files hold the name that they were written by
        owner = f"{_machine()}-{os.getpid():07}-{os.urandom(4).hex()}"
        temporary = path.with_name(f".{path.name}.{owner}.tmp")
        with suppress(FileExistsError):
            os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666))
            return temporary


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Tells what the system has against writing this file as an error of the store."""
    try:
        yield
    except OSError as error:
        raise cannot_write(path, error) from error


def publish(temporary: Path, path: Path) -> None:
    """Gives a file that is whole its name."""
    _sync(temporary)
    temporary.replace(path)


def write_text(path: Path, text: str) -> None:
    """Writes a small file atomically."""
    write_pieces(path, (text,))


def write_pieces(path: Path, pieces: Iterable[str]) -> None:
    """Writes a text atomically, which need not be in memory as a whole."""
    with written_atomically(path) as temporary, temporary.open("w", encoding="utf-8") as file:
        file.writelines(pieces)


def created(path: Path, mode: int = 0o666) -> int:
    """A descriptor of a new file, in the place of what had its name.

    Names of logs are known before. Whoever else may write a store could lay a link of such a name,
    to any file of who runs.
    """
    # a device stays what it is
    if path.is_symlink() or is_file(path):
        path.unlink(missing_ok=True)
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)


def remove_stale(folder: Path) -> None:
    """Removes temporary files whose writers were killed; those of living ones stay."""
    with os.scandir(folder) as entries:
        found = [e for e in entries if e.name.startswith(".") and e.name.endswith(".tmp")]
    for entry in found:
        with suppress(FileNotFoundError):
            if _is_stale(entry):
                Path(entry.path).unlink()


@functools.cache
def remove_stale_once(folder: Path) -> None:
    """The same, once in a process: folders of thousands of files are not searched at each write."""
    remove_stale(folder)


def _is_stale(entry: os.DirEntry[str]) -> bool:
    """Whether its process has ended; of another machine or an earlier version the age tells."""
    machine, _, rest = entry.name.rsplit(".", 2)[-2].partition("-")
    pid = rest.partition("-")[0]
    if machine == _machine() and pid.isdecimal() and not _lives(int(pid)):
        return True
    return time.time() - entry.stat().st_mtime > _OLD


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        # of another user
        return True
    return True


@functools.cache
def _machine() -> str:
    """Where numbers of processes mean something: a machine since its start, or a container."""
    try:
        # two machines may have one name
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")
        container = str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        boot, container = "", ""
    return f"{zlib.crc32(f'{socket.gethostname()} {boot} {container}'.encode()):08x}"


def cannot_write(path: Path, error: OSError) -> StoreError:
    """The error of a store that cannot be written."""
    reason = error.strerror or " ".join(str(error).split())
    remedy = "set HIGGSFLOW_STORE or `store:` to a folder of yours"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        remedy = f"make room there, or {remedy}"
    return StoreError(f"cannot write {path}: {reason}", remedy=remedy)


def checksum(path: Path) -> str:
    """Of a file's content: against accidents, not against malice; as fast as the file is read."""
    digest = xxhash.xxh3_128()
    # the same memory for each piece: new one would take longer than reading; that of mmap begins
    # with a page, to where some processors copy a file four times as fast as a few bytes behind
    piece = memoryview(mmap.mmap(-1, 1 << 18, flags=mmap.MAP_PRIVATE))
    with path.open("rb", buffering=0) as file:
        while n := file.readinto(piece):
            digest.update(piece[:n])
    return str(digest.hexdigest())


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
