from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from higgsflow.catalog.folder import CONFIG_FOLDER
from higgsflow.catalog.load import load_analysis
from higgsflow.check.configuration import check_all, check_configuration
from higgsflow.errors import UserError
from higgsflow.model.tagging import TaggerSpec
from higgsflow.taggers.function import tagger

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Lab

    from higgsflow.model.analysis import AnalysisModel

    Load = Callable[[], AnalysisModel]


def test_a_sound_analysis_has_a_plan_for_each_sample_and_year(loaded: Load) -> None:
    plans, problems = check_configuration(loaded())
    assert sorted(plans) == [("Data", "2017"), ("Sig", "2017")]
    assert problems == []
    check_all(loaded())


def test_all_that_is_wrong_is_found_at_once(lab: Lab, loaded: Load) -> None:
    lab.content["variables_of_interest"] = ["m_gg", "m_g", "mett"]
    lab.content["systematics"]["weights"]["pileup"]["modifies_taggers"] = ["hihg_met"]
    lab.sig["xs"] = -0.5
    (lab.folder / "golden.json").write_text("{", encoding="utf-8")
    lab.content["samples"]["years"]["2017"]["golden_json"] = str(lab.folder / "golden.json")
    _, problems = check_configuration(loaded())
    of_sig = {p.what.partition(" in ")[0] for p in problems if p.subjects == ("Sig (2017)",)}
    assert of_sig == {
        "no variable 'm_g'",
        "no variable 'mett'",
        "no tag 'hihg_met'",
        "the cross section of Sig (2017) is negative: -0.5 pb",
    }
    of_data = [p.about for p in problems if p.subjects == ("Data (2017)",)]
    assert of_data == ["variables", "variables", "golden JSON"]


def test_a_golden_json_that_is_not_there_is_told_with_the_nearest(lab: Lab, loaded: Load) -> None:
    (lab.folder / "golden_2017.json").write_text("{}", encoding="utf-8")
    lab.content["samples"]["years"]["2017"]["golden_json"] = str(lab.folder / "golden_2071.json")
    _, (problem,) = check_configuration(loaded())
    assert problem.what == f"no file {lab.folder}/golden_2071.json"
    assert problem.remedy == "did you mean 'golden_2017.json'?"


def test_a_folder_of_modules_that_is_not_there_is_noted(lab: Lab, loaded: Load) -> None:
    lab.content["python_path"] = [str(lab.taggers.parent), str(lab.folder / "cod")]
    _, (note,) = check_configuration(loaded())
    assert (note.what, note.where, note.serious) == (
        f"no folder {lab.folder}/cod",
        "python_path",
        False,
    )


def test_a_tagger_that_cannot_be_found_is_told_for_itself(lab: Lab, loaded: Load) -> None:
    lab.content["tag_sequence"][1] = ["toy_taggers:hihg_met"]
    _, problems = check_configuration(loaded())
    assert {p.about for p in problems} == {"tag sequence"}
    assert {p.what for p in problems} == {
        "no name 'hihg_met' in toy_taggers. Did you mean 'high_met'?"
    }


@pytest.mark.parametrize("section", ["weights", "corrections", "independent_collections"])
def test_a_correction_file_that_is_not_there(lab: Lab, loaded: Load, section: str) -> None:
    correction: dict[str, Any] = {"file": "sf.json", "name": "sf", "inputs": {"x": "mass"}}
    if section == "independent_collections":
        correction["variations"] = {"up": "up"}
    source: dict[str, Any] = {"method": "correctionlib", "correction": correction}
    if section != "weights":
        source["branch_modified"] = "mass"
    lab.content["systematics"][section] = {
        **lab.content["systematics"].get(section, {}),
        "sf": source,
    }
    _, problems = check_configuration(loaded())
    assert {p.about for p in problems} == {"correction files"}
    assert "sf.json" in problems[0].what
    assert problems[0].remedy == ""
    (lab.folder / "sff.json").touch()
    _, problems = check_configuration(loaded())
    assert {p.remedy for p in problems} == {"did you mean 'sff.json'?"}


def test_what_is_refused_says_how_to_see_the_rest(lab: Lab, loaded: Load) -> None:
    lab.content["variables_of_interest"] = ["m_gg", "m_g", "mett"]
    with pytest.raises(UserError, match=r"'m_g'(.|\n)*and 1 more: higgsflow check --analysis mine"):
        check_all(loaded(), "mine")


def test_a_task_that_makes_no_files_is_told(lab: Lab, loaded: Load) -> None:
    lab.sig["files"]["2017"] = "task:GenerateDemoFile"
    _, problems = check_configuration(loaded())
    (found,) = problems
    assert found.subjects == ("Sig (2017)",)
    assert found.what == (
        "no producing task 'GenerateDemoFile' in the files of Sig (2017). "
        "Did you mean 'GenerateDemoFiles'?"
    )
    lab.sig["files"]["2017"] = "task:GenerateDemoFiles"
    assert check_configuration(loaded())[1] == []


def test_a_window_of_a_column_that_no_output_has_is_noted(lab: Lab, loaded: Load) -> None:
    lab.content["blinding"] = {"column": "mgg"}
    (found,) = check_configuration(loaded())[1]
    assert (found.about, found.serious) == ("blinding", False)
    assert found.what == "nothing will be drawn: no output has 'mgg', which says what is blinded"
    assert found.remedy.startswith("did you mean 'm_gg'? Else add it")
    lab.content["blinding"] = {"column": "mgg", "unblind": True}
    assert check_configuration(loaded())[1] == []
    # without data there is nothing to blind
    lab.content["blinding"] = {"column": "mgg"}
    lab.without_data()
    assert check_configuration(loaded())[1] == []


@tagger(reads=["Jet_pt"], adds={"GoodJet": "collection"})
def good_jets(events: Any) -> Any:
    return events.Jet.pt


def photon_factors_for(target: str) -> AnalysisModel:
    """The shipped configuration, whose factors of photons are given to other objects."""
    analysis = load_analysis(CONFIG_FOLDER / "corrections.yaml")
    assert check_configuration(analysis)[1] == []
    weights = analysis.systematics.weights
    other = weights["photon_id"].model_copy(update={"target_collections": (target,)})
    changed = analysis.systematics.model_copy(update={"weights": {**weights, "photon_id": other}})
    return analysis.model_copy(update={"systematics": changed})


def test_objects_of_another_collection_are_refused_where_the_tagger_says_of_which() -> None:
    _, problems = check_configuration(photon_factors_for("SelectedJet"))
    assert {(p.what, p.where, p.remedy, p.serious) for p in problems} == {
        (
            "'photon_id' has factors of Photon, and 'SelectedJet' is made of Jet",
            "in target_collections; made of Photon are: lead, sublead",
            "name one of these, or say `input_collection: Jet`",
            True,
        )
    }


def test_objects_of_another_collection_by_their_name_are_noted() -> None:
    analysis = photon_factors_for("GoodJet")
    steps = analysis.tag_sequence.tag_list
    own = TaggerSpec(name="good_jets", tagger=f"{__name__}:good_jets")
    sequence = analysis.tag_sequence.model_copy(
        update={"tag_list": (*steps[:-1], (*steps[-1], own))}
    )
    _, problems = check_configuration(analysis.model_copy(update={"tag_sequence": sequence}))
    assert (
        "'photon_id' looks at columns of Photon, for the objects 'GoodJet'",
        "these are of Jet, by their name",
        False,
    ) in {(p.what, p.where, p.serious) for p in problems}
    assert not any(problem.serious for problem in problems)


def test_a_luminosity_in_other_units_is_noted_and_runs(lab: Lab, loaded: Load) -> None:
    lab.content["samples"]["years"]["2017"]["luminosity"] = 41500
    _, problems = check_configuration(loaded())
    assert [(p.about, p.serious) for p in problems] == [("luminosity", False)]
    assert "41500 fb^-1" in problems[0].what
    assert "say 41.5" in problems[0].remedy
    check_all(loaded())
    lab.content["samples"]["years"]["2017"]["luminosity"] = 3000
    assert check_configuration(loaded())[1] == []
