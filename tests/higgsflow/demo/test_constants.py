from __future__ import annotations

import pytest

from higgsflow.demo import constants


@pytest.mark.parametrize("sample", constants.SIMULATIONS)
def test_no_two_files_of_a_sample_look_alike(sample: str) -> None:
    counts = [
        constants.simulated_events(sample, year, number)
        for year in constants.YEARS
        for number in range(constants.N_FILES)
    ]
    assert len(set(counts)) == len(counts)


def test_every_simulated_sample_has_every_constant() -> None:
    tables = (
        constants.CROSS_SECTIONS,
        constants.BRANCHING_FRACTIONS,
        constants.GENERATOR_WEIGHTS,
        constants.NEGATIVE_FRACTIONS,
        constants.WEIGHT_SPREADS,
        constants.RUNS_ROWS,
    )
    assert all(tuple(table) == constants.SIMULATIONS for table in tables)


def test_the_lonely_photons_are_those_of_the_last_file() -> None:
    counts = [constants.simulated_events("GJet", "2017", number) for number in range(3)]
    assert constants.one_photon_fraction("GJet", "2017") == counts[2] / sum(counts)
    assert constants.one_photon_fraction("ttH_M125", "2017") == 0
