from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from higgsflow.catalog.load import find_analysis, load_analysis
from higgsflow.errors import InvalidConfiguration

if TYPE_CHECKING:
    from pathlib import Path

CATALOG = (
    "years: {2017: {luminosity: 41.5}}\nsamples: {ttH: {kind: simulation, files: {2017: a.root}}}\n"
)
ANALYSIS = "samples: {catalog: samples.yaml}\ntag_sequence: [diphoton]\n"


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of an analysis, in the working folder."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "mine.yaml").write_text(ANALYSIS)
    (folder / "samples.yaml").write_text(CATALOG)
    return folder


def told(path: Path) -> list[str]:
    with pytest.raises(InvalidConfiguration) as caught:
        load_analysis(path)
    return str(caught.value).split("\n  ")


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("mine.yaml", "mine/mine.yaml"),
        ("mien/mine.yaml", "mine/mine.yaml"),
        ("mine/mien.yaml", "mine/mine.yaml"),
        ("elsewhere/samples.yaml", ""),
        # `mine/samples.yaml` is no more like it than any other name that ends so
        ("mine/demo.yaml", "demo"),
    ],
)
def test_configuration_that_is_not_there_offers_the_nearest(
    mine: Path, asked: str, meant: str
) -> None:
    with pytest.raises(InvalidConfiguration) as caught:
        find_analysis(asked)
    hint = f"\n  did you mean '{meant}'?" if meant else ""
    assert str(caught.value) == f"no configuration file {asked}\n  in {mine.parent}{hint}"


def test_catalogue_in_place_of_its_analysis_offers_that(mine: Path) -> None:
    path = mine / "samples.yaml"
    what = "this is a catalogue of samples, no analysis"
    assert told(path) == [what, str(path), f"did you mean '{mine / 'mine.yaml'}'?"]
    (mine / "mine.yaml").unlink()
    assert told(path)[2] == "give the configuration that names it in samples.catalog"


def test_analysis_in_place_of_its_catalogue_is_told(mine: Path) -> None:
    path = mine / "mine.yaml"
    path.write_text(ANALYSIS.replace("samples.yaml", "mine.yaml"))
    assert told(path)[0] == f"{path} is an analysis, no catalogue of samples"


def test_folder_in_place_of_a_catalogue_is_told(mine: Path) -> None:
    path = mine / "mine.yaml"
    path.write_text(ANALYSIS.replace("samples.yaml", "."))
    assert told(path)[2] == "it is a folder: give a file, such as samples.yaml"
