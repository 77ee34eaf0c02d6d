"""Generator weights, pile-up and level-1 prefiring, and what each of them does to data.

Data carry no weights. For simulation to describe them with its weights applied, their pile-up is
drawn from the profile the weights aim at, and events are lost with the prefiring probability.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from higgsflow.demo import constants, padded

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from higgsflow.demo.kinematics import Directions

    Floats = NDArray[np.float64]
    Masks = NDArray[np.bool_]

SIMULATED_PILEUP = (30.0, 8.0)  # mean and width of the number of true interactions
MEASURED_PILEUP = {"2016": (26.0, 6.0), "2017": (32.0, 7.0), "2018": (31.0, 6.5)}
CROSS_SECTION_SHIFT = 0.046  # uncertainty of the inelastic cross section
EMPTY_BELOW = 8.0  # interactions that the measured profile does not have at all
PREFIRING_YEARS = ("2016", "2017")
PREFIRING_UNCERTAINTY = 0.2


def generator_weights(rng: np.random.Generator, sample: str, n: int) -> dict[str, Any]:
    """Generator weights with their signs, and the vectors of scale and parton shower choices."""
    spread = constants.WEIGHT_SPREADS[sample]
    # of mean 1, so that every file of a sample has the same mean weight
    size = np.exp(spread * rng.standard_normal(n) - spread**2 / 2)
    sign = np.where(rng.random(n) < constants.NEGATIVE_FRACTIONS[sample], -1.0, 1.0)
    strength = rng.normal(1, 0.3, (n, 1))
    return {
        "genWeight": (constants.GENERATOR_WEIGHTS[sample] * size * sign).astype(np.float32),
        "LHEScaleWeight": _shifted(strength, constants.SCALE_SHIFTS),
        "PSWeight": _shifted(strength, constants.PARTON_SHOWER_SHIFTS),
    }


def _shifted(strength: Floats, shifts: tuple[float, ...]) -> Any:
    return padded.fixed((1 + strength * np.array(shifts)).astype(np.float32))


def draw_pileup(rng: np.random.Generator, year: str, is_data: Masks) -> NDArray[np.float32]:
    """Number of true interactions per event, from the profile of data or of simulation."""
    mean, width = (
        np.where(is_data, measured, simulated)
        for measured, simulated in zip(MEASURED_PILEUP[year], SIMULATED_PILEUP, strict=True)
    )
    drawn = mean + width * rng.standard_normal(len(is_data))
    return np.clip(drawn, 1.0, 80.0).astype(np.float32)


def pileup_weights(interactions: NDArray[np.float32], year: str) -> dict[str, NDArray[np.float32]]:
    """Ratios of the measured to the simulated profile: nominal, and both directions.

    The nominal weight of rare events is 0 while a varied one is not, as in real profiles.
    """
    x = interactions.astype(np.float64)
    mean, width = MEASURED_PILEUP[year]
    simulated = _normal(x, *SIMULATED_PILEUP)
    weights = {}
    for name, shift in (("", 0.0), ("Up", CROSS_SECTION_SHIFT), ("Down", -CROSS_SECTION_SHIFT)):
        profile = _normal(x, mean * (1 + shift), width * (1 + shift))
        inside = x >= EMPTY_BELOW * (1 + 4 * shift)
        weights[f"puWeight{name}"] = np.where(inside, profile / simulated, 0).astype(np.float32)
    return weights


def _normal(x: Floats, mean: float, width: float) -> Floats:
    return np.asarray(np.exp(-0.5 * ((x - mean) / width) ** 2) / width)


def prefiring_weights(at: Directions, exists: Masks, year: str) -> dict[str, NDArray[np.float32]]:
    """Probabilities that no forward object fired the trigger one bunch crossing early.

    Empty for a year without the effect.
    """
    if year not in PREFIRING_YEARS:
        return {}
    affected = exists & (np.abs(at.eta) > 2.0) & (np.abs(at.eta) < 3.0)
    early = np.where(affected, 0.12 * (1 - np.exp(-at.pt / 60)), 0)
    nominal = np.prod(1 - early, axis=1)
    change = PREFIRING_UNCERTAINTY * (1 - nominal)
    return {
        "L1PreFiringWeight_Nom": nominal.astype(np.float32),
        "L1PreFiringWeight_Up": (nominal - change).astype(np.float32),
        "L1PreFiringWeight_Dn": (nominal + change).astype(np.float32),
    }
