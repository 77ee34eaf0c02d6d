from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from higgsflow.errors import InvalidConfiguration
from higgsflow.model.analysis import AnalysisModel

CONTENT = """
name: hgg
samples:
  samples:
    - {name: ttH_M125, kind: simulation, xs: 0.5071, bf: 0.00227, files: {2017: [a.root]},
       systematics: {weights: {theory: {branches: {up: th_up, down: th_down}}}}}
    - {name: ggH_M125, kind: simulation, xs: 48.6, files: {2017: b.root, 2018: c.root}}
    - {name: Data, kind: data, files: {2017: [d.root]}}
  years:
    2017: {luminosity: 41.5, golden_json: /x/golden.json}
    2018: {luminosity: 59.8}
  selected_years: ["2017", "2018"]
systematics:
  weights:
    l1: {branches: {up: L1_Up, down: L1_Dn}, years: 2017}
  independent_collections:
    scale: {branch_modified: [Photon, pt], branches: {up: Photon_pt_up, down: Photon_pt_down}}
tag_sequence: [diphoton, [tth_leptonic, thq]]
variables_of_interest: [m_gg, pt_gg]
jobs_manager: {min_completion: 0.95}
"""


def content(**change: Any) -> dict[str, Any]:
    return {**yaml.safe_load(CONTENT), **change}


def model(**change: Any) -> AnalysisModel:
    return AnalysisModel.model_validate(content(**change))


def weights_of(analysis: AnalysisModel, sample: str, year: str) -> list[str]:
    return list(analysis.systematics_of(analysis.samples.pair(sample, year)).weights)


def test_json_round_trip_gives_an_equal_model() -> None:
    analysis = model()
    assert AnalysisModel.model_validate_json(analysis.model_dump_json(by_alias=True)) == analysis


def test_data_are_hidden_where_there_are_some() -> None:
    assert model().hides_data
    assert not model(blinding={"unblind": True}).hides_data
    samples = yaml.safe_load(CONTENT)["samples"]
    simulated = [entry for entry in samples["samples"] if entry["kind"] == "simulation"]
    assert not model(samples={**samples, "samples": simulated}).hides_data


def test_years_are_text_everywhere() -> None:
    analysis = model()
    assert [pair.year for pair in analysis.samples.pairs] == ["2017", "2017", "2018", "2017"]
    assert set(analysis.samples.years) == {"2017", "2018"}


def test_weight_or_collection_for_data_only_is_refused() -> None:
    changed = content()
    changed["samples"]["known_samples"] = ["ttH_M125", "ggH_M125", "Data"]
    for kind, name in (("weights", "l1"), ("independent_collections", "scale")):
        source = changed["systematics"][kind][name]
        with pytest.raises(InvalidConfiguration, match=f"'{name}' is for data only, and would n"):
            AnalysisModel.model_validate(
                {**changed, "systematics": {kind: {name: {**source, "samples": "Data"}}}}
            )
        AnalysisModel.model_validate(
            {**changed, "systematics": {kind: {name: {**source, "samples": ["Data", "gg*"]}}}}
        )


def test_weights_of_a_catalogue_of_data_wait_for_simulation() -> None:
    changed = content()
    samples = changed["samples"]
    samples |= {"samples": samples["samples"][-1:], "known_samples": ["Data"]}
    assert AnalysisModel.model_validate(changed).systematics.weights


def test_systematics_of_a_sample_are_added_to_the_common_ones() -> None:
    analysis = model()
    assert weights_of(analysis, "ttH_M125", "2017") == ["l1", "theory"]
    assert weights_of(analysis, "ggH_M125", "2017") == ["l1"]
    assert weights_of(analysis, "ggH_M125", "2018") == []


def test_data_has_no_systematics() -> None:
    analysis = model()
    assert analysis.systematics_of(analysis.samples.pair("Data", "2017")).variations == ("nominal",)


def test_order_of_systematics_does_not_matter() -> None:
    weights = content()["systematics"]["weights"] | {"a": {"branches": {"up": "x"}}}
    ways = [
        model(systematics={"weights": dict(order)})
        for order in (weights.items(), reversed(weights.items()))
    ]
    assert ways[0] == ways[1]
    for pair in ways[0].samples.pairs:
        assert (
            ways[0].systematics_of(pair).model_dump_json()
            == ways[1].systematics_of(pair).model_dump_json()
        )


def test_systematics_that_clash_in_one_sample_are_found_at_once() -> None:
    clashing = {"theory": {"branch_modified": "Jet_pt", "branches": {"up": "Jet_pt_up"}}}
    with pytest.raises(ValidationError, match="'theory' is both a weight"):
        model(systematics={"independent_collections": clashing})


def test_one_variable_stands_for_a_list_of_it() -> None:
    assert model(variables_of_interest="m_gg").variables_of_interest == ("m_gg",)


def test_variable_given_twice_is_an_error() -> None:
    with pytest.raises(InvalidConfiguration, match="variable of interest 'm_gg' is given twice"):
        model(variables_of_interest=["m_gg", "pt_gg", "m_gg"])


@pytest.mark.parametrize(
    "names", [("input:genWeight", "gen:genWeight"), ("m_gg", "input:m_gg"), ("gen:m_gg", "m_gg")]
)
def test_two_variables_are_not_one_column(names: tuple[str, str]) -> None:
    with pytest.raises(InvalidConfiguration, match=f"'{names[0]}' and '{names[1]}' are one column"):
        model(variables_of_interest=["pt_gg", *names])


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"output_fromat": "root"}, "did you mean 'output_format'"),
        ({"output_format": "csv"}, "output_format"),
        ({"variables_of_interest": []}, "variables_of_interest"),
        ({"name": "../up"}, "cannot be a name"),
        ({"blinding": {"widow": [1, 2]}}, "did you mean 'window'"),
    ],
)
def test_what_is_wrong_is_named(change: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        model(**change)


def test_signal_region_is_blind_by_default() -> None:
    blinding = model().blinding
    assert (blinding.column, blinding.window, blinding.unblind) == ("m_gg", (115.0, 135.0), False)


@pytest.mark.parametrize("window", [[135, 115], [125, 125], [115, float("inf")]])
def test_window_hides_something(window: list[float]) -> None:
    with pytest.raises(ValidationError, match=r"blinding\.window"):
        model(blinding={"window": window})


def test_nested_names_of_variables_are_flat() -> None:
    """As HiggsDNA writes them."""
    analysis = model(variables_of_interest=["m_gg", ["LeadPhoton", "pt"]])
    assert analysis.variables_of_interest == ("m_gg", "LeadPhoton_pt")


def test_trees_of_a_root_file_are_those_of_the_tags() -> None:
    assert model(output_format="root").tree_names == {}
    per_tag = {"output_format": "root", "outputs": {"trees": "per_tag"}}
    assert model(**per_tag).tree_names == {"tth_leptonic": 0, "thq": 1}
    with pytest.raises(ValidationError, match="per_tag needs output_format: root"):
        model(outputs={"trees": "per_tag"})


@pytest.mark.parametrize("of_sample", [False, True])
def test_for_finalfit_weights_of_all_samples_have_names_that_roofit_reads(of_sample: bool) -> None:
    changed = content(outputs={"finalfit": {"processes": {"ttH_M125": "tth"}}})
    assert AnalysisModel.model_validate(changed).outputs.finalfit is not None
    owner = changed["samples"]["samples"][0] if of_sample else changed
    owner["systematics"]["weights"] = {"b-tag": {"branches": {"up": "up", "down": "down"}}}
    with pytest.raises(ValidationError, match="RooFit reads no branch 'b-tagUp01sigma'"):
        AnalysisModel.model_validate(changed)
    changed["outputs"]["finalfit"]["systematics"] = {"b-tag": "btag"}
    assert AnalysisModel.model_validate(changed)
