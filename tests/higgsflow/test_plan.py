from __future__ import annotations

from typing import Any

import pytest
from hand_made import MODIFYING, model, systematics

from higgsflow.check.configuration import check_all
from higgsflow.errors import UserError
from higgsflow.model.analysis import AnalysisModel
from higgsflow.plan import Plan, make_plan
from higgsflow.taggers.base import Tagger
from higgsflow.taggers.function import tagger

PILEUP = {"branches": {"central": "puWeight", "up": "puWeightUp"}, "modify_central_weight": True}
SCALE = {"branches": {"up": "Photon_ptUp"}, "branch_modified": "Photon_pt"}


@tagger(reads=["m_gg", "MET_pt"], adds={"met": "float64"})
def reads_an_earlier_column(events: Any) -> Any:
    raise NotImplementedError


def plain(events: Any) -> Any:
    raise NotImplementedError


def moved(events: Any, direction: str) -> Any:
    raise NotImplementedError


def analysis(year: str = "2017", kind: str = "simulation", **changes: Any) -> AnalysisModel:
    sample: dict[str, Any] = {"name": "S", "kind": kind, "files": {year: "f.root"}}
    if kind == "simulation":
        sample["xs"] = 1.0
    years = {year: {"luminosity": 1.0, "apply_golden_json": False}}
    content = {
        "samples": {"samples": [sample], "years": years, "selected_years": [year]},
        "tag_sequence": ["diphoton", ["tth_leptonic", "tth_hadronic"]],
        "variables_of_interest": ["m_gg"],
    }
    return AnalysisModel.model_validate(content | changes)


def plan(**changes: Any) -> Plan:
    model = analysis(**changes)
    return make_plan(model, model.samples.pairs[0])


def weights(**content: Any) -> dict[str, Any]:
    return {"weights": content}


def message(**changes: Any) -> str:
    with pytest.raises(UserError) as caught:
        plan(**changes)
    assert len(str(caught.value).splitlines()) <= 3
    return str(caught.value)


def names(needs: Any) -> set[str]:
    return {need.name for need in needs}


def test_counters_before_any_cut_decide_what_is_read_of_all_events() -> None:
    made = plan(systematics=weights(pileup=PILEUP))
    first, rest = names(made.first_needs), names(made.rest_needs)
    assert {"run", "event", "genWeight", "Photon_pt", "puWeightUp"} <= first
    assert {"Jet_pt", "Muon_pt"} <= rest
    assert not first & rest
    assert not any(name.startswith("Jet") for name in first)


def test_data_need_no_generator_weight_and_no_systematics() -> None:
    made = plan(kind="data", systematics=weights(pileup=PILEUP))
    assert "genWeight" not in names(made.first_needs)
    assert (made.weights, made.weight_columns) == ((), {})


@pytest.mark.parametrize(
    ("content", "is_late"),
    [
        ({}, False),
        ({"modifies_taggers": ["tth_hadronic"]}, True),
        ({"requires_branches": ["m_gg"]}, True),
        ({"requires_branches": ["SelectedJet_pt"]}, True),
        ({"requires_branches": ["Jet_pt"]}, False),
    ],
)
def test_weights_that_need_taggers_come_after_them(content: dict[str, Any], is_late: bool) -> None:
    made = plan(systematics=weights(pileup={**PILEUP, **content}))
    assert [w.name for w in (made.late if is_late else made.early)] == ["pileup"]
    assert "puWeight" in names(made.rest_needs if is_late else made.first_needs)
    assert not {"m_gg", "SelectedJet_pt"} & names((*made.first_needs, *made.rest_needs))


def test_object_weight_of_selected_objects_is_late_and_reads_the_input() -> None:
    content = {"type": "object", "branches": {"up": "sf"}, "input_collection": "Muon"}
    made = plan(systematics=weights(id={**content, "target_collections": "SelectedMuon"}))
    assert [w.name for w in made.late] == ["id"]
    assert "Muon_sf" in names(made.rest_needs)


def test_columns_of_factors_and_full_weights() -> None:
    other = {"branches": {"up": "x", "down": "y"}}
    made = plan(systematics=weights(pileup=PILEUP, other=other))
    expected = ["weight_other_up", "weight_other_down", "weight_pileup_up", "weight_full_pileup_up"]
    assert list(made.weight_columns) == expected


def test_column_of_the_input_can_be_passed_on() -> None:
    made = plan(variables_of_interest=["m_gg", "input:MET_pt"])
    assert made.variables == {"m_gg": "float64", "MET_pt": "input"}
    assert "MET_pt" in names(made.rest_needs)


def test_columns_of_earlier_steps_are_not_read() -> None:
    here = f"{__name__}:reads_an_earlier_column"
    made = plan(tag_sequence=["diphoton", here], variables_of_interest=["met"])
    assert "MET_pt" in names(made.rest_needs)
    assert "m_gg" not in names(made.rest_needs)


def test_variable_nobody_produces_names_the_nearest() -> None:
    assert "no variable 'm_g'" in message(variables_of_interest=["m_g"])
    assert "Did you mean 'm_gg'" in message(variables_of_interest=["m_g"])
    # who means a column of the file is told how to say it
    assert "'input:NAME' is a column of the input" in message(variables_of_interest=["MET_pt"])


@pytest.mark.parametrize(
    "name", ["input:event", "gen:run", "luminosityBlock", "input:tag_idx", "input:weight_central"]
)
def test_what_every_output_has_is_no_variable(name: str) -> None:
    text = message(variables_of_interest=["m_gg", name])
    assert f"variable of interest '{name}' is in every output already" in text


def test_collection_is_no_variable() -> None:
    assert "no variable 'SelectedJet'" in message(variables_of_interest=["SelectedJet"])


def test_unknown_tag_of_a_weight_names_the_nearest() -> None:
    of_tag = {**PILEUP, "modifies_taggers": ["tth_hadronc"]}
    text = message(systematics=weights(pileup=of_tag))
    assert (
        "no tag 'tth_hadronc' in modifies_taggers of 'pileup'. Did you mean 'tth_hadronic'" in text
    )


def test_unknown_target_of_a_weight_names_the_nearest() -> None:
    content = {"type": "object", "branches": {"up": "sf"}, "input_collection": "Muon"}
    text = message(systematics=weights(id={**content, "target_collections": "SelectedMoun"}))
    assert "no collection 'SelectedMoun'" in text
    assert "Did you mean 'SelectedMuon'" in text


def test_plain_function_is_told_how_to_declare() -> None:
    assert "does not say what it reads" in message(tag_sequence=[f"{__name__}:plain"])


def test_tagger_that_comes_too_early_is_told_what_it_needs() -> None:
    text = message(tag_sequence=["tth"])
    assert "no column 'lead_eta' in the steps before 'tth'" in text


def test_year_without_b_tag_threshold() -> None:
    assert "no b-tagging threshold for year '2022F'" in message(year="2022F")


def test_year_without_trigger() -> None:
    sequence = [{"tagger": "diphoton", "options": {"trigger": True}}]
    assert "no trigger for year '2022'" in message(year="2022", kind="data", tag_sequence=sequence)
    plan(year="2022", tag_sequence=sequence)


def test_an_unknown_option_of_a_tagger_offers_the_nearest() -> None:
    sequence = [{"tagger": "diphoton", "options": {"triggr": True}}]
    assert "did you mean 'trigger'" in message(tag_sequence=sequence)


def test_all_plans_are_made_before_anything_runs() -> None:
    check_all(analysis())
    with pytest.raises(UserError, match="no b-tagging"):
        check_all(analysis(year="1999"))
    with pytest.raises(UserError, match=r"does not say what it reads"):
        check_all(analysis(tag_sequence=[f"{__name__}:plain"]))


class NeedyTagger(Tagger):
    """Needs a column that an option names."""

    column: str

    def needs(self) -> tuple[str, ...]:
        return (self.column,)

    def reads(self, context: Any) -> Any:
        del context
        return ()

    def adds(self, context: Any) -> dict[str, str]:
        del context
        return {}

    def select(self, events: Any, context: Any) -> Any:
        raise NotImplementedError


def test_needs_may_depend_on_options() -> None:
    def sequence(column: str) -> dict[str, Any]:
        mine = {"name": "mine", "tagger": f"{__name__}:NeedyTagger", "options": {"column": column}}
        return {"tag_sequence": ["diphoton", mine]}

    assert plan(**sequence("pt_gg")).steps[1][0].needs() == ("pt_gg",)
    assert "no column 'pt_g' in the steps before 'mine'" in message(**sequence("pt_g"))


SMEARING = {
    "method": "from_function",
    "function": f"{__name__}:moved",
    "branch_modified": "Photon_pt",
}


def corrections(**content: Any) -> dict[str, Any]:
    return {"systematics": {"corrections": content}}


def test_corrections_up_to_the_last_that_matters_come_before_the_skim() -> None:
    jets = {**SMEARING, "branch_modified": "Jet_pt"}
    made = plan(**corrections(first=jets, photons=SMEARING, last=jets))
    assert [c.name for c in made.first_corrections] == ["first", "photons"]
    assert [c.name for c in made.rest_corrections] == ["last"]
    assert "Jet_pt" in names(made.first_needs)
    assert not plan(**corrections(last=jets)).first_corrections


def test_corrections_are_also_of_data() -> None:
    made = plan(kind="data", **corrections(photons=SMEARING))
    assert [c.name for c in made.first_corrections] == ["photons"]
    of_simulation = {**SMEARING, "applies_to": "simulation"}
    assert not plan(kind="data", **corrections(photons=of_simulation)).first_corrections


def test_what_is_undone_is_needed() -> None:
    undone = {**SMEARING, "already_in": "Photon_eCorr", "undo": True}
    made = plan(**corrections(photons=undone))
    assert "Photon_eCorr" in names(made.first_needs)


def of_the_pair(*targets: str, field: str = "pt") -> dict[str, Any]:
    correction = {"file": "c.json", "name": "c", "inputs": {"x": field}, "variations": {"up": "u"}}
    content = {"type": "object", "method": "correctionlib", "input_collection": "Photon"}
    return weights(id={**content, "target_collections": targets, "correction": correction})


def test_weight_of_the_photons_of_the_pair_is_late() -> None:
    made = plan(systematics=of_the_pair("lead", "sublead"))
    assert [w.name for w in made.late] == ["id"]


def test_column_that_no_tagger_adds_for_the_object_has_a_hint() -> None:
    text = message(systematics=of_the_pair("lead", field="ptt"))
    assert "no column 'lead_ptt' in what taggers add for 'id'. Did you mean 'lead_pt'?" in text


def preserving(*columns: str, **more: Any) -> dict[str, Any]:
    bins = {"column": "n_b_jets", "edges": [0, 1, 2, 9], **more}
    return weights(b={**PILEUP, "requires_branches": columns, "preserve": bins})


def test_sums_that_taggers_make_are_counted_at_their_step() -> None:
    assert plan(systematics=preserving()).kept_at == {"b": 1}
    assert plan(systematics=preserving(column="m_gg")).kept_at == {"b": 0}
    assert plan(systematics=preserving(column="nJet")).kept_at == {}


def test_cut_before_on_what_a_preserving_weight_reads_must_be_allowed() -> None:
    text = message(systematics=preserving("Photon_pt"))
    assert "'b' preserves sums, but 'diphoton' cuts before they are counted" in text
    assert "both look at Photon_pt" in text
    allowed = preserving("Photon_pt", after="diphoton")
    assert plan(systematics=allowed).kept_at == {"b": 1}


def test_generator_columns_are_read_of_simulation_only() -> None:
    columns = ["m_gg", "gen:HTXS_pt"]
    bins = {"stxs": {"column": "HTXS_cat", "values": [1, 2]}}
    made = plan(variables_of_interest=columns, generator_bins=bins)
    assert made.variables["HTXS_pt"] == "gen"
    assert "HTXS_pt" in {need.name for need in made.rest_needs}
    assert "HTXS_cat" in {need.name for need in made.first_needs}
    assert made.generator_bins["stxs"].n == 2


def test_data_read_no_generator_columns() -> None:
    made = plan(
        kind="data",
        variables_of_interest=["m_gg", "gen:HTXS_pt"],
        generator_bins={"stxs": {"column": "HTXS_cat", "values": [1, 2]}},
    )
    read = {need.name for need in (*made.first_needs, *made.rest_needs)}
    assert not read & {"HTXS_pt", "HTXS_cat"}
    assert made.generator_bins == {}


def test_file_of_a_correction_is_looked_for_before_anything_runs() -> None:
    with pytest.raises(UserError, match=r"cannot read c\.json"):
        check_all(analysis(systematics=of_the_pair("lead")))


def test_kwargs_that_a_systematic_does_not_take_are_told_before_anything_runs() -> None:
    shift = {
        "method": "from_function", "function": "higgsflow.corrections.photons:scale_pt",
        "branch_modified": "Photon_pt", "kwargs": {"sift": 0.1},
    }  # fmt: skip
    told = message(systematics={"independent_collections": {"scale": shift}})
    assert "no option 'sift' in the function of 'scale'. Did you mean 'shift'?" in told


def test_weights_multiply_in_one_order_whatever_they_are_called() -> None:
    """Then renaming them changes no product in its last bit."""
    orders = []
    for names in ("ab", "ba"):
        columns = zip(names, ("w", "w_up"), strict=True)
        weights = {name: {**MODIFYING, "branches": {"central": c, "up": c}} for name, c in columns}
        analysis = model(systematics=systematics(**weights))
        plan = make_plan(analysis, analysis.samples.pairs[0])
        orders.append([weight.branches["central"] for weight in plan.early])
    assert orders[0] == orders[1]
