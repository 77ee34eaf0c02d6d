"""What the toy processes look like, as numbers that are looked up event by event.

An event of data is made by the same code as an event of simulation: the process is an integer per
event, and every parameter an array taken at it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from higgsflow.demo import constants

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Integers = NDArray[np.integer[Any]]
    Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Process:
    """The photon system of a process, and how often it comes with top quarks (masses in GeV)."""

    resonant: float
    mass_slope: float
    pt_mean: float
    rapidity_width: float
    fake_photon: float
    top: float
    single_top: float


@dataclass(frozen=True)
class Topology:
    """What stands beside the photons: probabilities, and mean numbers of jets."""

    one_lepton: float
    two_leptons: float
    z_boson: float
    b_jets: int
    extra_b_jet: float
    light_jets: float
    forward_jets: float


PROCESSES = {
    "ttH_M125": Process(1.0, 1.0, 110.0, 0.9, 0.0, 1.0, 0.0),
    "tHq_M125": Process(1.0, 1.0, 90.0, 1.1, 0.0, 0.0, 1.0),
    "ggH_M125": Process(1.0, 1.0, 35.0, 1.2, 0.0, 0.02, 0.01),
    "DiPhoton": Process(0.0, 45.0, 40.0, 1.3, 0.0, 0.28, 0.15),
    "GJet": Process(0.0, 38.0, 35.0, 1.3, 1.0, 0.28, 0.15),
}

TOP, SINGLE_TOP, PLAIN = range(3)
TOPOLOGIES = (
    Topology(0.42, 0.12, 0.01, 2, 0.0, 4.2, 0.35),
    Topology(0.95, 0.0, 0.02, 1, 0.3, 1.3, 1.4),
    Topology(0.04, 0.0, 0.03, 0, 0.06, 1.0, 0.15),
)


def parameter(index: Integers, rows: Sequence[Process | Topology], name: str) -> Floats:
    """One parameter for every event, by the event's row of the table."""
    return np.array([getattr(row, name) for row in rows], dtype=np.float64)[index]


def of_process(process: Integers, name: str) -> Floats:
    """One parameter of each event's process (indices into `constants.SIMULATIONS`)."""
    return parameter(process, [PROCESSES[key] for key in constants.SIMULATIONS], name)


def draw_topology(rng: np.random.Generator, process: Integers) -> Integers:
    """The topology of each event: what a process is, or by accident looks like."""
    top = of_process(process, "top")
    draw = rng.random(len(process))
    other = np.where(draw < top + of_process(process, "single_top"), SINGLE_TOP, PLAIN)
    return np.where(draw < top, TOP, other)
