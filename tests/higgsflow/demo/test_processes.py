from __future__ import annotations

import numpy as np

from higgsflow.demo import constants, processes


def test_a_parameter_is_looked_up_for_every_event() -> None:
    process = np.array([constants.SIMULATIONS.index(name) for name in ("GJet", "ttH_M125", "GJet")])
    assert processes.of_process(process, "fake_photon").tolist() == [1, 0, 1]


def test_signals_have_their_topology_and_backgrounds_a_mixture() -> None:
    rng = np.random.default_rng(1)
    of = {
        name: processes.draw_topology(rng, np.full(2000, index))
        for index, name in enumerate(constants.SIMULATIONS)
    }
    assert set(of["ttH_M125"]) == {processes.TOP}
    assert set(of["tHq_M125"]) == {processes.SINGLE_TOP}
    assert set(of["DiPhoton"]) == {processes.TOP, processes.SINGLE_TOP, processes.PLAIN}


def test_topology_probabilities_do_not_exceed_one() -> None:
    for topology in processes.TOPOLOGIES:
        assert topology.one_lepton + topology.two_leptons + topology.z_boson <= 1
