from __future__ import annotations

import importlib
import importlib.metadata
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from higgsflow import Analysis, SamplesManager, TagSequence, diphoton_tagger, tth_tagger
from higgsflow.catalog.folder import CONFIG_FOLDER
from higgsflow.errors import InvalidConfiguration, StoreError, UnknownName

if TYPE_CHECKING:
    from pathlib import Path


def analysis(**changes: Any) -> Analysis:
    arguments: dict[str, Any] = {
        "samples": SamplesManager(sample_list=["ttH_M125"], years=["2017"]),
        "tag_sequence": TagSequence(tag_list=[diphoton_tagger, [tth_tagger]]),
        "variables_of_interest": ["m_gg"],
    }
    return Analysis(**{**arguments, **changes})


def test_is_read_from_a_file_by_name_and_by_path() -> None:
    by_name = Analysis.from_yaml("demo")
    assert isinstance(by_name, Analysis)
    assert by_name == Analysis.from_yaml(CONFIG_FOLDER / "demo.yaml")
    assert by_name.name == "demo"


def test_a_name_that_nobody_knows() -> None:
    with pytest.raises(UnknownName, match=r"no configuration 'dmeo' in .*Did you mean 'demo'"):
        Analysis.from_yaml("dmeo")


def test_a_folder_is_told_the_configuration_in_it(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").touch()
    with pytest.raises(InvalidConfiguration, match=r"did you mean '.*/mine\.yaml'"):
        Analysis.from_yaml(tmp_path)


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="Is a directory"):
        analysis().to_yaml(tmp_path)


@pytest.mark.parametrize("samples", ["ttH_M125", ["ttH_M125"], {"catalog": "demo"}, None])
def test_samples_of_another_kind_are_told_what_makes_them(samples: Any) -> None:
    with pytest.raises(InvalidConfiguration, match=r"give SamplesManager\(sample_list="):
        analysis(samples=samples)


@pytest.mark.parametrize("steps", ["diphoton", None, diphoton_tagger])
def test_sequence_that_is_no_list_is_told(steps: Any) -> None:
    with pytest.raises(InvalidConfiguration, match="a list of steps is needed, such as"):
        analysis(tag_sequence=steps)


@pytest.mark.parametrize("options", [3, [1], None])
def test_options_of_a_tagger_are_keys_and_values(options: Any) -> None:
    step = {"name": "a", "tagger": "diphoton", "options": options}
    with pytest.raises(InvalidConfiguration, match="options of a tagger are keys and values"):
        analysis(tag_sequence=[step])


def test_window_with_one_end_is_told() -> None:
    with pytest.raises(InvalidConfiguration, match=r"blinding\.window\.1: is required"):
        analysis(blinding={"window": [115]})


def test_written_and_read_it_is_equal(tmp_path: Path) -> None:
    first = Analysis.from_yaml("demo")
    first.to_yaml(tmp_path / "copy.yaml")
    assert Analysis.from_yaml(tmp_path / "copy.yaml") == first


def test_what_is_written_says_where_its_modules_lie(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process, such as the command line, looks for them there."""
    code = "from higgsflow import tagger\n\n\n@tagger(reads=[])\ndef all_of(events): ...\n"
    (tmp_path / "module_of_session.py").write_text(code, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    tagger = importlib.import_module("module_of_session").all_of
    (tmp_path / "elsewhere").mkdir()
    path = tmp_path / "elsewhere" / "mine.yaml"
    analysis(tag_sequence=TagSequence(tag_list=[tagger])).to_yaml(path)
    assert Analysis.from_yaml(path).python_path == (str(tmp_path),)


def test_folders_of_modules_start_here_wherever_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "code").mkdir()
    monkeypatch.chdir(tmp_path)
    analysis(python_path=["code", "../other"]).to_yaml("elsewhere/mine.yaml")
    found = Analysis.from_yaml("elsewhere/mine.yaml").python_path
    assert found == (str(tmp_path / "code"), str(tmp_path.parent / "other"))


def test_folders_of_modules_stay_in_their_order(tmp_path: Path) -> None:
    """Of two with a module of one name the first counts, there as here."""
    folders = tuple(str(tmp_path / name) for name in ("new", "old", "elder"))
    path = tmp_path / "mine.yaml"
    analysis(python_path=folders).to_yaml(path)
    assert Analysis.from_yaml(path).python_path == folders


def test_an_analysis_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        analysis().version = "v2"


def test_an_unknown_argument_offers_the_nearest() -> None:
    with pytest.raises(InvalidConfiguration, match="did you mean 'systematics'"):
        analysis(sytematics={})


def test_relative_paths_stay_in_the_folder_of_the_session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stages and jobs run elsewhere."""
    monkeypatch.chdir(tmp_path)
    correction = {"file": "muons.json", "name": "id", "inputs": {"pt": "MET_pt"}}
    weight = {"method": "correctionlib", "correction": correction}
    found = analysis(store="out", systematics={"weights": {"id": weight}})
    assert found.store == str(tmp_path / "out")
    assert found.systematics.weights["id"].correction is not None
    assert str(found.systematics.weights["id"].correction.file) == str(tmp_path / "muons.json")
    assert analysis(store=tmp_path / "out").store == found.store


def test_samples_are_chosen_by_name() -> None:
    with pytest.raises(UnknownName, match="Did you mean 'ttH_M125'"):
        SamplesManager(sample_list=["ttH_M215"])


def test_its_runner_is_found_by_an_entry_point() -> None:
    """The physics knows nothing of what runs it."""
    (point,) = importlib.metadata.entry_points(group="higgsflow.runners", name="law")
    assert point.value == "workflows.launch:run_analysis"
