"""Each codec is decompressed both ways."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.cases import Scale
from benchmarks.codecs import CODECS, Row, row, table

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("codec", CODECS)
def test_both_ways_are_measured(codec: str, tmp_path: Path) -> None:
    scale = Scale(tmp_path, events=300, basket=100, branches=400, n_files=1)
    found = row(codec, scale)
    assert found.codec == codec
    assert min(found.as_uproot, found.fastest) > 0


def test_rows_are_told_with_what_they_are_compared_with() -> None:
    assert list(table([Row("zlib", 0.5, 0.25)]))[2:] == ["| zlib | 0.5 | 0.25 | 0.50 |"]
