from __future__ import annotations

import json
from typing import TYPE_CHECKING

from higgsflow.catalog.json_schema import json_schema
from higgsflow.cli import main

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_goes_to_the_screen_or_to_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out) == json_schema("analysis")
    path = tmp_path / "catalog.schema.json"
    assert main(["schema", "catalog", "--output", str(path)]) == 0
    assert json.loads(path.read_text(encoding="utf-8")) == json_schema("catalog")


def test_an_unknown_one_offers_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", "catalogue"]) == 1
    assert "Did you mean 'catalog'?" in capsys.readouterr().err
