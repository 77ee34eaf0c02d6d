"""Two-body decays to massless particles, for the photon pair and for Z -> ll."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from higgsflow.demo import constants, processes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.integer[Any]]

RESOLUTION, TAIL_RESOLUTION, TAIL_FRACTION = 1.5, 4.0, 0.1  # GeV, GeV, fraction of events
MASS_MIN, MASS_MAX = 80.0, 200.0  # GeV, range of the continuum


class Directions(NamedTuple):
    """Transverse momentum [GeV], pseudorapidity and azimuth, all of shape (events, objects)."""

    pt: Floats
    eta: Floats
    phi: Floats


def decay(rng: np.random.Generator, mass: Floats, pt: Floats, rapidity: Floats) -> Directions:
    """Decay a particle isotropically in its rest frame; the pair has exactly its mass.

    All of shape (events,), GeV; both daughters come back, massless, as shape (events, 2).
    """
    phi = rng.uniform(-np.pi, np.pi, len(mass))
    transverse = np.hypot(mass, pt)
    parent = np.stack([pt * np.cos(phi), pt * np.sin(phi), transverse * np.sinh(rapidity)])
    energy = transverse * np.cosh(rapidity)
    cos_theta, angle = rng.uniform(-1, 1, len(mass)), rng.uniform(-np.pi, np.pi, len(mass))
    sin_theta = np.sqrt(1 - cos_theta**2)
    direction = np.stack([sin_theta * np.cos(angle), sin_theta * np.sin(angle), cos_theta])
    back_to_back = np.stack([direction, -direction], axis=-1) * (mass / 2)[:, None]
    along = (parent[:, :, None] * back_to_back).sum(axis=0) / (mass * (energy + mass))[:, None]
    px, py, pz = back_to_back + parent[:, :, None] * (along + 0.5)
    momentum = np.hypot(px, py)
    return Directions(momentum, np.arcsinh(pz / momentum), np.arctan2(py, px))


def draw_masses(rng: np.random.Generator, process: Integers) -> Floats:
    """Measured diphoton masses [GeV]: a peak with a wide tail, or a falling exponential."""
    n = len(process)
    width = np.where(rng.random(n) < TAIL_FRACTION, TAIL_RESOLUTION, RESOLUTION)
    peak = constants.HIGGS_MASS + width * rng.standard_normal(n)
    slope = processes.of_process(process, "mass_slope")
    kept = 1 - np.exp(-(MASS_MAX - MASS_MIN) / slope)
    falling = MASS_MIN - slope * np.log1p(-kept * rng.random(n))
    return np.where(processes.of_process(process, "resonant") > 0, peak, falling)


def draw_diphoton(rng: np.random.Generator, process: Integers) -> Directions:
    """The two photons of each event as measured, shape (events, 2)."""
    mass = draw_masses(rng, process)
    pt = rng.gamma(1.6, processes.of_process(process, "pt_mean") / 1.6)
    rapidity = processes.of_process(process, "rapidity_width") * rng.standard_normal(len(process))
    return decay(rng, mass, pt, rapidity)


def draw_z_boson(rng: np.random.Generator, n: int) -> Directions:
    """The two leptons of a Z boson in each of `n` events, shape (events, 2)."""
    mass = 91.2 + 2.5 * rng.standard_normal(n)
    return decay(rng, mass, rng.exponential(30.0, n), 0.9 * rng.standard_normal(n))
