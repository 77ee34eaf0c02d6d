from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from higgsflow.catalog.folder import CONFIG_FOLDER, known_analyses
from higgsflow.catalog.load import load_analysis
from higgsflow.catalog.snapshot import FILE_NAME, as_yaml, read_snapshot, write_snapshot
from higgsflow.errors import InvalidConfiguration


@pytest.fixture(autouse=True)
def _data_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shipped configurations for files of the experiment ask where these are."""
    monkeypatch.setenv("HIGGSFLOW_DATA", "/data")


@pytest.mark.parametrize("name", known_analyses())
def test_every_shipped_analysis_comes_back_equal(name: str, tmp_path: Path) -> None:
    analysis = load_analysis(CONFIG_FOLDER / f"{name}.yaml")
    path = write_snapshot(analysis, tmp_path)
    assert path == tmp_path / FILE_NAME
    assert read_snapshot(path) == analysis == load_analysis(path)
    assert as_yaml(read_snapshot(path)) == as_yaml(analysis)


def test_can_be_read_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No relative path and no variable is left in it."""
    analysis = load_analysis(CONFIG_FOLDER / "demo.yaml")
    path = write_snapshot(analysis, tmp_path)
    assert "$" not in path.read_text(encoding="utf-8")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    golden = read_snapshot(path).samples.years["2017"].golden_json
    assert golden is not None
    assert Path(golden).is_absolute()
    assert Path(golden).resolve() == CONFIG_FOLDER / "golden" / "demo_2017.json"


def test_is_written_only_when_it_differs(tmp_path: Path) -> None:
    analysis = load_analysis(CONFIG_FOLDER / "demo.yaml")
    path = write_snapshot(analysis, tmp_path)
    before = path.stat().st_mtime_ns, path.stat().st_ino
    write_snapshot(analysis, tmp_path)
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == before
    write_snapshot(analysis.model_copy(update={"version": "v2"}), tmp_path)
    assert read_snapshot(path).version == "v2"


def test_one_of_another_version_of_the_program_is_named(tmp_path: Path) -> None:
    path = write_snapshot(load_analysis(CONFIG_FOLDER / "demo.yaml"), tmp_path)
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    path.write_text(yaml.safe_dump({**content, "of_tomorrow": 1}), encoding="utf-8")
    with pytest.raises(InvalidConfiguration, match="of_tomorrow") as told:
        read_snapshot(path)
    assert str(told.value).startswith(f"{path} is not valid:")


def test_one_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfiguration, match=f"no analysis at {tmp_path}"):
        read_snapshot(tmp_path / FILE_NAME)


LAUGHS = "\n".join(
    ["python_path:", "- &a0 [x, x, x, x, x, x, x, x, x, x]"]
    + [f"- &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 12)]
)


@pytest.mark.parametrize("text", ["", "[1, 2", "- 1\n- 2\n", "{{{{", "[" * 10_000, LAUGHS])
def test_one_that_was_damaged_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / FILE_NAME
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidConfiguration) as told:
        read_snapshot(path)
    assert str(path) in str(told.value)
    assert len(str(told.value).splitlines()) <= 3
