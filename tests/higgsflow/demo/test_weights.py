from __future__ import annotations

import numpy as np
import pytest

from higgsflow.demo import constants, weights
from higgsflow.demo.kinematics import Directions

N = 40_000


@pytest.mark.parametrize("sample", constants.SIMULATIONS)
def test_the_declared_fraction_of_weights_is_negative(sample: str) -> None:
    drawn = weights.generator_weights(np.random.default_rng(1), sample, N)["genWeight"]
    assert (drawn < 0).mean() == pytest.approx(constants.NEGATIVE_FRACTIONS[sample], abs=0.01)
    size = np.abs(drawn).mean(dtype=np.float64)
    assert size == pytest.approx(constants.GENERATOR_WEIGHTS[sample], rel=0.01)


def test_the_fifth_scale_weight_is_nominal() -> None:
    vectors = weights.generator_weights(np.random.default_rng(1), "ttH_M125", 50)
    scales = np.asarray(vectors["LHEScaleWeight"])
    assert scales.shape == (50, 9)
    assert (scales[:, 4] == 1).all()
    assert np.asarray(vectors["PSWeight"]).shape == (50, 4)


@pytest.mark.parametrize("year", constants.YEARS)
def test_pileup_weights_keep_the_number_of_events(year: str) -> None:
    drawn = weights.draw_pileup(np.random.default_rng(2), year, np.zeros(N, dtype=bool))
    factors = weights.pileup_weights(drawn, year)
    assert factors["puWeight"].mean() == pytest.approx(1, abs=0.02)
    assert set(factors) == {"puWeight", "puWeightUp", "puWeightDown"}


def test_some_pileup_weights_vanish_only_nominally() -> None:
    drawn = np.array([7.0, 7.5, 30.0], dtype=np.float32)
    factors = weights.pileup_weights(drawn, "2017")
    assert factors["puWeight"].tolist()[:2] == [0, 0]
    assert factors["puWeightDown"].min() > 0


def test_weighted_simulation_has_the_pileup_of_data() -> None:
    rng = np.random.default_rng(3)
    simulated = weights.draw_pileup(rng, "2016", np.zeros(N, dtype=bool))
    measured = weights.draw_pileup(rng, "2016", np.ones(N, dtype=bool))
    factors = weights.pileup_weights(simulated, "2016")["puWeight"]
    assert np.average(simulated, weights=factors) == pytest.approx(measured.mean(), abs=0.3)


def test_prefiring_exists_in_two_years_and_is_due_to_forward_objects() -> None:
    at = Directions(np.full((2, 1), 80.0), np.array([[0.0], [2.5]]), np.zeros((2, 1)))
    exists = np.ones((2, 1), dtype=bool)
    assert weights.prefiring_weights(at, exists, "2018") == {}
    factors = weights.prefiring_weights(at, exists, "2017")
    assert factors["L1PreFiringWeight_Nom"][0] == 1
    up, nominal, down = (factors[f"L1PreFiringWeight_{name}"][1] for name in ("Up", "Nom", "Dn"))
    assert up < nominal < down < 1
