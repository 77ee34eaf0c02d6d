from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from higgsflow.catalog.folder import CONFIG_FOLDER
from higgsflow.catalog.load import load_analysis
from higgsflow.catalog.snapshot import FILE_NAME, write_snapshot
from higgsflow.catalog.store import find_in_store, folder_of
from higgsflow.check.namesake import check_namesake

if TYPE_CHECKING:
    from pathlib import Path

    from higgsflow.model.analysis import AnalysisModel

CONTENT = """\
samples: {catalog: demo, sample_list: [ttH_M125], years: ["2017"]}
tag_sequence: [diphoton]
variables_of_interest: [m_gg]
"""


@pytest.fixture
def first(tmp_path: Path) -> AnalysisModel:
    """The one that ran."""
    model = load_analysis(configuration(tmp_path / "a"))
    write_snapshot(model, folder_of(model))
    return model


def configuration(folder: Path, more: str = "") -> Path:
    path = folder / "mine.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(CONTENT + more, encoding="utf-8")
    return path


def test_one_in_another_folder_is_told(first: AnalysisModel, tmp_path: Path) -> None:
    (found,) = check_namesake(load_analysis(configuration(tmp_path / "b")))
    assert not found.serious
    assert found.what == f"{folder_of(first)} was made by another configuration called 'mine'"
    assert f"that one is in {tmp_path / 'a'}, this one in {tmp_path / 'b'}" in found.where


@pytest.mark.usefixtures("first")
def test_the_same_one_is_no_other_when_it_changes(tmp_path: Path) -> None:
    changed = load_analysis(configuration(tmp_path / "a", "output_format: root\n"))
    assert list(check_namesake(changed)) == []
    assert list(check_namesake(find_in_store("mine", ""))) == []


@pytest.mark.usefixtures("first")
def test_another_name_or_version_shares_nothing(tmp_path: Path) -> None:
    for more in ("version: v2\n", "name: yours\n"):
        other = load_analysis(configuration(tmp_path / "b", more))
        assert list(check_namesake(other)) == []


def test_a_shipped_one_has_no_folder(tmp_path: Path) -> None:
    shipped = find_in_store("demo", "")
    write_snapshot(shipped, folder_of(shipped))
    assert list(check_namesake(shipped)) == []
    path = configuration(tmp_path / "b", "name: demo\n")
    (found,) = check_namesake(load_analysis(path))
    assert f"that one is in {CONFIG_FOLDER}" in found.where


def test_nothing_is_known_of_a_copy_that_is_damaged(first: AnalysisModel, tmp_path: Path) -> None:
    (folder_of(first) / FILE_NAME).write_text("[1, 2", encoding="utf-8")
    assert list(check_namesake(load_analysis(configuration(tmp_path / "b")))) == []
