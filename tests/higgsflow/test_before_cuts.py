"""Sums before the cuts that would change them, on blocks of events made by hand."""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING, Any

import pytest
from hand_made import (
    HADRONIC,
    JET,
    JETS,
    LEPTONIC,
    MODIFYING,
    NO_TAG,
    ONE_PHOTON,
    PAIR,
    event,
    run,
    systematics,
)

from higgsflow import before_cuts
from higgsflow.records.generator_bins import generator_key

if TYPE_CHECKING:
    from higgsflow.block import BlockResult
    from higgsflow.selection.cutflow import Counter

# central jets: 4, 2, 0, 0; the last one does not pass the diphoton step
EVENTS = [
    {**HADRONIC, "genWeight": 2.0, "w": 2.0, "w_up": 3.0},
    {**LEPTONIC, "genWeight": -1.0, "w": 0.5, "w_up": 5.0},
    {**NO_TAG, "genWeight": 4.0, "w": 3.0, "w_up": 1.0},
    {**ONE_PHOTON, "genWeight": 8.0, "w": 7.0, "w_up": 7.0},
]
OF_JETS = {"column": "n_central_jets", "edges": [0, 1, 3, 9]}
SOFTER = {
    "method": "from_function",
    "function": f"{__name__}:softer",
    "branch_modified": "Jet_pt",
    "directions": ["down"],
}
OF_PT = {
    "method": "from_function",
    "function": f"{__name__}:of_pt",
    "modify_central_weight": True,
    "requires_branches": ["Jet_pt"],
    "preserve": {},
}


def softer(events: Any, direction: str) -> Any:
    """No jet of 50 GeV is left above 25 GeV."""
    return events.Jet.pt * 0.1


def of_pt(events: Any) -> Any:
    """Factors that count all jets: 1 + sum(pt) / 100."""
    from awkward import sum as total

    factor = 1 + total(events.Jet.pt, axis=1) / 100
    return {"central": factor, "up": 2 * factor, "down": factor}


def kept(result: BlockResult, variation: str = "nominal") -> dict[str, tuple[int, float]]:
    """Without what rounding took from sums, which is nothing here."""
    found = result.ledgers[variation].kept.items()
    return {name: (c.n, c.sumw) for name, c in found if "+" not in name}


def test_sums_in_bins_of_what_taggers_count_are_before_their_cuts() -> None:
    """The untagged event counts, the one without a photon pair does not."""
    found = kept(run(*EVENTS, systematics=systematics(b={**MODIFYING, "preserve": OF_JETS})))
    assert found == {
        "b::0": (1, 4.0), "b::1": (1, -1.0), "b::2": (1, 2.0),
        "b:central:0": (1, 12.0), "b:central:1": (1, -0.5), "b:central:2": (1, 4.0),
        "b:up:0": (1, 4.0), "b:up:1": (1, -5.0), "b:up:2": (1, 6.0),
    }  # fmt: skip


def test_each_variation_has_its_own_bins() -> None:
    weight = {**MODIFYING, "preserve": OF_JETS}
    result = run(*EVENTS, systematics=systematics({"jets": SOFTER}, b=weight))
    found = kept(result, "jets_down")
    assert set(found) == {f"b:{d}:{k}" for d in ("", "central") for k in range(3)}
    assert (found["b::0"], found["b:central:0"]) == ((3, 5.0), (3, 4.0 - 0.5 + 12.0))
    assert found["b::2"] == (0, 0.0)


def test_direction_under_a_variation_is_the_central_one() -> None:
    weight = {**MODIFYING, "preserve": OF_JETS, "under": {"jets_down": "up"}}
    result = run(*EVENTS, systematics=systematics({"jets": SOFTER}, b=weight))
    assert kept(result, "jets_down")["b:central:0"] == (3, 6.0 - 5.0 + 4.0)


def test_weight_beside_the_central_one_has_sums_of_the_nominal_events_only() -> None:
    beside = {**MODIFYING, "modify_central_weight": False, "preserve": OF_JETS}
    result = run(*EVENTS, systematics=systematics({"jets": SOFTER}, b=beside))
    assert kept(result)["b:up:2"] == (1, 6.0)
    assert kept(result, "jets_down") == {}


def test_bins_of_the_first_step_are_filled_before_the_skim() -> None:
    """The column of the pair is NaN without one: such events have no bin."""
    one_bin = {"column": "lead_pt", "edges": [0, 1000]}
    paired = [{**event, "Photon": HADRONIC["Photon"]} for event in EVENTS]
    bad = [
        {**event, "Photon": [{**p, "mvaID": -0.95} for p in event["Photon"]]} for event in EVENTS
    ]
    weight = {**MODIFYING, "preserve": one_bin}
    assert kept(run(*paired, systematics=systematics(b=weight)))["b::0"] == (4, 13.0)
    with pytest.raises(Exception, match="lead_pt = nan is in no bin"):
        run(*bad, systematics=systematics(b=weight))


def test_sums_before_any_cut_follow_a_variation_too() -> None:
    """All jets have 50 GeV: factors 1 + 2, 1 + 1, 1, 1; of a tenth 1.2, 1.1, 1, 1."""
    result = run(*EVENTS, systematics=systematics({"jets": SOFTER}, b=OF_PT))
    assert kept(result)["b:central:0"] == (4, 2 * 3.0 - 1 * 2.0 + 4.0 + 8.0)
    down = kept(result, "jets_down")
    assert down["b:central:0"][1] == pytest.approx(2 * 1.2 - 1 * 1.1 + 4.0 + 8.0)
    assert down["b::0"] == (4, 13.0)


def test_what_a_variation_does_not_touch_keeps_its_sums() -> None:
    weight = {**MODIFYING, "preserve": {}}
    result = run(*EVENTS, systematics=systematics({"jets": SOFTER}, b=weight))
    assert kept(result, "jets_down") == {
        name: value for name, value in kept(result).items() if ":up:" not in name
    }


def test_block_without_events_has_all_sums() -> None:
    content = systematics({"jets": SOFTER}, b={**MODIFYING, "preserve": OF_JETS}, c=OF_PT)
    empty, full = run(systematics=content), run(*EVENTS, systematics=content)
    for variation, ledger in full.ledgers.items():
        assert set(empty.ledgers[variation].kept) == set(ledger.kept)
        assert empty.ledgers[variation] + ledger == ledger


def test_sums_of_generator_bins_are_before_any_cut() -> None:
    """g = 2, -1, 4, 8 in bins 0, 1, 1, 0; times w = 2, 0.5, 3, 7."""
    events = [{**e, "HTXS": value} for e, value in zip(EVENTS, (105, 0, 0, 105), strict=True)]
    bins = {"stxs": {"column": "HTXS", "values": [105, 0]}}
    result = run(*events, generator_bins=bins, systematics=systematics(s=MODIFYING))
    found = result.ledgers["nominal"].kept
    counter = found[generator_key("stxs", "105")]
    assert (counter.n, counter.sumw, counter.sumw2) == (2, 10.0, 68.0)
    assert found[generator_key("stxs", "0")].sumw == 3.0
    assert found[generator_key("stxs", "105", "weight_s_central")].sumw == 60.0
    assert found[generator_key("stxs", "0", "weight_s_up")].sumw == -1.0


def test_generator_bins_have_the_factors_that_a_source_has() -> None:
    """One that only varies has no central factor."""
    beside = {"branches": {"up": "w_up"}, "modify_central_weight": False}
    events = [{**HADRONIC, "HTXS": 0, "genWeight": 2.0, "w_up": 3.0}]
    bins = {"stxs": {"column": "HTXS", "values": [0]}}
    result = run(*events, generator_bins=bins, systematics=systematics(s={**MODIFYING, **beside}))
    sums = {name: counter.sumw for name, counter in result.ledgers["nominal"].kept.items()}
    assert sums == {
        generator_key("stxs", "0"): 2.0, generator_key("stxs", "0", "weight_s_up"): 6.0,
    }  # fmt: skip


def test_generator_bin_that_nobody_named_is_an_error() -> None:
    bins = {"stxs": {"column": "HTXS", "values": [105]}}
    with pytest.raises(Exception, match=r"'generator_bins.stxs': HTXS = 7 is in no bin"):
        run({**HADRONIC, "HTXS": 7}, generator_bins=bins)


def of_met(events: Any, asked: str = "met") -> Any:
    factor = 1 + events[asked] / 100
    return {"central": factor, "up": 2 * factor, "down": factor / 2}


def from_columns(*columns: str) -> dict[str, Any]:
    branches = {"up": [columns[1]], "down": [columns[2]]}
    return {"method": "from_branch", "branch_modified": columns[0], "branches": branches}


# of jets and of a column of the event, one whose direction is central under a variation, and one
# that looks at the same column, but is no factor of the central weight
LOOKING = {
    "of_jets": {
        "type": "object", "input_collection": "Jet", "modify_central_weight": True,
        "branches": {"central": "sf", "up": "sf_up"}, "requires_branches": ["Jet_pt"],
        "under": {"photon_up": "up", "jet_down": "up"},
    },
    "of_met": {
        "method": "from_function", "function": f"{__name__}:of_met",
        "modify_central_weight": True, "requires_branches": ["met"],
    },
    "beside": {
        "method": "from_function", "function": f"{__name__}:of_met",
        "kwargs": {"asked": "ht"}, "requires_branches": ["ht"],
    },
}  # fmt: skip
MOVING = {
    "jet": from_columns("Jet_sf", "Jet_sf_a", "Jet_sf_b"),
    "photon": {**from_columns("Photon_pt", "Photon_pt_a", "Photon_pt_b"), "bound": 0.1},
    "met": from_columns("met", "met_a", "met_b"),
    "ht": from_columns("ht", "ht_a", "ht_b"),
}
OTHERS = {"ht_up": "ht_a", "ht_down": "ht_b", "met_up": "met_a", "met_down": "met_b"}


def made_up(n: int) -> list[dict[str, Any]]:
    """Events of which the first step drops some, with numbers that differ in each."""
    rng = random.Random(5)

    def jet() -> dict[str, Any]:
        factors = {name: rng.uniform(0.5, 1.5) for name in ("sf", "sf_up", "sf_a", "sf_b")}
        return {**JET, **factors}

    def photon(one: dict[str, Any]) -> dict[str, Any]:
        pt = rng.uniform(20, 80)
        return {**one, "pt": pt, "pt_a": 1.05 * pt, "pt_b": 0.95 * pt}

    names = ("met", "met_a", "met_b", "ht", "ht_a", "ht_b", "genWeight")
    return [
        event(
            Jet=[jet() for _ in range(rng.randrange(4))],
            Photon=[photon(one) for one in PAIR[: rng.randrange(3)]],
            **{name: rng.uniform(-1, 3) for name in names},
        )
        for _ in range(n)
    ]


def slow_weight(one: dict[str, Any], variation: str) -> float:
    """The generator weight times the central factors, in plain Python."""
    of_jets = {"jet_up": "sf_a", "jet_down": "sf_up", "photon_up": "sf_up"}
    jets = [jet[of_jets.get(variation, "sf")] for jet in one["Jet"]]
    met = OTHERS[variation] if variation.startswith("met") else "met"
    return float(one["genWeight"]) * math.prod(jets) * (1 + one[met] / 100)


def totals(*parts: BlockResult) -> dict[str, Counter]:
    """The total of the first step by variation, of blocks one after the other."""
    found: dict[str, Counter] = {}
    for ledgers in (part.ledgers for part in parts):
        for variation, ledger in ledgers.items():
            (flow,) = {f.flow.total for f in ledger.flows if f.step == 0 and f.group == "events"}
            found[variation] = found[variation] + flow if variation in found else flow
    return found


def test_totals_have_the_weights_of_their_variation() -> None:
    """Also of events that the skim drops, whether inputs vary or another direction is central."""
    events = made_up(40)
    found = totals(run(*events, systematics=systematics(MOVING, **LOOKING)))
    assert len(found) == 9
    for variation, counter in found.items():
        weights = [slow_weight(one, variation) for one in events]
        assert counter.n == 40
        assert counter.sumw == pytest.approx(math.fsum(weights), rel=1e-12), variation
        assert counter.sumw2 == pytest.approx(math.fsum(w * w for w in weights), rel=1e-12)
    same = {v for v, counter in found.items() if counter == found["nominal"]}
    assert same == {"nominal", "photon_down", "ht_up", "ht_down"}


def test_totals_do_not_depend_on_blocks_or_what_else_is_asked_for() -> None:
    events, content = made_up(30), systematics(MOVING, **LOOKING)
    whole = totals(run(*events, systematics=content))
    parts = [events[:7], events[7:8], events[8:]]
    in_parts = totals(*(run(*part, systematics=content) for part in parts))
    for variation, counter in whole.items():
        alone = totals(run(*events, systematics=content, variations=(variation,)))
        assert alone == {variation: counter}
        assert in_parts[variation].n == counter.n
        assert in_parts[variation].sumw == pytest.approx(counter.sumw, rel=1e-12)


def test_what_passes_is_part_of_the_total() -> None:
    """Where all events pass the first step, both have the same weights."""
    photons = [{**one, "pt_a": 60.0, "pt_b": 60.0} for one in PAIR]
    events = [{**one, "Photon": photons} for one in made_up(20)]
    result = run(*events, systematics=systematics(MOVING, **LOOKING))
    for ledger in result.ledgers.values():
        flow = ledger.flows[0].flow
        assert flow.passed.n == flow.total.n == 20
        assert flow.passed.sumw == pytest.approx(flow.total.sumw, rel=1e-12)


def test_only_variations_that_change_the_weight_are_applied_to_all_events(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    def noted(events: Any, source: Any, direction: str) -> Any:
        asked.append(f"{source.name}_{direction}")
        return apply_variation(events, source, direction)

    apply_variation = before_cuts.apply_variation
    monkeypatch.setattr(before_cuts, "apply_variation", noted)
    run(*made_up(5), systematics=systematics(MOVING, **LOOKING))
    assert asked == ["jet_up", "jet_down", "met_up", "met_down"]


def test_jets_of_the_test_are_central() -> None:
    assert len(JETS) == 4
    assert all(abs(jet["eta"]) < 2.4 for jet in JETS)
