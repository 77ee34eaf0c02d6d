from __future__ import annotations

from typing import TYPE_CHECKING

import correctionlib
import correctionlib.schemav2
import pytest

from higgsflow.catalog.folder import CONFIG_FOLDER
from higgsflow.demo.corrections import correction_files, write_corrections

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("name", correction_files())
def test_files_in_config_are_what_the_program_makes(name: str) -> None:
    held = (CONFIG_FOLDER / "corrections" / name).read_text(encoding="utf-8")
    assert held == correction_files()[name], f"{name}: write_corrections makes it again"


def test_no_other_files_lie_there() -> None:
    held = {path.name for path in (CONFIG_FOLDER / "corrections").iterdir()}
    assert held == set(correction_files())


def test_they_are_of_the_standard_format(tmp_path: Path) -> None:
    for path in write_corrections(tmp_path):
        correctionlib.schemav2.CorrectionSet.model_validate_json(path.read_text())
        assert len(correctionlib.CorrectionSet.from_file(str(path))) > 0
