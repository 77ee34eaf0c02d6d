"""Shifts and a weight of the measured analysis, as users write them, in plain awkward."""

from __future__ import annotations

from typing import Any

import awkward as ak
import numpy as np

TOP, LAST_COPY = 6, 1 << 13
PT_MAX = 500.0  # GeV, where the measurement ends


def relative_shift(eta: Any, source: int, size: float) -> Any:
    """Of pt: depends on |eta| differently for each source, and is `size` at most."""
    return 0.5 * size * (1 + np.sin(source + abs(eta)) ** 2)


def shift_photons(events: Any, direction: str, source: int = 0, size: float = 0.01) -> Any:
    """Photon pt [GeV] shifted up or down."""
    sign = 1.0 if direction == "up" else -1.0
    return events.Photon.pt * (1 + sign * relative_shift(events.Photon.eta, source, size))


def shift_jets(events: Any, direction: str, source: int = 0, size: float = 0.04) -> Any:
    """Jet pt [GeV] shifted up or down."""
    sign = 1.0 if direction == "up" else -1.0
    return events.Jet.pt * (1 + sign * relative_shift(events.Jet.eta, source, size))


def top_pt(events: Any, **_: Any) -> dict[str, Any]:
    """Weights from the pt of the two generated top quarks; 1 where there are none."""
    particles = events.GenPart
    is_top = (abs(particles.pdgId) == TOP) & ((particles.statusFlags & LAST_COPY) != 0)
    pt = particles.pt[is_top]
    factor = np.exp(0.0615 - 0.0005 * np.minimum(pt, PT_MAX))
    weight = ak.where(ak.num(pt) == 2, np.sqrt(ak.prod(factor, axis=1)), 1.0)
    return {"up": weight, "down": 2 - weight}
