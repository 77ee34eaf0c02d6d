from __future__ import annotations

import pytest

from higgsflow.model.quantities import megabytes, picobarns, seconds, seconds_of_minutes


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


@pytest.mark.parametrize(
    ("text", "expected"), [("30", 1800.0), ("30 min", 1800.0), ("2 h", 7200.0), ("90s", 90.0)]
)
def test_times_in_minutes_are_seconds_too(text: str, expected: float) -> None:
    assert seconds_of_minutes(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("507.1 fb", 0.5071), ("0.5071 pb", 0.5071), ("-3e2fb", -0.3), ("6.077 nb", 6077.0),
        # the same bits as the number in picobarns, which a product with 0.001 would miss
        ("4.858 fb", 0.004858), ("0.3 fb", 0.0003), ("7.7 fb", 0.0077), (0.5071, 0.5071),
    ],
)  # fmt: skip
def test_cross_sections_are_picobarns(text: object, expected: float) -> None:
    assert picobarns(text) == expected


def test_unit_of_something_else_is_no_cross_section() -> None:
    with pytest.raises(ValueError, match="'5 cm' is no cross section: use a number"):
        picobarns("5 cm")


@pytest.mark.parametrize("text", ["2 TB", "much", "-1 h", "1 h 30", ""])
def test_other_words_are_errors_that_name_the_units(text: str) -> None:
    with pytest.raises(ValueError, match=r"use a number and one of s, min, m, h, d"):
        seconds(text)
