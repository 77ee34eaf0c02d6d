from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import yaml

from higgsflow.analysis import Analysis
from higgsflow.catalog.new_analysis import new_analysis
from higgsflow.errors import InvalidConfiguration, StoreError

if TYPE_CHECKING:
    from pathlib import Path

MODULES = ("mine_tagger", "mine_systematic")


def test_writes_a_configuration_a_tagger_a_systematic_and_a_test(tmp_path: Path) -> None:
    files = new_analysis("mine", tmp_path)
    names = ["mine.yaml", "mine_tagger.py", "mine_systematic.py", "test_mine.py"]
    assert files == tuple(tmp_path / "mine" / name for name in names)
    assert sorted(path.name for path in (tmp_path / "mine").iterdir()) == sorted(names)
    content = files[0].read_text(encoding="utf-8")
    assert 50 <= len(content.splitlines()) <= 65
    assert max(map(len, content.splitlines())) <= 100
    assert set(yaml.safe_load(content)) <= set(Analysis.model_fields)


def test_nothing_is_wrong_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    try:
        report = Analysis.from_yaml(new_analysis("mine", tmp_path)[0]).check()
    finally:
        for name in MODULES:
            sys.modules.pop(name, None)
    assert report.is_ready, report.problems
    assert [row.sample for row in report.pairs] == ["ttH_M125", "DiPhoton", "Data"]


def test_its_code_is_in_the_house_style(tmp_path: Path) -> None:
    files = [str(path) for path in new_analysis("mine", tmp_path)[1:]]
    for command in (["check", "--select", "E,F,I,N,UP,B,D1"], ["format", "--check"]):
        options = ["--isolated", "--line-length", "100"]
        if command[0] == "check":
            options += ["--config", 'lint.per-file-ignores = {"test_*" = ["D"]}']
        found = subprocess.run(
            [sys.executable, "-m", "ruff", *command, *options, *files],
            capture_output=True,
            text=True,
            check=False,
        )
        assert found.returncode == 0, found.stdout


def test_name_of_a_shipped_analysis_is_refused(tmp_path: Path) -> None:
    """Both would have one folder in the store."""
    with pytest.raises(InvalidConfiguration, match="'demo' is a shipped analysis") as caught:
        new_analysis("demo", tmp_path)
    assert str(caught.value).endswith("did you mean 'my_demo'?")
    assert not list(tmp_path.iterdir())


def test_may_be_written_again_but_never_over_what_was_changed(tmp_path: Path) -> None:
    files = new_analysis("mine", tmp_path)
    files[0].unlink()
    assert new_analysis("mine", tmp_path) == files
    files[1].write_text("# mine\n", encoding="utf-8")
    files[0].unlink()
    with pytest.raises(InvalidConfiguration, match=r"mine_tagger\.py is there already"):
        new_analysis("mine", tmp_path)
    assert files[1].read_text(encoding="utf-8") == "# mine\n"
    assert not files[0].exists()


@pytest.mark.parametrize(
    ("name", "guess"),
    [("my-analysis", "my_analysis"), ("2017", "analysis_2017"), ("../x", "x"), ("", "analysis"),
     ("class", "analysis_class"), ("hé", "h")],
)  # fmt: skip
def test_a_name_that_no_module_can_have(tmp_path: Path, name: str, guess: str) -> None:
    with pytest.raises(InvalidConfiguration) as caught:
        new_analysis(name, tmp_path)
    assert caught.value.remedy == f"did you mean '{guess}'?"
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_is_too_long(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfiguration, match="it has 201 characters"):
        new_analysis("a" * 201, tmp_path)
    assert all(path.exists() for path in new_analysis("a" * 200, tmp_path))


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="choose another --folder"):
        new_analysis("mine", tmp_path / "file")
