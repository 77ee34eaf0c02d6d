from __future__ import annotations

import pytest

from higgsflow.model.quantities import megabytes, seconds


@pytest.mark.parametrize(
    ("text", "expected"),
    [("2 GB", 2048.0), ("1.5G", 1536.0), ("300 MB", 300.0), ("300", 300.0), (300, 300)],
)
def test_sizes_are_megabytes(text: object, expected: float) -> None:
    assert megabytes(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("90 s", 90.0), ("20 min", 1200.0), ("1.5 h", 5400.0), ("7d", 604800.0), ("5", 5.0)],
)
def test_times_are_seconds(text: object, expected: float) -> None:
    assert seconds(text) == expected


@pytest.mark.parametrize("text", ["2 TB", "much", "-1 h", "1 h 30", ""])
def test_other_words_are_errors_that_name_the_units(text: str) -> None:
    with pytest.raises(ValueError, match=r"use a number and one of s, min, m, h, d"):
        seconds(text)
