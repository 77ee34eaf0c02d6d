from __future__ import annotations

import pytest

from higgsflow.model.quantities import (
    inverse_femtobarns,
    megabytes,
    picobarns,
    seconds,
    seconds_of_minutes,
)


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


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("41.5 /fb", 41.5), ("41.5fb-1", 41.5), ("41500 /pb", 41.5), ("4.15e4 pb^-1", 41.5),
        ("41.5e6 /nb", 41.5), ("0.3 /pb", 0.0003), (41.5, 41.5),
    ],
)  # fmt: skip
def test_luminosities_are_inverse_femtobarns(text: object, expected: float) -> None:
    assert inverse_femtobarns(text) == expected


@pytest.mark.parametrize("text", ["41.5 fb", "41.5 /ab", "-3 /fb"])
def test_unit_of_something_else_is_no_luminosity(text: str) -> None:
    with pytest.raises(ValueError, match=rf"'{text}' is no luminosity: use a number \[fb\^-1\]"):
        inverse_femtobarns(text)


def test_unit_of_something_else_is_no_cross_section() -> None:
    with pytest.raises(ValueError, match="'5 cm' is no cross section: use a number"):
        picobarns("5 cm")


@pytest.mark.parametrize("text", ["2 TB", "much", "-1 h", "1 h 30", ""])
def test_other_words_are_errors_that_name_the_units(text: str) -> None:
    with pytest.raises(ValueError, match=r"use a number and one of s, min, m, h, d"):
        seconds(text)
