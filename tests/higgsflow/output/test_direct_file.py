from __future__ import annotations

import ctypes
import fcntl
import mmap
import os
import random
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from higgsflow.output.direct_file import PIECE, DirectFile

if TYPE_CHECKING:
    from pathlib import Path

LENGTHS = st.one_of(st.integers(0, 300), st.sampled_from([PIECE - 1, PIECE, PIECE + 1, 3 * PIECE]))


@given(lengths=st.lists(LENGTHS, max_size=5))
@settings(max_examples=20)
def test_holds_what_was_written(
    tmp_path_factory: pytest.TempPathFactory, lengths: list[int]
) -> None:
    path = tmp_path_factory.mktemp("direct") / "a"
    path.write_bytes(b"of before")
    pieces = [random.Random(n).randbytes(n) for n in lengths]
    file = DirectFile(path)
    for piece in pieces:
        assert file.write(memoryview(piece)) == len(piece)
    file.close()
    file.close()
    assert file.closed
    assert path.read_bytes() == b"".join(pieces)


def test_file_system_that_wants_other_pieces(tmp_path: Path) -> None:
    file = DirectFile(tmp_path / "a")
    # from here on no piece begins where a block of the disk does
    os.lseek(file._handle, 1, os.SEEK_SET)
    content = random.Random(1).randbytes(2 * PIECE + 5)
    file.write(content)
    file.close()
    assert (tmp_path / "a").read_bytes() == b"\0" + content


def test_system_without_direct_writing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("higgsflow.output.direct_file._DIRECT", 0)
    file = DirectFile(tmp_path / "a")
    file.write(bytes(PIECE + 3))
    file.close()
    assert (tmp_path / "a").stat().st_size == PIECE + 3


@pytest.mark.parametrize("length", [3, PIECE])
def test_full_disk_is_told_as_the_system_tells_it(tmp_path: Path, length: int) -> None:
    path = tmp_path / "a"
    path.symlink_to("/dev/full")
    file = DirectFile(path)
    with pytest.raises(OSError, match="space"):
        _all_of(file, length)


def test_pieces_are_written_past_the_cache(tmp_path: Path) -> None:
    path = tmp_path / "a"
    file = DirectFile(path)
    if not fcntl.fcntl(file._handle, fcntl.F_GETFL) & os.O_DIRECT:
        pytest.skip("this file system has no such way")
    file.write(bytes(4 * PIECE))
    file.close()
    assert _cached_pages(path) == 0


def _cached_pages(path: Path) -> int:
    """How many pages of a file are in memory."""
    n = path.stat().st_size
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mmap.restype = ctypes.c_void_p
    with path.open("rb") as file:
        address = libc.mmap(None, n, mmap.PROT_READ, mmap.MAP_SHARED, file.fileno(), 0)
    there = (ctypes.c_ubyte * (-(-n // mmap.PAGESIZE)))()
    assert libc.mincore(ctypes.c_void_p(address), ctypes.c_size_t(n), there) == 0
    libc.munmap(ctypes.c_void_p(address), ctypes.c_size_t(n))
    return sum(page & 1 for page in there)


# what the system takes only in part, as of a full disk: no file may grow beyond so many bytes
PART = """
import resource, signal, sys
from pathlib import Path
from higgsflow.output.direct_file import PIECE, DirectFile

most = PIECE + 1000
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
file = DirectFile(Path(sys.argv[1]))
try:
    file.write(bytes(PIECE + 1500))
    file.close()
except OSError as error:
    print(error.strerror)
"""


def test_what_is_taken_in_part_is_not_lost_in_silence(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PART, str(tmp_path / "a")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "File too large\n"
    assert (tmp_path / "a").stat().st_size == PIECE + 1000


def _all_of(file: DirectFile, length: int) -> None:
    file.write(bytes(length))
    file.close()
