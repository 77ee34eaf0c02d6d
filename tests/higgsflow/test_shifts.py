"""How columns change, by hand numbers; and the laws of random draws."""

from __future__ import annotations

import itertools
import json
import math
from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from higgsflow import nominal_corrections, variations
from higgsflow.corrections.draws import normal
from higgsflow.events.plain import plain
from higgsflow.model.shift import IndependentCollection, NominalCorrection
from higgsflow.model.systematic import Systematics
from higgsflow.needs import IDENTITY
from higgsflow.shifts import kept_column, objects_of, shifted

if TYPE_CHECKING:
    from pathlib import Path

N = 60


def apply_corrections(events: Any, *others: Any) -> Any:
    return nominal_corrections.apply_corrections(plain(events), *others).view


def apply_variation(events: Any, *others: Any) -> Any:
    return variations.apply_variation(plain(events), *others).view


COUNTS = np.arange(N) % 4
RNG = np.random.default_rng(3)


def jagged(low: float, high: float) -> Any:
    return ak.unflatten(RNG.uniform(low, high, COUNTS.sum()), COUNTS)


JET = {"pt": jagged(20, 200), "mass": jagged(1, 9), "eta": jagged(-2, 2), "phi": jagged(-3, 3)}
JET["applied"] = jagged(0.9, 1.1)
EVENTS = ak.zip(
    {
        "run": np.full(N, 7, np.uint32),
        "luminosityBlock": np.arange(N, dtype=np.uint32) // 10,
        "event": np.arange(N, dtype=np.uint64),
        "MET_pt": RNG.uniform(0, 100, N),
        "MET_phi": RNG.uniform(-3, 3, N),
        "Jet": ak.zip(JET, depth_limit=2),
    },
    depth_limit=1,
)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`flat` is 1.1, 1.3 and 0.9 for nominal, up and down; `width` a twentieth of it."""
    path = tmp_path_factory.mktemp("corrections") / "c.json"

    def correction(name: str, scale: float) -> dict[str, Any]:
        values = {"nominal": 1.1, "up": 1.3, "down": 0.9}
        content = [{"key": k, "value": v * scale} for k, v in values.items()]
        data = {"nodetype": "category", "input": "systematic", "content": content}
        inputs = [{"name": "systematic", "type": "string"}, {"name": "pt", "type": "real"}]
        output = {"name": "o", "type": "real"}
        return {"name": name, "version": 1, "inputs": inputs, "output": output, "data": data}

    corrections = [correction("flat", 1.0), correction("width", 0.05)]
    path.write_text(json.dumps({"schema_version": 2, "corrections": corrections}))
    return path


def ask(file: Path, name: str = "flat", **changes: Any) -> dict[str, Any]:
    inputs = {"systematic": {"variation": True}, "pt": "Jet_pt"}
    variations = {"central": "nominal", "up": "up", "down": "down"}
    content = {"file": str(file), "name": name, "inputs": inputs, "variations": variations}
    return content | changes


def nominal(file: Path, held: str = "flat", **content: Any) -> NominalCorrection:
    default = {"name": "c", "method": "correctionlib", "branch_modified": ["Jet_pt", "Jet_mass"]}
    return NominalCorrection.model_validate(default | {"correction": ask(file, held)} | content)


def same(a: Any, b: Any) -> bool:
    return bool(ak.all(np.isclose(ak.flatten(a), ak.flatten(b), rtol=1e-12, atol=0)))


def test_factor_acts_on_all_columns_alike(file: Path) -> None:
    found = shifted(EVENTS, nominal(file), "up")
    assert same(found["Jet_pt"], EVENTS.Jet.pt * 1.3)
    assert same(found["Jet_mass"], EVENTS.Jet["mass"] * 1.3)


def test_number_to_add(file: Path) -> None:
    found = shifted(EVENTS, nominal(file, mode="additive", branch_modified="Jet_pt"), "down")
    assert same(found["Jet_pt"], EVENTS.Jet.pt + 0.9)


def test_an_uncertainty_is_relative_and_may_count_several_times(file: Path) -> None:
    inputs = {"systematic": {"value": "nominal"}, "pt": "Jet_pt"}
    correction = ask(file, "width", inputs=inputs, variations={"up": 1, "down2": -2})
    source = IndependentCollection.model_validate(
        {**nominal(file).model_dump(exclude={"kinds", "already_in", "undo"}),
         "mode": "uncertainty", "correction": correction}
    )  # fmt: skip
    assert same(shifted(EVENTS, source, "up")["Jet_pt"], EVENTS.Jet.pt * 1.055)
    assert same(shifted(EVENTS, source, "down2")["Jet_pt"], EVENTS.Jet.pt * 0.89)


def test_smearing_is_its_width_times_the_draw_of_the_object(file: Path) -> None:
    draw = normal(EVENTS, "c", "Jet")
    for direction, width in (("central", 0.055), ("up", 0.065), ("down", 0.045)):
        found = shifted(EVENTS, nominal(file, "width", mode="smear"), direction)
        assert same(found["Jet_pt"], EVENTS.Jet.pt * (1 + width * draw))


def test_resolution_widens_by_its_factor(file: Path) -> None:
    resolution = ask(
        file, "width", inputs={"systematic": {"value": "up"}, "pt": "Jet_pt"}, variations={}
    )
    source = nominal(file, mode="resolution", correction=resolution, scale_factor=ask(file))
    widening = 0.065 * math.sqrt(1.3**2 - 1) * normal(EVENTS, "c", "Jet")
    assert same(shifted(EVENTS, source, "up")["Jet_pt"], EVENTS.Jet.pt * (1 + widening))


def test_jets_with_a_generated_one_move_away_from_it(file: Path) -> None:
    """Of the columns that the source says it needs alone."""
    places = ak.local_index(EVENTS.Jet.pt)
    index = ak.where(places % 2 == 0, places, -1)
    generated = ak.zip({"pt": 0.9 * EVENTS.Jet.pt, "eta": EVENTS.Jet.eta, "phi": EVENTS.Jet.phi})
    events = ak.with_field(EVENTS, generated, "GenJet")
    events = ak.with_field(events, index, ["Jet", "genJetIdx"])
    source = nominal(
        file, "width", mode="resolution", gen={}, scale_factor=ask(file), branch_modified="Jet_pt"
    )
    seen = plain(events).only({*IDENTITY, *variations.input_columns(source)})
    found = shifted(seen.view, source, "up")["Jet_pt"] / EVENTS.Jet.pt
    drawn = 1 + 0.055 * math.sqrt(1.3**2 - 1) * normal(EVENTS, "c", "Jet")
    assert same(found, ak.where(index < 0, drawn, 1.03))


def test_missing_momentum_follows(file: Path) -> None:
    found = shifted(EVENTS, nominal(file, met={"pt_min": 50}), "up")
    for i in range(N):
        pt, phi = EVENTS.MET_pt[i], EVENTS.MET_phi[i]
        x, y = pt * math.cos(phi), pt * math.sin(phi)
        for jet in EVENTS.Jet[i].tolist():
            if jet["pt"] > 50:
                x -= 0.3 * jet["pt"] * math.cos(jet["phi"])
                y -= 0.3 * jet["pt"] * math.sin(jet["phi"])
        assert found["MET_pt"][i] == pytest.approx(math.hypot(x, y), rel=1e-12)


def test_collection_or_event(file: Path) -> None:
    assert objects_of(EVENTS, nominal(file)) == "Jet"
    assert objects_of(EVENTS, nominal(file, branch_modified="MET_pt")) is None


def systematics(*corrections: NominalCorrection, **content: Any) -> Systematics:
    other = {"c": {"method": "from_correction", "branch_modified": "Jet_pt", **content}}
    return Systematics.model_validate(
        {"corrections": {c.name: c for c in corrections}, "independent_collections": other}
    )


def corrected(events: Any, found: Systematics) -> Any:
    return apply_corrections(events, found.corrections.values(), found)


def test_other_direction_is_made_from_what_was_before_the_correction(file: Path) -> None:
    found = systematics(nominal(file, "width", mode="smear"))
    events = corrected(EVENTS, found)
    draw = normal(EVENTS, "c", "Jet")
    assert same(events.Jet.pt, EVENTS.Jet.pt * (1 + 0.055 * draw))
    up = apply_variation(events, found.independent_collections["c"], "up")
    assert same(up.Jet.pt, EVENTS.Jet.pt * (1 + 0.065 * draw))
    assert kept_column("c", "Jet_pt", "up") == "Jet_pt_c_up"


def test_later_corrections_act_on_every_direction(file: Path) -> None:
    found = systematics(nominal(file), nominal(file, name="d"))
    up = apply_variation(corrected(EVENTS, found), found.independent_collections["c"], "up")
    assert same(up.Jet.pt, EVENTS.Jet.pt * 1.3 * 1.1)


def test_corrections_are_applied_in_their_order(file: Path) -> None:
    plus = nominal(file, name="plus", mode="additive", branch_modified="Jet_pt")
    times = nominal(file, name="times", branch_modified="Jet_pt")
    first = apply_corrections(EVENTS, (plus, times), Systematics())
    second = apply_corrections(EVENTS, (times, plus), Systematics())
    assert same(first.Jet.pt, (EVENTS.Jet.pt + 1.1) * 1.1)
    assert same(second.Jet.pt, EVENTS.Jet.pt * 1.1 + 1.1)


def test_what_the_input_carries_is_undone(file: Path) -> None:
    source = nominal(file, already_in="Jet_applied", undo=True)
    found = apply_corrections(EVENTS, (source,), Systematics())
    assert same(found.Jet.pt, EVENTS.Jet.pt / EVENTS.Jet.applied * 1.1)


def test_nominal_is_the_same_to_the_bit_with_and_without_variations(file: Path) -> None:
    source = nominal(file, "width", mode="smear")
    alone = apply_corrections(EVENTS, (source,), Systematics())
    with_variations = corrected(EVENTS, systematics(source))
    assert ak.array_equal(alone.Jet.pt, with_variations.Jet.pt)


@settings(max_examples=25, deadline=None)
@given(st.permutations(range(N)), st.lists(st.integers(1, N - 1), max_size=5))
def test_neither_chunks_nor_order_change_a_smeared_value(
    file: Path, order: list[int], cuts: list[int]
) -> None:
    found = systematics(nominal(file, "width", mode="smear", met={}))
    whole = apply_variation(corrected(EVENTS, found), found.independent_collections["c"], "up")
    events = EVENTS[order]
    edges = [0, *sorted(set(cuts)), N]
    parts = [corrected(events[a:b], found) for a, b in itertools.pairwise(edges)]
    varied = [apply_variation(p, found.independent_collections["c"], "up") for p in parts]
    together = ak.concatenate(varied)[np.argsort(order)]
    assert ak.array_equal(together.Jet.pt, whole.Jet.pt)
    assert together.MET_pt.tolist() == whole.MET_pt.tolist()


def test_no_events_are_corrected_and_shifted_too(file: Path) -> None:
    found = systematics(nominal(file, "width", mode="smear", met={}))
    events = corrected(EVENTS[:0], found)
    assert len(apply_variation(events, found.independent_collections["c"], "up")) == 0


@pytest.mark.parametrize("pt", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("every", [1, 2])
def test_what_is_no_number_stays_as_it_is(file: Path, pt: float, every: int) -> None:
    """Also infinity, which passes other cuts than NaN; the others are as without it."""
    bad = ak.local_index(EVENTS.Jet.pt) % every == 0
    jets = ak.with_field(EVENTS.Jet, ak.where(bad, pt, EVENTS.Jet.pt), "pt")
    found = systematics(nominal(file, branch_modified=["Jet_pt"]))
    both = [corrected(of, found) for of in (EVENTS, ak.with_field(EVENTS, jets, "Jet"))]
    varied = [apply_variation(of, found.independent_collections["c"], "up") for of in both]
    for known, one in (both, varied):
        expected = ak.where(bad, pt, known.Jet.pt)
        np.testing.assert_array_equal(ak.flatten(one.Jet.pt), ak.flatten(expected))
