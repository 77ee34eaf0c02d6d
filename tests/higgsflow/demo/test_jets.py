from __future__ import annotations

import awkward as ak
import numpy as np
import pytest

from higgsflow.demo import jets, leptons, processes
from higgsflow.demo.kinematics import Directions


def make(topology: int, n: int = 2000) -> tuple[Directions, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(7)
    kinds = np.full(n, topology)
    return jets.draw_jets(rng, kinds, leptons.draw_leptons(rng, kinds))


def test_top_events_have_two_b_jets() -> None:
    _, exists, is_b = make(processes.TOP)
    assert (exists & is_b).sum(axis=1).mean() == pytest.approx(2, abs=0.05)


def test_single_top_events_have_forward_jets() -> None:
    at, exists, _ = make(processes.SINGLE_TOP)
    assert (exists & (np.abs(at.eta) > 2.4)).any(axis=1).mean() > 0.6


def test_photons_are_seen_as_jets_too() -> None:
    rng = np.random.default_rng(7)
    at = Directions(np.full((1000, 2), 60.0), np.zeros((1000, 2)), np.zeros((1000, 2)))
    doubles = (at, np.ones((1000, 2), dtype=bool))
    _, exists, is_b = jets.with_doubles(rng, make(processes.PLAIN, 1000), doubles)
    assert exists[:, -2:].mean() == pytest.approx(jets.SEEN_AS_JET, abs=0.03)
    assert not is_b[:, -2:].any()


def test_b_jets_have_a_high_tag_and_some_jets_fail_identification() -> None:
    drawn = make(processes.TOP)
    collection = jets.jet_collection(np.random.default_rng(8), drawn, "2017")
    assert ak.mean(collection.btagDeepFlavB > 0.304) > 0.3
    assert 0.01 < ak.mean(collection.jetId < 1) < 0.06
    assert str(collection.jetId.type.content.content) == "int32"
