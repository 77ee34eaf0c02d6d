"""Angles, masses and four-vectors, one pair at a time, in float64 and plain Python."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

Object = dict[str, Any]


class FourVector(NamedTuple):
    """Momentum and energy in GeV."""

    px: float
    py: float
    pz: float
    energy: float

    @property
    def pt(self) -> float:
        """Transverse momentum in GeV."""
        return math.hypot(self.px, self.py)

    @property
    def phi(self) -> float:
        """Azimuth in (-pi, pi]."""
        return math.atan2(self.py, self.px)

    @property
    def eta(self) -> float:
        """Pseudorapidity; infinite along the beam, 0 for no momentum at all."""
        if self.pt == 0.0:
            return math.copysign(math.inf, self.pz) if self.pz else 0.0
        return math.asinh(self.pz / self.pt)

    @property
    def mass(self) -> float:
        """Invariant mass in GeV; 0 where rounding makes its square negative."""
        square = self.energy**2 - self.px**2 - self.py**2 - self.pz**2
        return math.sqrt(square) if square > 0.0 or math.isnan(square) else 0.0


def four_vector(thing: Object, mass: float) -> FourVector:
    """Four-vector of an object with pt, eta and phi and this mass in GeV."""
    px = thing["pt"] * math.cos(thing["phi"])
    py = thing["pt"] * math.sin(thing["phi"])
    pz = thing["pt"] * math.sinh(thing["eta"])
    return FourVector(px, py, pz, math.sqrt(px**2 + py**2 + pz**2 + mass**2))


def add(one: FourVector, two: FourVector) -> FourVector:
    """Sum of two four-vectors."""
    return FourVector(one.px + two.px, one.py + two.py, one.pz + two.pz, one.energy + two.energy)


def delta_phi(one: Object, two: Object) -> float:
    """Difference of azimuth, brought into [-pi, pi]; NaN where an angle is not finite."""
    difference = float(one["phi"] - two["phi"])
    return math.remainder(difference, 2.0 * math.pi) if math.isfinite(difference) else math.nan


def delta_r(one: Object, two: Object) -> float:
    """Distance in the (eta, phi) plane."""
    return math.sqrt((one["eta"] - two["eta"]) ** 2 + delta_phi(one, two) ** 2)


def diphoton_mass(one: Object, two: Object) -> float:
    """Mass in GeV of two massless photons, m^2 = 2 pt1 pt2 (cosh d_eta - cos d_phi)."""
    d_eta = one["eta"] - two["eta"]
    d_phi = delta_phi(one, two)
    if not (math.isfinite(d_eta) and math.isfinite(d_phi)):
        return math.nan
    square = 2.0 * one["pt"] * two["pt"] * (math.cosh(d_eta) - math.cos(d_phi))
    return math.sqrt(square)


def is_separated(thing: Object, others: list[Object], distance: float) -> bool:
    """True where every other object is at least this far away (NaN is not)."""
    return all(delta_r(thing, other) >= distance for other in others)
