from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from higgsflow.output.atomic import checksum, checksum_of
from higgsflow.output.hashed_file import HashedFile

if TYPE_CHECKING:
    from pathlib import Path


@given(pieces=st.lists(st.binary(max_size=300), max_size=8))
@settings(max_examples=30)
def test_checksum_is_that_of_what_was_written(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[bytes]
) -> None:
    path = tmp_path_factory.mktemp("hashed") / "a"
    file = HashedFile(path)
    for piece in pieces:
        assert file.write(piece) == len(piece)
    assert file.tell() == sum(map(len, pieces))
    file.close()
    assert file.closed
    assert path.read_bytes() == b"".join(pieces)
    assert file.checksum == checksum(path)


def test_arrow_writes_to_it(tmp_path: Path) -> None:
    file = HashedFile(tmp_path / "a")
    with pa.PythonFile(file, mode="w") as sink:
        sink.write(b"abc")
        sink.write(b"defg")
    assert file.checksum == checksum_of(b"abcdefg")


def test_full_disk_is_told_as_the_system_tells_it(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.symlink_to("/dev/full")
    with pa.PythonFile(HashedFile(path), mode="w") as sink, pytest.raises(OSError, match="space"):
        sink.write(b"abc")


# what the system takes only in part, as of a full disk: no file may grow beyond 1,000 bytes
PART = """
import resource, signal, sys
from pathlib import Path
from higgsflow.output.hashed_file import HashedFile

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
file = HashedFile(Path(sys.argv[1]))
try:
    file.write(bytes(1500))
except OSError as error:
    print(error.strerror)
"""


def test_what_is_taken_in_part_is_not_lost_in_silence(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PART, str(tmp_path / "a")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "File too large\n"
    assert (tmp_path / "a").stat().st_size == 1000
