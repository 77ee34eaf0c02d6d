"""Sums before the cuts that would change them, on blocks of events made by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hand_made import HADRONIC, JETS, LEPTONIC, MODIFYING, NO_TAG, ONE_PHOTON, run, systematics

from higgsflow.records.generator_bins import generator_key

if TYPE_CHECKING:
    from higgsflow.block import BlockResult

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
    return {name: (c.n, c.sumw) for name, c in result.ledgers[variation].kept.items()}


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


def test_generator_bin_that_nobody_named_is_an_error() -> None:
    bins = {"stxs": {"column": "HTXS", "values": [105]}}
    with pytest.raises(Exception, match=r"'generator_bins.stxs': HTXS = 7 is in no bin"):
        run({**HADRONIC, "HTXS": 7}, generator_bins=bins)


def test_jets_of_the_test_are_central() -> None:
    assert len(JETS) == 4
    assert all(abs(jet["eta"]) < 2.4 for jet in JETS)
