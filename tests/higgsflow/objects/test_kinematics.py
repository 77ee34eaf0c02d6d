from __future__ import annotations

import math
from typing import Any

import awkward as ak
import numpy as np
import pytest
import vector

from higgsflow.events.lists import from_counts
from higgsflow.events.objects import Objects
from higgsflow.events.plain_values import plain_values
from higgsflow.objects.kinematics import (
    SomeDirections,
    SomeDistances,
    SomeMomenta,
    delta_phi,
    delta_r,
    directions,
    isolated_from,
    massless_pair_mass,
    momentum,
    pair_sum,
)


def one(pt: float, eta: float, phi: float, **other: float) -> Any:
    return plain_values(ak.Array([[{"pt": pt, "eta": eta, "phi": phi, **other}]]))


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (3.0, -3.0, 6.0 - 2 * math.pi),
        (0.0, math.pi, -math.pi),
        (1.0, 0.5, 0.5),
        (7.0, 0.0, 7 - 2 * math.pi),
    ],
)
def test_azimuth_goes_the_short_way(a: float, b: float, expected: float) -> None:
    assert delta_phi(np.array([a]), np.array([b]))[0] == pytest.approx(expected)


def test_distance_is_in_eta_and_phi() -> None:
    assert delta_r(0.5, 3.0, -1.0, -3.0) == pytest.approx(math.hypot(1.5, 2 * math.pi - 6.0))


def test_mass_of_massless_photons() -> None:
    mass = massless_pair_mass(one(60.0, 0.0, 0.0), one(60.0, 0.0, 3.0))[0]
    assert mass == pytest.approx(math.sqrt(2 * 60 * 60 * (1 - math.cos(3.0))))


def test_mass_of_photons_close_together_is_not_lost_in_rounding() -> None:
    mass = massless_pair_mass(one(1e4, 2.0, 0.0), one(1e4, 2.0, 1e-4))[0]
    assert mass == pytest.approx(1.0, rel=1e-6)


def test_sum_has_the_masses_of_its_parts() -> None:
    total = pair_sum(one(50.0, 0.0, 0.0, mass=10.0), one(40.0, 0.0, math.pi, mass=5.0))
    energy = math.hypot(50, 10) + math.hypot(40, 5)
    assert total.mass[0] == pytest.approx(math.sqrt(energy**2 - 10.0**2))
    assert total.pt[0] == pytest.approx(10.0)


def test_objects_without_mass_are_massless() -> None:
    assert momentum(one(50.0, 1.0, 0.0)).mass.tolist() == pytest.approx([0.0], abs=1e-5)


def test_isolated_from_all_others_of_its_event() -> None:
    objects = plain_values(
        ak.Array(
            [[{"eta": 0.0, "phi": 0.0}, {"eta": 1.0, "phi": 0.0}], [], [{"eta": 0.0, "phi": 0.0}]]
        )
    )
    others = plain_values(
        ak.Array(
            [[{"eta": 0.0, "phi": 0.4}, {"eta": 3.0, "phi": 0.0}], [{"eta": 0.0, "phi": 0.0}], []]
        )
    )
    assert isolated_from(objects, others, 0.4).tolist() == [True, True, True]
    assert isolated_from(objects, others, 0.41).tolist() == [False, True, True]


@np.errstate(invalid="ignore")
def test_not_isolated_where_a_distance_is_nan() -> None:
    objects = plain_values(
        ak.Array([[{"eta": math.nan, "phi": 0.0}, {"eta": 0.0, "phi": math.inf}]])
    )
    others = plain_values(ak.Array([[{"eta": 0.0, "phi": 1.0}]]))
    assert isolated_from(objects, others, 0.4).tolist() == [False, False]


@pytest.mark.parametrize("kind", ["massive", "massless"])
def test_sums_are_those_of_the_library_vector(kind: str) -> None:
    """`vector` is the reference; only what is shipped adds up by itself, for speed."""
    random = np.random.default_rng(3)
    names = ("pt", "eta", "phi", "mass") if kind == "massive" else ("pt", "eta", "phi")
    columns = {
        "pt": random.exponential(50, (2, 500)),
        "eta": random.normal(0, 2, (2, 500)),
        "phi": random.uniform(-np.pi, np.pi, (2, 500)),
        "mass": random.exponential(5, (2, 500)),
    }
    a, b = (
        plain_values(ak.zip({n: columns[n][i][:, np.newaxis] for n in names})) for i in range(2)
    )
    known = [{"mass": np.zeros(500), **{n: columns[n][i] for n in names}} for i in (0, 1)]
    expected = vector.array(known[0]) + vector.array(known[1])
    found = pair_sum(a, b)
    for name in ("pt", "eta", "phi", "mass"):
        np.testing.assert_allclose(
            getattr(found, name), getattr(expected, name), rtol=1e-6, atol=1e-4
        )


def test_distances_of_some_pairs_are_those_of_all() -> None:
    rng = np.random.default_rng(5)
    eta, phi = rng.normal(0, 2, 20), rng.uniform(-np.pi, np.pi, 20)
    first, second = rng.integers(0, 20, (2, 9))
    every = delta_r(eta[first], phi[first], eta[second], phi[second])
    some = SomeDistances(eta, phi, first, second)
    for pairs in ([2, 5], [], [5, 2, 8, 0], [0, 0]):
        assert some.at(np.array(pairs, int)).tolist() == every[pairs].tolist()
    # worked out once, and only what was asked for
    eta[:] = np.nan
    assert some.at(np.array([8, 5])).tolist() == every[[8, 5]].tolist()
    assert np.isnan(some.at(np.array([1])))


def test_directions_of_some_are_those_of_all() -> None:
    eta, phi = np.linspace(-3, 3, 20), np.linspace(-3.1, 3.1, 20)
    every = directions(Objects(from_counts(np.array([20])), {"eta": eta, "phi": phi}))
    some = SomeDirections(eta, phi)
    asked = []
    for first, second in (([3, 5], [4, 3]), ([5, 7], [19, 0])):
        asked += [*first, *second]
        found = some.of(np.array(first), np.array(second))
        assert found.table[asked].tolist() == every.table[asked].tolist()


def test_momenta_of_some_pairs_are_their_four_vector_sums() -> None:
    rng = np.random.default_rng(3)
    columns = {"pt": rng.exponential(50, 20), "eta": rng.normal(0, 1.5, 20)}
    columns["phi"] = rng.uniform(-np.pi, np.pi, 20)
    first, second = rng.integers(0, 20, (2, 9))
    ways = SomeDirections(columns["eta"], columns["phi"])
    some = SomeMomenta(columns["pt"], ways, first, second)
    every = Objects(from_counts(np.array([20])), columns)
    for pairs in (np.array([2, 5]), np.array([8, 2, 0]), np.array([], int)):
        a, b = (every.taken(from_counts([1] * len(pairs)), at[pairs]) for at in (first, second))
        expected = pair_sum(a, b)
        for name in ("pt", "eta", "phi"):
            np.testing.assert_allclose(getattr(some.at(pairs), name), getattr(expected, name))
        # worked out once for all columns
        assert some.at(pairs) is some.at(pairs)
