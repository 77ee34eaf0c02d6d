"""Features together give what a loop over events gives, drawn in small analyses of a few of them.

Each is right alone, as its own tests say. Here sequences, rows, weights and variations meet: what
one of them keeps and uses again is where another goes wrong.
"""

from __future__ import annotations

import math
from itertools import compress
from typing import Any

import awkward as ak
import numpy as np
from hand_made import JET, MUON, event, run, systematics
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from higgsflow.taggers.base import Decision
from higgsflow.taggers.function import tagger

HERE = __name__
FACTORS = {
    "nominal": {},
    **{f"{c}_{d}": {c: f} for c in ("Jet", "Muon", "MET") for d, f in (("up", 1.4), ("down", 0.6))},
}
CENTRAL = ("of_jets", "of_muons", "of_selected", "of_count", "of_candidate")


@tagger(reads=["MET_pt"], adds={"met": "float64"})
def missing(events: Any) -> Any:
    return events.MET_pt > 30, {"met": events.MET_pt}


@tagger(
    reads=["Jet_pt"],
    adds={"n_jets": "int16", "SelectedJet": "collection"},
    made_of={"SelectedJet": "Jet"},
)
def jets(events: Any) -> Any:
    good = events.Jet[events.Jet.pt > 30]
    return ak.num(good.pt) > 0, {"n_jets": ak.num(good.pt), "SelectedJet": good}


@tagger(reads=["Muon_pt"])
def two_muons(events: Any) -> Any:
    return ak.sum(events.Muon.pt > 20, axis=1) >= 2


@tagger()
def many_jets(events: Any) -> Any:
    return events.n_jets >= 2


@tagger(reads=["Muon_pt", "MET_pt"], adds={"mu_pt": "float64"}, one_row_per="mu")
def muons(events: Any) -> Decision:
    quiet = events.MET_pt < 100
    kept = (events.Muon.pt > 20) & quiet
    return Decision(kept, {"mu_pt": events.Muon.pt}, {"events": {"quiet": quiet}})


def scaled(events: Any, direction: str, column: str) -> Any:
    return events[column].pt * FACTORS[f"{column}_{direction}"][column]


def scaled_met(events: Any, direction: str) -> Any:
    return events.MET_pt * FACTORS[f"MET_{direction}"]["MET"]


def of_jets(events: Any) -> Any:
    return {"central": 1 + ak.sum(events.Jet.pt, axis=1) / 100, "up": 1 + events.MET_pt / 100}


def of_muons(objects: Any) -> Any:
    return {"central": 1 + objects.pt / 100, "up": 1 + objects.pt / 50}


def of_count(events: Any) -> Any:
    return {"central": 1 + events.n_jets / 10, "up": 1 + events.n_jets / 5}


def of_candidate(events: Any) -> Any:
    return {"central": 1 + events.mu_pt / 100, "up": 1 + events.mu_pt / 50}


MODIFIES = {"method": "from_function", "directions": ["up"], "modify_central_weight": True}
OF_MUONS = {**MODIFIES, "function": f"{HERE}:of_muons", "type": "object"}
WEIGHTS: dict[str, Any] = {
    "of_jets": {
        **MODIFIES,
        "function": f"{HERE}:of_jets",
        "requires_branches": ["Jet_pt", "MET_pt"],
    },
    "of_muons": {**OF_MUONS, "input_collection": "Muon", "requires_branches": ["Muon_pt"]},
    "of_selected": {**OF_MUONS, "input_collection": "Jet", "target_collections": "SelectedJet"},
    "of_count": {**MODIFIES, "function": f"{HERE}:of_count", "requires_branches": ["n_jets"]},
    "of_candidate": {
        **MODIFIES,
        "function": f"{HERE}:of_candidate",
        "requires_branches": ["mu_pt"],
    },
}
EARLY = ("of_jets", "of_muons")
SHIFT = {"method": "from_function", "function": f"{HERE}:scaled"}
SHIFTS: dict[str, Any] = {
    "Jet": {**SHIFT, "branch_modified": "Jet_pt", "kwargs": {"column": "Jet"}},
    "Muon": {**SHIFT, "branch_modified": "Muon_pt", "kwargs": {"column": "Muon"}},
    "MET": {**SHIFT, "function": f"{HERE}:scaled_met", "branch_modified": "MET_pt"},
}
TAGS = ("two_muons", "many_jets")


def product(pts: list[float], per: float) -> float:
    return math.prod(1 + pt / per for pt in pts)


def factors(pts: Any, good: list[float], mu: float) -> dict[str, tuple[float, float]]:
    """Of each weight the central factor and the one of its direction."""
    jet_pts, muon_pts, met = pts
    return {
        "of_jets": (1 + math.fsum(jet_pts) / 100, 1 + met / 100),
        "of_muons": (product(muon_pts, 100), product(muon_pts, 50)),
        "of_selected": (product(good, 100), product(good, 50)),
        "of_count": (1 + len(good) / 10, 1 + len(good) / 5),
        "of_candidate": (1 + mu / 100, 1 + mu / 50),
    }


def expected(content: dict[str, Any], setup: Any, variation: str) -> tuple[Any, list[Any]]:
    """By a loop: whether it reaches the last step with the early weight, passes, and its rows."""
    order, by_candidate, weights, restricted = setup
    by = {"Jet": 1.0, "Muon": 1.0, "MET": 1.0, **FACTORS[variation]}
    jet_pts = [jet["pt"] * by["Jet"] for jet in content["Jet"]]
    muon_pts = [muon["pt"] * by["Muon"] for muon in content["Muon"]]
    met, good = content["MET_pt"] * by["MET"], [pt for pt in jet_pts if pt > 30]
    pts = (jet_pts, muon_pts, met)
    before = {"missing": met > 30, "jets": len(good) > 0}
    if not all(before[name] for name in order):
        return None, []
    known = factors(pts, good, 0.0)
    # one that is restricted to a tag is not known before the sequence
    is_early = [w in EARLY and (by_candidate or w != restricted) for w in weights]
    early = content["genWeight"] * math.prod(known[w][0] for w in compress(weights, is_early))
    masks = [sum(pt > 20 for pt in muon_pts) >= 2, len(good) >= 2]
    tag = 0 if by_candidate or masks[0] else 1
    candidates = list(enumerate(muon_pts)) if by_candidate else [(0, 0.0)] * any(masks)
    rows = []
    for position, pt in candidates:
        if by_candidate and not (pt > 20 and met < 100):
            continue
        known = factors(pts, good, pt)
        if restricted in known and not by_candidate and tag != 0:
            known[restricted] = (1.0, 1.0)
        central = content["genWeight"] * math.prod(known[w][0] for w in weights)
        varied = [known[w][1] for w in weights] if variation == "nominal" else []
        rows.append([content["event"], position, tag, central, *varied])
    return (early, bool(rows)), rows


def found(contents: list[Any], setup: Any, shifts: list[str], asked: Any = None) -> Any:
    order, by_candidate, weights, restricted = setup
    chosen = {name: dict(WEIGHTS[name]) for name in weights}
    if restricted in chosen and not by_candidate:
        chosen[restricted]["modifies_taggers"] = [TAGS[0]]
    last: list[str] = ["muons"] if by_candidate else list(TAGS)
    steps = [{"name": name, "tagger": f"{HERE}:{name}"} for name in order]
    of_last = [{"name": name, "tagger": f"{HERE}:{name}"} for name in last]
    return run(
        *contents,
        variations=asked,
        tag_sequence=[*steps, of_last],
        variables_of_interest=["n_jets"],
        systematics=systematics({name: SHIFTS[name] for name in shifts}, **chosen),
    )


def rows_of(table: Any, weights: list[str]) -> list[list[float]]:
    names = ["event", "candidate_idx", "tag_idx", "weight_central"]
    names += [f"weight_{w}_up" for w in weights if f"weight_{w}_up" in table]
    zeros = np.zeros(len(table["event"]))
    return np.transpose([table.get(name, zeros) for name in names]).tolist()  # type: ignore[no-any-return]


PTS = st.lists(st.sampled_from([18.0, 25.0, 60.0, 70.0]), max_size=3)
EVENTS = st.lists(
    st.tuples(PTS, PTS, st.sampled_from([20.0, 45.0, 90.0]), st.sampled_from([-1.0, 1.0, 2.0])),
    min_size=1,
    max_size=8,
)


SETUPS = st.tuples(
    st.sampled_from([["jets"], ["missing", "jets"], ["jets", "missing"]]),
    st.booleans(),
    st.sets(st.sampled_from(CENTRAL), min_size=1, max_size=4).map(sorted),
    st.sampled_from([*CENTRAL[:-1], ""]),
)
CHOSEN_SHIFTS = st.sets(st.sampled_from(list(SHIFTS)), min_size=1, max_size=2).map(sorted)


@settings(max_examples=60, phases=(Phase.explicit, Phase.generate))
@given(EVENTS, SETUPS, CHOSEN_SHIFTS)
@example([([60.0], [25.0, 60.0], 45.0, 1.0)], (["jets"], True, ["of_candidate"], ""), ["Jet"])
def test_any_few_features_give_what_a_loop_gives(
    drawn: list[Any], setup: Any, shifts: list[str]
) -> None:
    contents = [
        event(
            event=number,
            Jet=[{**JET, "pt": pt} for pt in of_jet],
            Muon=[{**MUON, "pt": pt} for pt in of_muon],
            MET_pt=met,
            genWeight=g,
        )
        for number, (of_jet, of_muon, met, g) in enumerate(drawn)
    ]
    order, by_candidate, weights, restricted = setup
    weights = [w for w in weights if by_candidate or w != "of_candidate"]
    setup = (order, by_candidate, weights, restricted)
    together = found(contents, setup, shifts)
    variations = ["nominal", *(f"{name}_{d}" for name in shifts for d in ("up", "down"))]
    assert sorted(together.tables) == sorted(variations)
    parts = [found(some, setup, shifts) for some in (contents[:3], contents[3:]) if some]
    for variation in variations:
        loop = [expected(content, setup, variation) for content in contents]
        wanted = [row for _, rows in loop for row in rows]
        alone = found(contents, setup, shifts, [variation])
        for runs in ([together], [alone], parts):
            rows = [row for one in runs for row in rows_of(one.tables[variation], weights)]
            assert len(rows) == len(wanted)
            for row, other in zip(rows, wanted, strict=True):
                np.testing.assert_allclose(row, other, rtol=1e-12)
        flows = [f for f in together.ledgers[variation].flows if f.group == "events"]
        last = [f.flow for f in flows if f.step == len(order)]
        reached = [known for known, _ in loop if known is not None]
        np.testing.assert_allclose(
            [last[0].total.n, last[0].total.sumw], [len(reached), math.fsum(w for w, _ in reached)]
        )
        if by_candidate:
            assert last[0].passed.n == sum(passed for _, passed in reached)
