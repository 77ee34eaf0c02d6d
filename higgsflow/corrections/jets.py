"""Resolution of jets: simulation is made as wide as data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import lazy_loader as lazy
import numpy as np

from higgsflow.objects.kinematics import delta_r

if TYPE_CHECKING:
    from higgsflow.model.shift import GenMatching

ak = lazy.load("awkward")

_SMALLEST = 0.01


def stochastic_factor(resolution: Any, scale_factor: Any, draw: Any) -> Any:
    """1 + N sigma sqrt(max(s^2 - 1, 0)): widens by s, but cannot make narrower; never below 0.01.

    `resolution` is relative, sigma(pt) / pt; all jagged alike.
    """
    widening = np.sqrt(np.maximum(scale_factor**2 - 1, 0))
    return np.maximum(1 + draw * resolution * widening, _SMALLEST)


def hybrid_factor(
    jets: Any, generated: Any, factors: tuple[Any, Any, Any], matching: GenMatching
) -> Any:
    """1 + (s - 1) (pt - pt_gen) / pt for jets with a generated one, else the stochastic factor.

    `factors` are resolution, scale factor and draw; `jets` have pt, eta, phi and the index.
    """
    resolution, scale_factor, draw = factors
    index = jets[matching.index.partition("_")[2]]
    known = (index >= 0) & (index < ak.num(generated))
    padded = ak.pad_none(generated, 1)
    partner = padded[ak.where(known, index, 0)]
    away = delta_r(jets.eta, jets.phi, partner.eta, partner.phi)
    near = (away < matching.distance) & (
        abs(jets.pt - partner.pt) < matching.n_widths * resolution * jets.pt
    )
    scaled = 1 + (scale_factor - 1) * (jets.pt - partner.pt) / jets.pt
    matched = ak.fill_none(known & near, False)
    random = stochastic_factor(resolution, scale_factor, draw)
    return ak.where(matched, np.maximum(ak.fill_none(scaled, 1.0), _SMALLEST), random)
