from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import awkward as ak
import pytest
import uproot

from higgsflow.errors import MissingColumn, UserError
from higgsflow.events.tree import column_types, get_tree, open_file
from higgsflow.file_columns import check_columns
from higgsflow.model.analysis import AnalysisModel
from higgsflow.plan import Plan, make_plan

if TYPE_CHECKING:
    from pathlib import Path

PILEUP = {"branches": {"central": "puWeight", "up": "puWeightUp"}, "modify_central_weight": True}
SCALE = {"branches": {"up": "Photon_ptUp"}, "branch_modified": "Photon_pt"}
SMEARING = {
    "method": "from_function",
    "function": f"{__name__}:moved",
    "branch_modified": "Photon_pt",
    "already_in": "Photon_eCorr",
}


def moved(events: Any, direction: str) -> Any:
    raise NotImplementedError


def plan(**changes: Any) -> Plan:
    content = {
        "samples": {
            "samples": [
                {"name": "S", "kind": "simulation", "xs": 1.0, "files": {"2017": "f.root"}}
            ],
            "years": {"2017": {"luminosity": 1.0, "apply_golden_json": False}},
            "selected_years": ["2017"],
        },
        "tag_sequence": ["diphoton", ["tth_leptonic", "tth_hadronic"]],
        "variables_of_interest": ["m_gg"],
    }
    model = AnalysisModel.model_validate(content | changes)
    return make_plan(model, model.samples.pairs[0])


def typed(names: set[str]) -> dict[str, str]:
    """Columns with types as a file has them."""
    whole = ("run", "luminosityBlock", "event")
    return {name: "uint64_t" if name in whole else "float" for name in names}


@pytest.mark.parametrize(
    ("column", "owner", "changes"),
    [
        ("Photon_mvaID", "diphoton", {}),
        ("Jet_jetId", "tth_hadronic", {}),
        ("puWeightUp", "systematic pileup", {"systematics": {"weights": {"pileup": PILEUP}}}),
        (
            "Photon_ptUp",
            "systematic scale",
            {"systematics": {"independent_collections": {"scale": SCALE}}},
        ),
        ("MET_pt", "variables_of_interest", {"variables_of_interest": ["input:MET_pt"]}),
        ("genWeight", "the selection", {}),
    ],
)
def test_missing_column_names_file_column_who_needs_it_and_near_names(
    column: str, owner: str, changes: dict[str, Any]
) -> None:
    made = plan(**changes)
    sources = {s for n in (*made.first_needs, *made.rest_needs) for s in n.candidates}
    check_columns(made, typed(sources), "f.root")
    with pytest.raises(MissingColumn) as caught:
        check_columns(made, typed((sources - {column}) | {f"{column}s"}), "f.root")
    text = str(caught.value)
    assert f"no column '{column}', which {owner} needs" in text
    assert "f.root" in text
    assert f"{column}s" in text
    assert len(text.splitlines()) == 3


def test_whole_objects_in_place_of_their_columns_are_told(tmp_path: Path) -> None:
    made = plan()
    sources = {s for n in (*made.first_needs, *made.rest_needs) for s in n.candidates}
    types = {name: kind for name, kind in typed(sources).items() if not name.startswith("Photon_")}
    path = tmp_path / "objects.root"
    # without a choice uproot writes an RNTuple, with one column of records
    with uproot.recreate(path) as file:
        file.mkrntuple("Events", {"Photon": ak.zip({"pt": ak.Array([[50.0, 30.0], []])})})
    with open_file(str(path)) as file:
        types |= column_types(get_tree(file, str(path)))
    with pytest.raises(MissingColumn) as caught:
        check_columns(made, types, "f.root")
    hint = "'Photon' there holds whole objects: write 'Photon_pt' as a column of its own"
    assert hint in str(caught.value)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_correction_that_a_file_carries_is_refused_before_anything_runs() -> None:
    made = plan(systematics={"corrections": {"photons": SMEARING}})
    needs = (*made.first_needs, *made.rest_needs)
    columns = {source for need in needs for source in need.candidates}
    check_columns(made, typed(columns), "f.root")
    with pytest.raises(UserError, match=r"f\.root carries it, in 'Photon_eCorr'"):
        check_columns(made, typed(columns | {"Photon_eCorr"}), "f.root")


def test_numbers_of_objects_where_those_of_events_are_needed_are_told() -> None:
    made = plan(systematics={"weights": {"pileup": PILEUP}})
    sources = {s for n in (*made.first_needs, *made.rest_needs) for s in n.candidates}
    types = {**typed(sources), "puWeightUp": "float[]"}
    with pytest.raises(UserError, match="'pileup' needs one number per event"):
        check_columns(made, types, "f.root")
