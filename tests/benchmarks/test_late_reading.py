"""Of background, less than all needed columns is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.cases import Case, Scale
from benchmarks.late_reading import Row, row, table

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.slow
def test_generated_particles_of_what_is_not_selected_are_not_asked_for(
    tmp_path: Path,
    _law_index: Path,  # noqa: PT019 (its value is used)
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LAW_HOME", str(_law_index))
    scale = Scale(tmp_path, events=1500, basket=100, branches=400, n_files=2)
    found = row(Case("background", "zstd", 0), scale)
    assert found.basket == 100
    assert 0.1 < found.share < 0.7
    assert min(found.job, found.decompression) > 0


def test_rows_are_told_with_what_they_are_compared_with() -> None:
    assert list(table([Row(2000, 0.7, 1.4, 0.514)]))[2:] == ["| 2,000 | 0.7 | 1.4 | 0.50 | 51% |"]
