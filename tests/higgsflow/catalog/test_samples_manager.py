from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest
import yaml

from higgsflow.catalog.load import load_catalog, select_samples
from higgsflow.catalog.samples_manager import SamplesManager
from higgsflow.errors import InvalidConfiguration, UnknownName, UserError
from higgsflow.model.analysis import AnalysisModel
from higgsflow.model.samples import Samples

SAMPLE: dict[str, Any] = {
    "kind": "simulation",
    "xs": 1.0,
    "files": {2017: "a.root", 2018: "b.root"},
}
CATALOG: dict[str, Any] = {
    "years": {2017: {"luminosity": 41.5}, 2018: {"luminosity": 59.8}},
    "samples": {"ttH_M125": SAMPLE, "ggH_M125": SAMPLE},
}


def test_samples_are_chosen_as_in_a_configuration() -> None:
    made = SamplesManager(sample_list=["ttH*"], years=["2018"], catalog=CATALOG)
    expected = select_samples(load_catalog(CATALOG, Path.cwd()), ["ttH*"], ["2018"], "")
    assert [pair.name for pair in made.pairs] == ["ttH_M125 (2018)"]
    assert made.model_dump() == expected.model_dump()


def test_everything_is_taken_where_nothing_is_chosen() -> None:
    assert len(SamplesManager(catalog=CATALOG).pairs) == 4


def test_demo_is_the_catalogue_where_none_is_given() -> None:
    assert SamplesManager(["ttH_M125"], ["2017"]).pair("ttH_M125", "2017")


def test_paths_are_relative_to_the_working_directory_or_their_catalogue(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "s.yaml").write_text(yaml.safe_dump(CATALOG))
    monkeypatch.chdir(tmp_path)
    from_file = SamplesManager(catalog="config/s.yaml").pairs[0]
    assert from_file.addresses == (str(tmp_path / "config" / "a.root"),)
    in_place = SamplesManager(catalog=CATALOG).pairs[0]
    assert in_place.addresses == (str(tmp_path / "a.root"),)
    assert SamplesManager(catalog=["config/s.yaml"]).pairs[0] == from_file


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"sample_list": ["ttH_M215"]}, "Did you mean 'ttH_M125'?"),
        ({"years": ["2071"]}, "no luminosity for year '2071'"),
        ({"years": "2016"}, "no luminosity for year '2016'"),
        ({"sample_lst": ["ttH"]}, "no option 'sample_lst' in SamplesManager. Did you mean"),
        ({"catalog": {**CATALOG, "sampels": {}}}, "Did you mean 'samples'?"),
        ({"catalog": "no_such.yaml"}, "no catalogue 'no_such.yaml'"),
    ],
)
def test_what_is_wrong_is_told(options: dict[str, Any], reason: str) -> None:
    with pytest.raises(UserError) as caught:
        SamplesManager(**{"catalog": CATALOG, **options})
    assert reason in str(caught.value)
    assert len(str(caught.value).splitlines()) <= 3


def test_errors_are_of_the_vocabulary() -> None:
    with pytest.raises(UnknownName):
        SamplesManager(["x"], catalog=CATALOG)
    with pytest.raises(InvalidConfiguration):
        SamplesManager(catalog=3)  # type: ignore[arg-type]


def test_copies_are_equal() -> None:
    made = SamplesManager(["ttH*"], catalog=CATALOG)
    assert SamplesManager.model_validate_json(made.model_dump_json()) == made
    assert SamplesManager(**made.model_dump()) == made
    assert pickle.loads(pickle.dumps(made)) == made
    assert made.model_copy() == made


def test_model_of_an_analysis_takes_it_as_its_samples() -> None:
    model = AnalysisModel(
        samples=SamplesManager(catalog=CATALOG),
        tag_sequence=["diphoton"],
        variables_of_interest=["m_gg"],
    )
    again = AnalysisModel.model_validate_json(model.model_dump_json(by_alias=True))
    assert again.samples.pairs == model.samples.pairs
    assert isinstance(again.samples, Samples)
