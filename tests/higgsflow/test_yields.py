"""Counters per bin give the yields that the merged events have."""

from __future__ import annotations

import numpy as np
import pytest

from higgsflow.model.systematic import Systematics
from higgsflow.per_bin import binned_for, count_per_bin
from higgsflow.preserved import column_ratios
from higgsflow.records.ledger import Ledger
from higgsflow.selection.cutflow import Counter, count
from higgsflow.yields import rescaled

BINS = {"column": "n", "edges": [0, 1, 2, 3]}
BRANCHES = {"branches": {"central": "c", "up": "u"}, "modify_central_weight": True}
GEN = {"branch": "S", "length": 2, "names": {"a": 1}, "normalisation": "per_gen_bin"}
SYSTEMATICS = Systematics.model_validate(
    {
        "weights": {
            "b": {**BRANCHES, "preserve": BINS},
            "pu": BRANCHES,
            "scale": {"vector": {**GEN, "gen_bins": {"column": "g", "values": [5, 6]}}},
        }
    }
)
RATIOS = {
    "b": {"central": (0.9, 0.8, 0.7), "up": (0.6, 0.5, 0.4)},
    "scale": {"a": (2.0, 3.0)},
}
RNG = np.random.default_rng(5)
N = 50
COLUMNS = {name: RNG.normal(1, 0.3, N) for name in ("central", "b_up", "pu_up", "scale_a")}
POSITIONS = {"b": RNG.integers(0, 3, N), "scale": RNG.integers(0, 2, N)}
MASK = RNG.random(N) < 0.7
ROWS = np.flatnonzero(MASK)


def ledger(variation: str = "nominal") -> Ledger:
    """Counters as a job makes them; the columns are full weights, of `scale` too."""
    owners = {"central": None, "b_up": "b", "pu_up": "pu", "scale_a": "scale"}
    yields = {}
    for name, owner in owners.items() if variation == "nominal" else [("central", None)]:
        weight = None if owner is None else SYSTEMATICS.weights[owner]
        binned = binned_for(SYSTEMATICS, weight)
        bins = [(POSITIONS[w.name], {"b": 3, "scale": 2}[w.name]) for w in binned]
        yields[name] = count(COLUMNS[name], MASK)
        yields |= count_per_bin(name, COLUMNS[name], ROWS, bins)
    return Ledger(before={"t": Counter()}, yields={"t": yields})


def expected(name: str, *factors: np.ndarray) -> float:
    return float((COLUMNS[name] * np.prod(factors, axis=0))[MASK].sum())


def test_yields_are_those_of_the_merged_events() -> None:
    found = dict(rescaled({"nominal": ledger()}, SYSTEMATICS, {"nominal": RATIOS}))[
        "nominal"
    ].yields["t"]
    of_b = {d: np.array(RATIOS["b"][d])[POSITIONS["b"]] for d in ("central", "up")}
    of_scale = np.array(RATIOS["scale"]["a"])[POSITIONS["scale"]]
    sums = {name: counter.sumw for name, counter in found.items()}
    assert sums == {
        "central": pytest.approx(expected("central", of_b["central"])),
        "b_up": pytest.approx(expected("b_up", of_b["up"])),
        "pu_up": pytest.approx(expected("pu_up", of_b["central"])),
        "scale_a": pytest.approx(expected("scale_a", of_b["central"], of_scale)),
    }
    assert {counter.n for counter in found.values()} == {MASK.sum()}


def test_sums_of_squares_have_the_square_of_the_ratio() -> None:
    found = dict(rescaled({"nominal": ledger()}, SYSTEMATICS, {"nominal": RATIOS}))[
        "nominal"
    ].yields["t"]
    squares = (COLUMNS["central"] * np.array(RATIOS["b"]["central"])[POSITIONS["b"]]) ** 2
    assert found["central"].sumw2 == pytest.approx(squares[MASK].sum())


def test_variation_has_the_central_weight_only() -> None:
    ratios = {"nominal": RATIOS, "jes_up": {"b": {"central": (0.1, 0.2, 0.3)}}}
    found = dict(rescaled({"jes_up": ledger("jes_up")}, SYSTEMATICS, ratios))["jes_up"].yields["t"]
    assert list(found) == ["central"]
    own = np.array([0.1, 0.2, 0.3])[POSITIONS["b"]]
    assert found["central"].sumw == pytest.approx(expected("central", own))


def test_chunks_add_before_they_are_put_together() -> None:
    one = ledger()
    ratios = {"nominal": RATIOS}
    twice = dict(rescaled({"nominal": one + one}, SYSTEMATICS, ratios))["nominal"].yields["t"]
    once = dict(rescaled({"nominal": one}, SYSTEMATICS, ratios))["nominal"].yields["t"]
    assert twice["b_up"].sumw == pytest.approx(2 * once["b_up"].sumw)


def test_source_beside_the_central_weight_has_its_ratio_alone() -> None:
    """Where nothing that makes the central weight preserves sums."""
    beside = Systematics(weights={"scale": SYSTEMATICS.weights["scale"]})
    at, values = POSITIONS["scale"], COLUMNS["scale_a"]
    yields = {name: count(COLUMNS[name], MASK) for name in ("central", "scale_a")}
    yields |= count_per_bin("scale_a", values, ROWS, [(at, 2)])
    of_jobs = Ledger(before={"t": Counter()}, yields={"t": yields})
    ratios = {"nominal": {"scale": RATIOS["scale"]}}
    found = dict(rescaled({"nominal": of_jobs}, beside, ratios))["nominal"].yields["t"]
    assert found["central"] == yields["central"]
    own = np.array(RATIOS["scale"]["a"])[at]
    assert found["scale_a"].sumw == pytest.approx(expected("scale_a", own))
    varied = Ledger(before={"t": Counter()}, yields={"t": {"central": yields["central"]}})
    assert dict(rescaled({"jes_up": varied}, beside, ratios)) == {"jes_up": varied}


def test_what_the_jobs_did_not_count_has_no_yield() -> None:
    """As of a source that only some of them have made."""
    whole = ledger()
    known = {n: c for n, c in whole.yields["t"].items() if not n.startswith("pu_up")}
    less = whole.changed(yields={"t": known})
    found = dict(rescaled({"nominal": less}, SYSTEMATICS, {"nominal": RATIOS}))["nominal"]
    assert list(found.yields["t"]) == ["central", "b_up", "scale_a"]


def test_nothing_changes_without_sums_to_preserve() -> None:
    plain = Ledger(yields={"t": {"central": Counter(n=1)}})
    assert dict(rescaled({"nominal": plain}, Systematics(), {})) == {"nominal": plain}
    assert column_ratios(Systematics(), {}, "nominal") == {}
