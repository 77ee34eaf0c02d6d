from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hand_made import HADRONIC, run, systematics

from higgsflow.errors import InputFileError, StoreError, TaggerError, WeightError
from higgsflow.records.error_classes import EXIT_CODES, MEANING, class_of, is_infrastructure
from higgsflow.taggers.diphoton import DiphotonTagger
from higgsflow.taggers.function import tagger


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


def opens(*_: Any) -> Any:
    """A file that is not there."""
    return Path("/nowhere/efficiencies.json").read_text("utf-8")


@tagger()
def opening(events: Any) -> Any:
    return opens()


SCALE = {
    "method": "from_function",
    "function": "higgsflow.corrections.photons:scale_pt",
    "branch_modified": "Photon_pt",
    "bound": 0.5,
}


class Skimming(DiphotonTagger):
    def skim(self, *_: Any) -> Any:
        return opens()


OF_A_FUNCTION = {"method": "from_function", "function": f"{__name__}:opens"}


@pytest.mark.parametrize(
    "content",
    [
        {"tag_sequence": ["diphoton", f"{__name__}:opening"], "variables_of_interest": ["m_gg"]},
        {"systematics": systematics(w={**OF_A_FUNCTION, "directions": ["up"]})},
        {"systematics": systematics({"x": {**OF_A_FUNCTION, "branch_modified": "Jet_pt"}})},
        {
            "tag_sequence": [f"{__name__}:Skimming"],
            "variables_of_interest": ["m_gg"],
            "systematics": systematics({"s": SCALE}),
        },
    ],
    ids=["tagger", "weight", "variation", "skim"],
)
def test_file_that_the_code_of_users_misses_is_its_defect(content: dict[str, Any]) -> None:
    """Not one of the store, which would be tried again and may be lost."""
    with pytest.raises(FileNotFoundError) as caught:
        run(HADRONIC, **content)
    assert class_of(caught.value) == "defect"
    with pytest.raises(FileNotFoundError) as caught:
        opens()
    assert class_of(caught.value) == "store"


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
