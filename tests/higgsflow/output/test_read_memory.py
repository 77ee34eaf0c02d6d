from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from higgsflow.output.read_memory import ReadMemory

if TYPE_CHECKING:
    from pathlib import Path


@given(contents=st.lists(st.integers(0, 20_000), min_size=1, max_size=6))
@settings(max_examples=30)
def test_each_file_is_as_it_is(
    tmp_path_factory: pytest.TempPathFactory, contents: list[int]
) -> None:
    """However large those were that were read before it."""
    folder = tmp_path_factory.mktemp("files")
    memory = ReadMemory()
    for number, size in enumerate(contents):
        path = folder / str(number)
        path.write_bytes(bytes([number + 1]) * size)
        assert bytes(memory.content(path)) == path.read_bytes()


def test_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        ReadMemory().content(tmp_path / "a")
