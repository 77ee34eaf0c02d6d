from __future__ import annotations

from typing import Any

import pytest
from hand_made import HADRONIC, LEPTONIC, run, systematics

from higgsflow.errors import TaggerError
from higgsflow.file_columns import check_columns
from higgsflow.model.analysis import AnalysisModel
from higgsflow.plan import Plan, make_plan
from higgsflow.taggers.function import tagger

TTH = ["tth_leptonic", "tth_hadronic"]


@tagger(adds={"m_gg": "float64"})
def scaled(events: Any) -> Any:
    return events.run < 0, {"m_gg": events.m_gg * 0.8}


@tagger(adds={"lead_mvaID": "float64"})
def unlikely(events: Any) -> Any:
    raise NotImplementedError


@tagger(adds={"MET_pt": "float64"})
def other_met(events: Any) -> Any:
    raise NotImplementedError


@tagger(reads=["MET_pt"], adds={"MET_pt": "float64"})
def corrected_met(events: Any) -> Any:
    raise NotImplementedError


@tagger(reads=["MET_pt"], adds={"met": "float64"})
def high_met(events: Any) -> Any:
    raise NotImplementedError


@tagger(adds={"Jet": "collection"})
def clean_jets(events: Any) -> Any:
    raise NotImplementedError


@tagger(adds={"genWeight": "float64"})
def weighed(events: Any) -> Any:
    raise NotImplementedError


def mine(function: Any) -> str:
    return f"{__name__}:{function.__name__}"


def plan(*steps: Any, **changes: Any) -> Plan:
    sample = {"name": "S", "kind": "simulation", "xs": 1.0, "files": {"2017": "f.root"}}
    years = {"2017": {"luminosity": 1.0}}
    content = {
        "samples": {"samples": [sample], "years": years, "selected_years": ["2017"]},
        "tag_sequence": ["diphoton", *steps],
        "variables_of_interest": ["m_gg"],
    }
    model = AnalysisModel.model_validate(content | changes)
    return make_plan(model, model.samples.pairs[0])


def refused(*steps: Any, **changes: Any) -> list[str]:
    with pytest.raises(TaggerError) as caught:
        plan(*steps, **changes)
    *lines, remedy = str(caught.value).splitlines()
    assert remedy.strip() == "give the column another name"
    return [line.strip() for line in lines]


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ([[mine(scaled), *TTH]], "tagger 'scaled' adds 'm_gg', which 'diphoton' adds before"),
        ([mine(scaled), TTH], "tagger 'scaled' adds 'm_gg', which 'diphoton' adds before"),
        ([mine(unlikely), TTH], "tagger 'unlikely' adds 'lead_mvaID', which 'diphoton' adds"),
    ],
)  # fmt: skip
def test_no_tagger_replaces_a_column_of_an_earlier_step(steps: Any, message: str) -> None:
    (line,) = refused(*steps)
    assert line.startswith(message)


SHIFT = {"branches": {"up": "MET_up"}, "branch_modified": "MET_pt"}
WEIGHT = {"branches": {"up": "x"}, "requires_branches": "MET_pt"}


@pytest.mark.parametrize(
    ("steps", "changes", "owner"),
    [
        ([[mine(corrected_met)]], {}, "corrected_met"),
        ([mine(high_met), mine(other_met)], {}, "high_met"),
        ([[mine(high_met), mine(other_met)]], {}, "high_met"),
        ([mine(other_met)], {"variables_of_interest": ["input:MET_pt"]}, "variables_of_interest"),
        ([mine(other_met)], {"systematics": {"independent_collections": {"s": SHIFT}}},
         "systematic s"),
        ([mine(other_met)], {"generator_bins": {"b": {"column": "MET_pt", "edges": [0, 1]}}},
         "generator_bins"),
    ],
)  # fmt: skip
def test_no_tagger_replaces_a_column_of_the_input(steps: Any, changes: Any, owner: str) -> None:
    what, who = refused(*steps, **changes)
    assert what.endswith("adds 'MET_pt', which is read from the input")
    assert who == f"{owner} needs MET_pt"


def test_collection_and_generator_weight_are_of_the_input_too() -> None:
    assert refused([*TTH, mine(clean_jets)])[0].startswith("tagger 'clean_jets' adds 'Jet'")
    assert refused(mine(weighed))[1] == "the selection needs genWeight"


def test_variable_is_of_the_tagger_or_of_the_input() -> None:
    what, _ = refused(TTH, variables_of_interest=["input:m_gg"])
    assert what == "tagger 'diphoton' adds 'm_gg', which is read from the input"


def test_what_nobody_reads_of_the_input_may_be_added() -> None:
    assert plan(mine(other_met), TTH).steps[1][0].name == "other_met"


def test_taggers_of_one_step_may_share_columns() -> None:
    assert len(plan([*TTH, "thq"]).steps[1]) == 3


@pytest.mark.parametrize(
    ("steps", "changes", "owner"),
    [
        ([mine(other_met), mine(high_met)], {}, "high_met"),
        ([mine(other_met)], {"systematics": {"weights": {"w": WEIGHT}}}, "systematic w"),
    ],
)
def test_what_is_read_of_a_tagger_is_not_in_the_file_too(
    steps: Any, changes: Any, owner: str
) -> None:
    made = plan(*steps, **changes)
    needs = (*made.first_needs, *made.rest_needs)
    types = {source: "float" for need in needs for source in need.candidates}
    types |= dict.fromkeys(("run", "luminosityBlock", "event"), "uint64_t")
    check_columns(made, types, "f.root")
    # a shipped tagger's columns are documented, and nobody can rename them
    check_columns(made, types | {"m_gg": "float"}, "f.root")
    with pytest.raises(TaggerError, match=r"adds 'MET_pt', which f\.root has too") as caught:
        check_columns(made, types | {"MET_pt": "float"}, "f.root")
    assert f"{owner} needs MET_pt" in str(caught.value)


SCALE = {
    "method": "from_function",
    "function": "higgsflow.corrections.photons:scale_pt",
    "branch_modified": "Photon_pt",
    "kwargs": {"shift": 0.05},
}


def of_two_steps(**options: Any) -> Any:
    second = {"name": "thq", "tagger": "thq_leptonic", "options": options}
    return run(
        HADRONIC,
        LEPTONIC,
        tag_sequence=["diphoton", "tth_leptonic", [second]],
        variables_of_interest=["n_b_jets"],
        systematics=systematics({"scale": SCALE}),
    )


def test_shipped_taggers_of_two_steps_may_add_the_same() -> None:
    flows = of_two_steps().ledgers["scale_up"].flows
    assert [flow.step for flow in flows if flow.tagger == "thq"]


HARD_JETS = {"tagger": "tth_hadronic", "options": {"jet": {"pt_min": 30.0}}}


@pytest.mark.parametrize("steps", [[["tth_leptonic", HARD_JETS]], ["tth_leptonic", [HARD_JETS]]])
def test_shipped_taggers_that_count_other_objects_are_told_before_jobs_run(steps: Any) -> None:
    with pytest.raises(TaggerError) as caught:
        plan(*steps)
    what, where, remedy = str(caught.value).splitlines()
    assert what == "taggers 'tth_leptonic' and 'tth_hadronic' count different jets"
    assert where == "  their options of 'jet' differ, and both add n_central_jets"
    assert remedy == "  give both the same options"


def test_a_threshold_of_another_year_counts_no_other_jets() -> None:
    later = {"tagger": "tth_hadronic", "options": {"jet": {"b_tag_min": {"2017": 0.3040}}}}
    assert len(plan(["tth_leptonic", later]).steps[1]) == 2
