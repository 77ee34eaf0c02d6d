from __future__ import annotations

import awkward as ak
import numpy as np
import pytest

from higgsflow.demo import leptons, processes
from higgsflow.demo.kinematics import Directions


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(5)


def test_single_top_events_have_a_lepton(rng: np.random.Generator) -> None:
    drawn = leptons.draw_leptons(rng, np.full(1000, processes.SINGLE_TOP))
    assert (drawn.number >= 1).mean() > 0.9


def test_plain_events_with_two_leptons_are_z_bosons(rng: np.random.Generator) -> None:
    drawn = leptons.draw_leptons(rng, np.full(5000, processes.PLAIN))
    pair = drawn.number == 2
    assert pair.sum() > 50
    assert (drawn.charge[pair].sum(axis=1) == 0).all()
    assert (drawn.is_muon[pair, 0] == drawn.is_muon[pair, 1]).all()


def test_some_electrons_are_photons_a_second_time(rng: np.random.Generator) -> None:
    drawn = leptons.draw_leptons(rng, np.full(2000, processes.PLAIN))
    photon = Directions(np.full((2000, 3), 50.0), np.zeros((2000, 3)), np.ones((2000, 3)))
    electrons = leptons.electron_collection(rng, drawn, photon)
    near = (abs(electrons.eta) < 0.05) & (abs(electrons.phi - 1) < 0.05)
    assert 50 < ak.sum(near) < 200


def test_muons_have_the_columns_of_the_selection(rng: np.random.Generator) -> None:
    drawn = leptons.draw_leptons(rng, np.full(50, processes.TOP))
    muons = leptons.muon_collection(rng, drawn)
    needed = {"pt", "eta", "phi", "mass", "charge", "dxy", "dz", "pfRelIso03_all", "mediumId"}
    assert needed | {"isGlobal"} <= set(muons.fields)
