"""Events made by hand, and the block that runs on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import awkward as ak

from higgsflow.block import BlockResult, process_block
from higgsflow.model.analysis import AnalysisModel
from higgsflow.plan import Plan, make_plan

if TYPE_CHECKING:
    from higgsflow.events.golden import Golden
    from higgsflow.model.columns import Need

PAIR = [
    {"pt": 60.0, "eta": 0.0, "phi": 0.0, "electronVeto": True, "mvaID": 0.9},
    {"pt": 60.0, "eta": 0.0, "phi": 3.0, "electronVeto": True, "mvaID": 0.9},
]
LEPTON = {"pt": 30.0, "eta": 1.9, "phi": 1.0, "charge": 1, "dxy": 0.0, "dz": 0.0}
ELECTRON = {**LEPTON, "mvaIsoWP90": True}
MUON = {**LEPTON, "pfRelIso03_all": 0.0, "mediumId": True, "isGlobal": True, "sf": 1.5}
JET = {"pt": 50.0, "eta": 1.0, "phi": -1.5, "mass": 0.0, "jetId": 6, "btagDeepFlavB": 0.9}
JETS = [JET, *({**JET, "eta": -1.0, "phi": phi} for phi in (-1.0, 2.0, 1.2))]
OF_OBJECTS = {"Photon": PAIR, "Electron": [ELECTRON], "Muon": [MUON], "Jet": [JET]}

MODIFYING = {"branches": {"central": "w", "up": "w_up"}, "modify_central_weight": True}


def event(**content: Any) -> dict[str, Any]:
    flat = {"run": 1, "luminosityBlock": 2, "event": 3, "genWeight": 1.0, "w": 1.0, "w_up": 1.5}
    flat["MET_pt"] = 50.0
    return {**flat, "Photon": PAIR, "Electron": [], "Muon": [], "Jet": [], **content}


HADRONIC = event(Jet=JETS)
LEPTONIC = event(Jet=JETS[:2], Muon=[MUON])
NO_TAG = event()
ONE_PHOTON = event(Photon=PAIR[:1])


def model(kind: str = "simulation", **changes: Any) -> AnalysisModel:
    sample: dict[str, Any] = {"name": "S", "kind": kind, "files": {"2017": "f.root"}}
    if kind == "simulation":
        sample["xs"] = 1.0
    years = {"2017": {"luminosity": 1.0, "apply_golden_json": False}}
    content = {
        "samples": {"samples": [sample], "years": years, "selected_years": ["2017"]},
        "tag_sequence": ["diphoton", ["tth_leptonic", "tth_hadronic"]],
        "variables_of_interest": ["m_gg", "n_b_jets"],
    }
    return AnalysisModel.model_validate(content | changes)


def run(
    *events: dict[str, Any], golden: Golden | None = None, variations: Any = None, **changes: Any
) -> BlockResult:
    analysis = model(**changes)
    plan = make_plan(analysis, analysis.samples.pairs[0])
    # the last event gives the types, and is taken off again
    content = ak.Array([*events, event(**OF_OBJECTS)])[:-1]
    wanted = variations or plan.systematics.variations
    rest = rest_of(plan, content)
    first = columns_of(plan.first_needs, content)
    return process_block(plan, golden, wanted, first, lambda rows: rest[rows])


def rest_of(plan: Plan, content: Any) -> Any:
    """The columns that are read after the skim, as a job reads them."""
    return columns_of(plan.rest_needs, content)


def columns_of(needs: tuple[Need, ...], content: Any) -> Any:
    """These columns of all that there are."""
    needed = {need.name for need in needs}
    columns = {}
    for name in content.fields:
        fields = [field for field in content[name].fields if f"{name}_{field}" in needed]
        if fields:
            columns[name] = content[name][fields]
        elif name in needed:
            columns[name] = content[name]
    if not columns:
        return ak.Array(ak.contents.RecordArray([], [], length=len(content)))
    return ak.zip(columns, depth_limit=1)


def systematics(objects: Any = None, **weights: Any) -> dict[str, Any]:
    return {"weights": weights, "independent_collections": objects or {}}
