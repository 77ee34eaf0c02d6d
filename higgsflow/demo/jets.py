"""Jets of the demo events: from top quarks, radiation, and photons or electrons seen as jets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from higgsflow.demo import padded
from higgsflow.demo.kinematics import Directions
from higgsflow.demo.processes import TOPOLOGIES, parameter

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from higgsflow.demo.leptons import Leptons

    Integers = NDArray[np.integer[Any]]
    Masks = NDArray[np.bool_]

B_SLOTS, LIGHT_SLOTS, FORWARD_SLOTS = 3, 7, 3
PT_MIN, ETA_MAX = 15.0, 4.9  # what NanoAOD keeps at all [GeV]
SEEN_AS_JET = 0.92
# Values of the jet identification bits: the loose bit was dropped after 2016.
JET_IDS = {"2016": (7, 3, 1, 0), "2017": (6, 2, 2, 0), "2018": (6, 2, 2, 0)}


def _numbers(rng: np.random.Generator, topology: Integers, n_leptons: Integers) -> Masks:
    """Which of the b, light and forward slots are taken, shape (events, slots)."""
    extra_b = rng.random(len(topology)) < parameter(topology, TOPOLOGIES, "extra_b_jet")
    mean_light = parameter(topology, TOPOLOGIES, "light_jets")
    # each W boson that decays to leptons takes its two quarks away
    mean_light = np.where(mean_light > 3, mean_light - 1.6 * n_leptons, mean_light)
    counts = (
        (parameter(topology, TOPOLOGIES, "b_jets") + extra_b, B_SLOTS),
        (rng.poisson(mean_light), LIGHT_SLOTS),
        (rng.poisson(parameter(topology, TOPOLOGIES, "forward_jets")), FORWARD_SLOTS),
    )
    return np.hstack([np.arange(slots) < count[:, None] for count, slots in counts])


def _directions(rng: np.random.Generator, n: int) -> Directions:
    """Directions of the b, light and forward slots, shape (events, slots)."""
    central = B_SLOTS + LIGHT_SLOTS
    slots = central + FORWARD_SLOTS
    scale = np.repeat((50.0, 35.0, 35.0), (B_SLOTS, LIGHT_SLOTS, FORWARD_SLOTS))
    forward = rng.choice((-1.0, 1.0), (n, FORWARD_SLOTS)) * rng.uniform(
        2.2, ETA_MAX, (n, FORWARD_SLOTS)
    )
    return Directions(
        PT_MIN + rng.exponential(scale, (n, slots)),
        np.hstack([1.2 * rng.standard_normal((n, central)), forward]),
        rng.uniform(-np.pi, np.pi, (n, slots)),
    )


def draw_jets(
    rng: np.random.Generator, topology: Integers, leptons: Leptons
) -> tuple[Directions, Masks, Masks]:
    """Directions, existence and b flavour of the jets proper, each of shape (events, slots)."""
    at = _directions(rng, len(topology))
    exists = _numbers(rng, topology, leptons.number) & (np.abs(at.eta) < ETA_MAX)
    is_b = np.broadcast_to(np.arange(at.pt.shape[1]) < B_SLOTS, at.pt.shape)
    return at, exists, is_b


def with_doubles(
    rng: np.random.Generator,
    jets: tuple[Directions, Masks, Masks],
    doubles: tuple[Directions, Masks],
) -> tuple[Directions, Masks, Masks]:
    """Jets and the photons and electrons that were clustered as jets too.

    NanoAOD has these doubles, so a selection that forgets to clean its jets is found out.
    """
    at, exists = doubles
    seen = exists & (rng.random(exists.shape) < SEEN_AS_JET)
    smeared = Directions(at.pt * rng.normal(1.02, 0.03, at.pt.shape), at.eta + 0.005, at.phi)
    both = (np.hstack(pair) for pair in zip(jets[0], smeared, strict=True))
    no_b = np.zeros(seen.shape, dtype=bool)
    return Directions(*both), np.hstack([jets[1], seen]), np.hstack([jets[2], no_b])


def jet_collection(
    rng: np.random.Generator, jets: tuple[Directions, Masks, Masks], year: str
) -> Any:
    """The Jet collection as jagged records, ordered by pt."""
    at, exists, is_b = jets
    shape = is_b.shape
    tagged = np.where(is_b, rng.beta(5.0, 1.0, shape), rng.beta(0.6, 14.0, shape))
    floats = padded.float32(
        pt=at.pt,
        eta=at.eta,
        phi=at.phi,
        mass=0.12 * at.pt,
        btagDeepFlavB=tagged,
        btagDeepB=np.clip(tagged + 0.1 * rng.standard_normal(shape), 0, 1),
        qgl=rng.random(shape),
        chHEF=rng.beta(3, 2, shape),
    )
    others = {
        "jetId": rng.choice(JET_IDS[year], shape, p=(0.93, 0.03, 0.01, 0.03)).astype(np.int32),
        "puId": rng.choice((7, 6, 4, 0), shape, p=(0.9, 0.04, 0.03, 0.03)).astype(np.int32),
        "nConstituents": rng.poisson(25, shape).astype(np.int32),
    }
    return padded.jagged(exists, floats | others)
