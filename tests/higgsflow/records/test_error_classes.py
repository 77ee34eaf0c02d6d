from __future__ import annotations

from pathlib import Path

import pytest

from higgsflow.errors import InputFileError, StoreError, TaggerError, WeightError
from higgsflow.records.error_classes import EXIT_CODES, MEANING, class_of, is_infrastructure


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (InputFileError("x"), "input"),
        (MemoryError(), "memory"),
        (OSError(28, "no space"), "store"),
        (StoreError("x"), "store"),
        (ModuleNotFoundError("x"), "environment"),
        (TaggerError("x"), "defect"),
        (WeightError("x"), "defect"),
        (ZeroDivisionError(), "defect"),
        (KeyError("x"), "defect"),
        (SystemExit(3), "defect"),
    ],
)
def test_failures_are_of_the_infrastructure_or_defects(error: BaseException, expected: str) -> None:
    assert class_of(error) == expected


def test_only_a_defect_is_not_of_the_infrastructure() -> None:
    assert [name for name in MEANING if not is_infrastructure(name)] == ["defect"]


def test_exit_codes_tell_classes_apart_and_are_nobody_elses() -> None:
    """Shells use 1, 2 and 126 on; sysexits.h uses 64 to 78."""
    assert len(set(EXIT_CODES.values())) == len(EXIT_CODES)
    assert all(78 < code < 126 for code in EXIT_CODES.values())
    assert set(EXIT_CODES) == set(MEANING) - {"cancelled"}


def test_documentation_lists_every_class_with_its_meaning() -> None:
    page = (Path(__file__).parents[3] / "docs" / "jobs.md").read_text("utf-8")
    for name, meaning in MEANING.items():
        assert f"| {name} | {meaning} |" in page
