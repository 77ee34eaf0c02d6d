from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from higgsflow.output.atomic import checksum
from higgsflow.output.hashed_file import HashedFile

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


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
    assert file.checksum == checksum(tmp_path / "a")
