"""Distances and masses of plain arrays, in float64."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from higgsflow.compiled.choice import compiled
from higgsflow.events.lists import Index, Lists, Mask, pairs_between

if TYPE_CHECKING:
    from higgsflow.events.objects import Objects

Array = npt.NDArray[np.float64]
# eta, phi, and where the lists of objects begin
Places = tuple[Array, Array, Index]


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
    return np.sqrt(2 * first.pt * second.pt * angle_between(first, second))


def angle_between(first: Any, second: Any) -> Any:
    """cosh(eta1 - eta2) - cos(phi1 - phi2), which no change of momentum changes."""
    return np.cosh(first.eta - second.eta) - np.cos(first.phi - second.phi)


@dataclass(frozen=True, eq=False)
class Momentum:
    """Sums of momenta, in components [GeV]."""

    x: Array
    y: Array
    z: Array

    @cached_property
    def pt(self) -> Array:
        """Transverse momentum [GeV]."""
        return np.sqrt(self.x**2 + self.y**2)

    @property
    def phi(self) -> Array:
        """Azimuth [rad]."""
        return np.arctan2(self.y, self.x)

    @property
    def eta(self) -> Array:
        """Pseudorapidity; 0 of what does not move, infinite along the beam."""
        pt = self.pt
        with np.errstate(invalid="ignore", divide="ignore"):
            slope = np.arcsinh(self.z / pt)
        return np.where((pt == 0) & (self.z == 0), 0.0, slope)


@dataclass(frozen=True, eq=False)
class FourMomentum(Momentum):
    """Sums of four-momenta, in components [GeV]."""

    energy: Array

    def __add__(self, other: FourMomentum) -> FourMomentum:
        return FourMomentum(
            self.x + other.x, self.y + other.y, self.z + other.z, self.energy + other.energy
        )

    @property
    def mass(self) -> Array:
        """Invariant mass [GeV]; negative where rounding makes the square of it so."""
        squared = self.energy**2 - (self.x**2 + self.y**2 + self.z**2)
        return np.copysign(np.sqrt(np.abs(squared)), squared)


@dataclass(frozen=True, eq=False)
class Directions:
    """Momenta per unit of transverse momentum, and the energies of massless objects.

    Attributes:
        table: of n objects x, y, z and energy, of shape (n, 4): what is of one object lies together
            in memory, since few objects are looked at.
    """

    table: Array

    def at(self, positions: Any) -> Directions:
        """Those of some objects."""
        return Directions(self.table.take(positions, axis=0))


def directions(objects: Any) -> Directions:
    """Where objects with eta and phi fly; no change of their pt changes it."""
    return _directions(objects.eta, objects.phi)


def _directions(eta: Array, phi: Array) -> Directions:
    table = np.empty((len(eta), 4))
    # of objects that are selected by nobody also what is not finite
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        away = np.exp(-eta)
        table[:, 0], table[:, 1], table[:, 2] = np.cos(phi), np.sin(phi), np.sinh(eta)
        table[:, 3] = 0.5 * (1 + away**2) / away
    return Directions(table)


class SomeDistances:
    """How far two objects each are apart, worked out for those pairs that are asked for."""

    def __init__(self, eta: Array, phi: Array, first: Index, second: Index) -> None:
        """Of objects with eta and phi; pairs are positions among these."""
        self._places, self._pairs = (eta, phi), (first, second)
        self._known = np.zeros(len(first), dtype=np.bool_)
        self._distances = np.empty(len(first))

    def at(self, positions: Index) -> Array:
        """Those of some pairs in the (eta, phi) plane."""
        fresh = positions[~self._known.take(positions)]
        if len(fresh):
            first, second = (of_pairs.take(fresh) for of_pairs in self._pairs)
            one, other = ([a.take(at) for a in self._places] for at in (first, second))
            self._distances[fresh] = delta_r(*one, *other)
            self._known[fresh] = True
        return self._distances.take(positions)


class SomeDirections:
    """Where objects with eta and phi fly, worked out for those that are asked for, once."""

    def __init__(self, eta: Array, phi: Array) -> None:
        self._eta, self._phi = eta, phi
        self._known = np.zeros(len(eta), dtype=np.bool_)
        self._ways = Directions(np.empty((len(eta), 4)))

    def of(self, first: Index, second: Index) -> Directions:
        """Of all objects; right at these positions."""
        positions = _fresh(self._known, first, second)
        if len(positions):
            # what an earlier answer holds is not touched: only what nobody has asked for is new
            found = _directions(self._eta.take(positions), self._phi.take(positions))
            _write(self._ways.table, positions, found.table)
        return self._ways


@compiled("pairs.write")
def _write(ways: Array, positions: Index, found: Array) -> Array:
    """Writes the directions of some objects among those of all."""
    ways[positions] = found
    return ways


@compiled("pairs.fresh")
def _fresh(known: Mask, first: Index, second: Index) -> Index:
    """Positions that are not known yet, each once; from here on they are."""
    positions = np.concatenate([first, second])
    _, places = np.unique(positions, return_index=True)
    ordered = positions[np.sort(places)]
    fresh: Index = ordered[~known[ordered]]
    known[fresh] = True
    return fresh


def momentum(objects: Any, known: Directions | None = None) -> FourMomentum:
    """Four-momenta of objects with pt [GeV], eta, phi, and mass (0 where there is none)."""
    way = directions(objects) if known is None else known
    mass = objects.mass if "mass" in objects.fields else np.zeros(len(objects.pt))
    return _flying(objects.pt, mass, way)


def _flying(pt: Array, mass: Array, way: Directions) -> FourMomentum:
    """Four-momenta; the square of a mass has its sign."""
    x, y, z, energy = way.table.T
    whole = np.sqrt(np.copysign(mass**2, mass) + pt**2 * energy**2)
    return FourMomentum(pt * x, pt * y, pt * z, whole)


class SomeMomenta:
    """Sums of the momenta of two objects each, worked out for those pairs that are asked for."""

    def __init__(self, pt: Array, ways: SomeDirections, first: Index, second: Index) -> None:
        """Of objects with pt [GeV]; pairs are positions among these."""
        self._pt, self._ways = pt, ways
        self._first, self._second = first, second
        # the last answer: one column of a pair is asked for after the other
        self._last: tuple[Index, Momentum] | None = None

    def at(self, positions: Index) -> Momentum:
        """Those of some pairs [GeV], the same for the same array of positions."""
        if self._last is None or self._last[0] is not positions:
            first, second = self._first.take(positions), self._second.take(positions)
            ways = self._ways.of(first, second)
            parts = _added(self._pt, ways.table, first, second)
            self._last = (positions, Momentum(*parts))
        return self._last[1]


@compiled("pairs.added")
def _added(pt: Array, ways: Array, first: Index, second: Index) -> tuple[Array, Array, Array]:
    """x, y and z of the momenta of pairs, from those of `Directions`."""
    a, b = pt[first], pt[second]
    x, y, z = (a * way[first] + b * way[second] for way in ways.T[:3])
    return x, y, z


def pair_masses(objects: Objects, ways: Directions, first: Index, second: Index) -> Array:
    """Invariant masses [GeV] of two objects each, at these positions among all."""
    return _masses((objects.pt, objects.mass), ways.table, first, second)


@compiled("pairs.masses")
def _masses(
    momenta: tuple[Array, Array],
    ways: Array,
    first: Index,
    second: Index,
) -> Array:
    """From pt and mass, and where each object flies."""
    pt, mass = momenta
    way = Directions(ways)
    one, other = (_flying(pt[at], mass[at], way.at(at)) for at in (first, second))
    return (one + other).mass


def pair_sum(first: Any, second: Any) -> FourMomentum:
    """Four-vector sums of two objects with pt, eta, phi, mass (0 where there is none)."""
    return momentum(first) + momentum(second)


def isolated_from(objects: Objects, others: Objects, distance: float) -> Mask:
    """Mask of objects at least `distance` in dR from every one of the others of their event."""
    one, other = ((o.eta, o.phi, o.lists.offsets) for o in (objects, others))
    return _far_from_all(one, other, distance)


@compiled("pairs.far_from_all")
def _far_from_all(one: Places, other: Places, distance: float) -> Mask:
    (eta, phi, offsets), (other_eta, other_phi, other_offsets) = one, other
    a, b = pairs_between(Lists(offsets), Lists(other_offsets))
    apart = delta_r(eta[a], phi[a], other_eta[b], other_phi[b])
    far = np.ones(len(eta), dtype=np.bool_)
    far[a[~(apart >= distance)]] = False
    return far
