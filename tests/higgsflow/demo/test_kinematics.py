from __future__ import annotations

import numpy as np
import pytest

from higgsflow.demo import constants, kinematics


def mass_of(pair: kinematics.Directions) -> np.ndarray:
    angles = np.cosh(pair.eta[:, 0] - pair.eta[:, 1]) - np.cos(pair.phi[:, 0] - pair.phi[:, 1])
    return np.sqrt(2 * pair.pt[:, 0] * pair.pt[:, 1] * angles)


def test_the_massless_pair_has_exactly_the_drawn_mass() -> None:
    mass, pt = np.array([125.0, 90.0, 200.0]), np.array([0.0, 80.0, 400.0])
    pair = kinematics.decay(np.random.default_rng(1), mass, pt, np.array([0.0, 1.0, -2.0]))
    assert mass_of(pair) == pytest.approx(mass, rel=1e-9)


def test_the_pair_has_the_transverse_momentum_of_its_parent() -> None:
    mass, pt = np.full(50, 125.0), np.linspace(0, 300, 50)
    pair = kinematics.decay(np.random.default_rng(1), mass, pt, np.full(50, 0.7))
    px = (pair.pt * np.cos(pair.phi)).sum(axis=1)
    py = (pair.pt * np.sin(pair.phi)).sum(axis=1)
    assert np.hypot(px, py) == pytest.approx(pt, abs=1e-9)


def test_signal_masses_peak_and_background_masses_fall() -> None:
    rng = np.random.default_rng(2)
    peak = kinematics.draw_masses(rng, np.full(20_000, constants.SIMULATIONS.index("ggH_M125")))
    falling = kinematics.draw_masses(rng, np.full(20_000, constants.SIMULATIONS.index("DiPhoton")))
    assert np.median(peak) == pytest.approx(125, abs=0.1)
    assert 1.4 < np.diff(np.quantile(peak, (0.16, 0.84)))[0] / 2 < 2.0
    assert falling.min() >= kinematics.MASS_MIN
    assert falling.max() <= kinematics.MASS_MAX
    below = (1 - np.exp(-40 / 45)) / (1 - np.exp(-120 / 45))
    assert (falling < 120).mean() == pytest.approx(below, abs=0.015)


def test_z_bosons_have_the_mass_of_the_z() -> None:
    pairs = kinematics.draw_z_boson(np.random.default_rng(3), 5000)
    assert mass_of(pairs).mean() == pytest.approx(91.2, abs=0.2)
