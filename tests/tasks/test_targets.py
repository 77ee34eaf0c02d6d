from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from higgsflow.model.noun import Noun
from tasks.targets import StageTarget

if TYPE_CHECKING:
    from pathlib import Path


class Content(Noun):
    inputs: str
    value: int = 1


def target(tmp_path: Path, expected: str | None, *beside: str) -> StageTarget:
    paths = tuple(tmp_path / name for name in beside)
    return StageTarget(tmp_path / "out.json", lambda: expected, beside=paths)


def test_exists_while_its_record_is_todays(tmp_path: Path) -> None:
    assert not target(tmp_path, "a").exists()
    target(tmp_path, "a").write(Content(inputs="a"))
    assert target(tmp_path, "a").exists()
    assert not target(tmp_path, "b").exists()
    assert not target(tmp_path, None).exists()


def test_files_beside_it_must_be_there(tmp_path: Path) -> None:
    found = target(tmp_path, "a", "events.parquet")
    found.write(Content(inputs="a"))
    assert not found.exists()
    (tmp_path / "events.parquet").touch()
    assert found.exists()


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '"text"', '{"other": 1}'])
def test_what_is_no_record_is_not_there(tmp_path: Path, text: str) -> None:
    (tmp_path / "out.json").write_text(text, encoding="utf-8")
    assert target(tmp_path, "a").recorded() is None
    assert not target(tmp_path, "a").exists()


def test_a_change_of_the_file_is_seen(tmp_path: Path) -> None:
    found = target(tmp_path, "a")
    found.write(Content(inputs="a"))
    assert found.recorded() == "a"
    found.write(Content(inputs="longer"))
    assert found.recorded() == "longer"


def test_reads_what_it_wrote(tmp_path: Path) -> None:
    found = target(tmp_path, "a")
    found.write(Content(inputs="a", value=3))
    assert found.read(Content) == Content(inputs="a", value=3)
    assert json.loads(found.file.read_text(encoding="utf-8"))["value"] == 3


def test_removes_itself_and_what_stands_beside_it_also_when_stale(tmp_path: Path) -> None:
    found = target(tmp_path, "other", "events.parquet")
    found.write(Content(inputs="a"))
    (tmp_path / "events.parquet").touch()
    found.remove()
    assert list(tmp_path.glob("*.*")) == []
    found.remove()


def test_shows_its_path_only(tmp_path: Path) -> None:
    assert str(target(tmp_path, "a")) == f"StageTarget(path={tmp_path / 'out.json'})"
