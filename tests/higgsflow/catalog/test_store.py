from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from higgsflow.catalog.load import load_analysis
from higgsflow.catalog.snapshot import write_snapshot
from higgsflow.catalog.store import find_in_store, folder_of, store_of
from higgsflow.errors import InvalidConfiguration, UnknownName

if TYPE_CHECKING:
    from pathlib import Path

CONTENT = """\
samples: {catalog: demo, sample_list: [ttH_M125], years: ["2017"]}
tag_sequence: [diphoton]
variables_of_interest: [m_gg]
"""


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HIGGSFLOW_STORE", str(tmp_path / "store"))
    path = tmp_path / "toy.yaml"
    path.write_text(CONTENT, encoding="utf-8")
    return path


def test_the_store_is_absolute(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = find_in_store(str(path), "")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HIGGSFLOW_STORE", "relative")
    assert store_of(model) == tmp_path / "relative"
    assert folder_of(model) == tmp_path / "relative" / "toy" / "v1"
    monkeypatch.delenv("HIGGSFLOW_STORE")
    assert store_of(model) == tmp_path / "store"


def test_the_configuration_chooses_the_store(path: Path, tmp_path: Path) -> None:
    path.write_text(f"{CONTENT}store: other\n", encoding="utf-8")
    assert store_of(find_in_store(str(path), "")) == tmp_path / "other"


def test_an_undefined_variable_is_no_folder(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HIGGSFLOW_STORE", "$NOWHERE/store")
    with pytest.raises(InvalidConfiguration, match=r"undefined variable in '\$NOWHERE/store'"):
        store_of(find_in_store(str(path), ""))


@pytest.mark.parametrize("name", ["a\nqueue 5", "a\tb", "\x1b]0;a\x07"])
def test_a_line_in_a_path_is_none_in_the_file_of_an_engine(
    path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    monkeypatch.setenv("HIGGSFLOW_STORE", str(tmp_path / name))
    with pytest.raises(InvalidConfiguration, match="that has control characters") as caught:
        store_of(load_analysis(path))
    assert len(str(caught.value).splitlines()) == 3


def test_the_home_of_nobody_is_no_folder(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HIGGSFLOW_STORE", "~nobody_at_all/store")
    with pytest.raises(InvalidConfiguration, match="no such home: '~nobody_at_all/store'"):
        store_of(find_in_store(str(path), ""))


def test_what_was_written_to_the_store_is_found_by_name(path: Path) -> None:
    model = load_analysis(path)
    write_snapshot(model, folder_of(model))
    assert find_in_store("toy", "") == model
    with pytest.raises(UnknownName, match="no analysis 'toy'"):
        find_in_store("toy", "v2")


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give files to somebody else")
def test_what_somebody_else_wrote_is_found_by_its_path_only(path: Path) -> None:
    model = load_analysis(path)
    snapshot = write_snapshot(model, folder_of(model))
    os.chown(snapshot, 65534, -1)
    with pytest.raises(InvalidConfiguration) as refused:
        find_in_store("toy", "")
    assert str(refused.value) == (
        "analysis 'toy' of the store is of somebody else, whose code would run as yours\n"
        f"  if that is what you want: --analysis {snapshot}"
    )
    assert find_in_store(str(snapshot), "").name == "toy"


def test_a_configuration_may_be_called_as_the_copy_in_the_store_is(path: Path) -> None:
    own = path.rename(path.with_name("analysis.yaml"))
    model = find_in_store(str(own), "")
    assert model.name == "analysis"
    assert find_in_store(str(write_snapshot(model, folder_of(model))), "") == model


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("mine", "mine/mine.yaml"),
        ("mine/", "mine/mine.yaml"),
        ("mine/mine", "mine/mine.yaml"),
        ("others", "others/a.yaml"),
        ("toy", "toy.yaml"),
    ],
)
def test_a_folder_or_a_path_without_its_ending_is_told_the_configuration(
    path: Path, asked: str, meant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(path.parent)
    for folder, names in (("mine", ("a", "mine")), ("others", ("a", "b"))):
        path.with_name(folder).mkdir()
        for name in names:
            path.with_name(folder).joinpath(f"{name}.yaml").touch()
    with pytest.raises(InvalidConfiguration) as told:
        find_in_store(asked, "")
    assert str(told.value) == f"'{asked}' is no configuration\n  did you mean '{meant}'?"


def test_a_folder_of_the_store_is_told_its_copy_of_the_configuration(path: Path) -> None:
    model = load_analysis(path)
    copy = write_snapshot(model, folder_of(model))
    with pytest.raises(InvalidConfiguration) as told:
        find_in_store(str(folder_of(model)), "")
    assert str(told.value).endswith(f"did you mean '{copy}'?")


@pytest.mark.parametrize("version", ["../v2", "a/b", ".hidden"])
def test_a_version_is_the_name_of_a_folder(path: Path, version: str) -> None:
    with pytest.raises(InvalidConfiguration, match="cannot be a name"):
        find_in_store(str(path), version)
