"""Distances and masses of plain arrays, in float64."""

from __future__ import annotations

from typing import Any

import lazy_loader as lazy
import numpy as np

ak = lazy.load("awkward")
vector = lazy.load("vector")


def delta_phi(a: Any, b: Any) -> Any:
    """Difference of azimuthal angles [rad], in [-pi, pi]; exact where it is there already."""
    difference = a - b
    return difference - 2 * np.pi * np.rint(difference / (2 * np.pi))


def delta_r(eta1: Any, phi1: Any, eta2: Any, phi2: Any) -> Any:
    """Distance in the (eta, phi) plane."""
    return np.hypot(eta1 - eta2, delta_phi(phi1, phi2))


def massless_pair_mass(first: Any, second: Any) -> Any:
    """Invariant mass [GeV] of two massless objects with pt [GeV], eta, phi.

    m^2 = 2 pt1 pt2 (cosh(eta1 - eta2) - cos(phi1 - phi2)), exact also where m << E.
    """
    angle = np.cosh(first.eta - second.eta) - np.cos(first.phi - second.phi)
    return np.sqrt(2 * first.pt * second.pt * angle)


def pair_sum(first: Any, second: Any) -> Any:
    """Four-vector sum of two objects with pt, eta, phi, mass (0 where there is none)."""
    return as_vector(first) + as_vector(second)


def as_vector(objects: Any) -> Any:
    """The objects as `vector` four-momenta; pt and mass in GeV."""
    mass = objects.mass if "mass" in objects.fields else ak.zeros_like(objects.pt)
    vector.register_awkward()
    return ak.zip(
        {"pt": objects.pt, "eta": objects.eta, "phi": objects.phi, "mass": mass},
        with_name="Momentum4D",
    )


def isolated_from(objects: Any, others: Any, distance: float) -> Any:
    """Mask of objects at least `distance` in dR from every one of the others (jagged)."""
    pairs = ak.cartesian({"a": objects[["eta", "phi"]], "b": others[["eta", "phi"]]}, nested=True)
    apart = delta_r(pairs.a.eta, pairs.a.phi, pairs.b.eta, pairs.b.phi)
    return ak.all(apart >= distance, axis=-1)
