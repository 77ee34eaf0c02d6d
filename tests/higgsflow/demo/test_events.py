from __future__ import annotations

import awkward as ak
import numpy as np

from higgsflow.demo import events

GENERATOR = {"genWeight", "LHEScaleWeight", "PSWeight", "Pileup_nTrueInt", "puWeight"}


def test_simulation_has_generator_columns_and_data_has_none() -> None:
    rng = np.random.default_rng(1)
    simulated = events.simulate(rng, "ttH_M125", "2017", 20, single=False)
    measured, _ = events.measure(rng, "2017", np.zeros(20, dtype=int))
    assert set(simulated) >= GENERATOR | {"L1PreFiringWeight_Nom"}
    missing = set(simulated) - set(measured)
    assert missing >= GENERATOR
    assert set(measured) == set(simulated) - missing


def test_prefiring_weights_are_not_in_2018() -> None:
    columns = events.simulate(np.random.default_rng(1), "ttH_M125", "2018", 5, single=False)
    assert not [name for name in columns if name.startswith("L1PreFiring")]


def test_data_lose_events_to_prefiring_where_simulation_has_the_weight() -> None:
    for year, complete in (("2017", False), ("2018", True)):
        rng = np.random.default_rng(1)
        columns, recorded = events.measure(rng, year, np.zeros(3000, dtype=int))
        assert len(columns["MET_pt"]) == recorded.sum()
        assert bool(recorded.all()) is complete


def test_one_photon_files_have_no_pair() -> None:
    columns = events.simulate(np.random.default_rng(1), "GJet", "2017", 300, single=True)
    assert ak.max(ak.num(columns["Photon"])) == 1
