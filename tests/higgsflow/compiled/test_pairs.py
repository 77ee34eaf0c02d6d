"""Kernels of pairs, held to the functions of higgsflow/objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from higgsflow.events.lists import from_counts
from higgsflow.objects import diphotons, kinematics

if TYPE_CHECKING:
    from collections.abc import Callable

kernels = pytest.importorskip("higgsflow.compiled.pairs", reason="no C compiler at installation")

law = settings(deadline=None, max_examples=60)
N = 5
# also equal ones, zeros, infinities and what is not a number
momenta = st.one_of(st.sampled_from([20.0, 25.0, 0.0, -0.0]), st.floats(width=32))
values = hnp.arrays(np.float64, N, elements=momenta)
ways = hnp.arrays(np.float64, (N, 4), elements=momenta)
positions = hnp.arrays(np.int64, 6, elements=st.integers(0, N - 1))


@law
@given(values, hnp.arrays(np.bool_, N), st.lists(st.integers(0, 3), max_size=4), st.data())
def test_selected_pairs(
    agrees: Callable[..., Any], pt: Any, selected: Any, n: list[int], data: Any
) -> None:
    at = hnp.arrays(np.int64, sum(n), elements=st.integers(0, N - 1))
    angle = hnp.arrays(np.float64, sum(n), elements=momenta)
    of_pairs = data.draw(st.tuples(at, at, angle))
    agrees(diphotons._selected, pt, selected, from_counts(n).offsets, of_pairs)


@law
@given(values, ways, positions, positions)
def test_sums_of_momenta(agrees: Callable[..., Any], pt: Any, ways: Any, a: Any, b: Any) -> None:
    agrees(kinematics._added, pt, ways, a, b)


@law
@given(hnp.arrays(np.float64, (N, 4), elements=momenta), positions, st.data())
def test_directions_are_written(agrees: Callable[..., Any], ways: Any, at: Any, data: Any) -> None:
    found = data.draw(hnp.arrays(np.float64, (len(at), 4), elements=momenta))
    agrees(kinematics._write, ways, at, found)


@pytest.mark.parametrize(
    ("pt", "first", "second"),
    [
        (np.zeros(2, np.float32), [0], [1]),
        (np.zeros(2), [0], [2]),
        (np.zeros(2), [-1], [0]),
        (np.zeros(2), [0], [0, 1]),
    ],
)
def test_other_types_and_places_are_left_to_numpy(pt: Any, first: Any, second: Any) -> None:
    first, second = np.array(first), np.array(second)
    of_pairs, mask = (first, second, np.ones(1)), np.ones(2, np.bool_)
    assert kernels.selected(pt, mask, np.array([0, 1]), of_pairs) is NotImplemented
    assert kernels.added(pt, np.zeros((2, 4)), first, second) is NotImplemented


@pytest.mark.parametrize("at", [[-1], [2], [0, 1], [0.0]])
def test_directions_are_not_written_elsewhere(at: Any) -> None:
    ways = np.zeros((2, 4))
    assert kernels.write(ways, np.array(at), np.ones((1, 4))) is NotImplemented
    assert not ways.any()


@pytest.mark.parametrize(
    "ways",
    [
        np.zeros((1, 4)), np.zeros((2, 3)), np.zeros(8), np.zeros((4, 2)).T,
        np.zeros((2, 8))[:, :4],
        np.zeros((2, 4), np.float32), np.zeros((2, 4), ">f8"), [[0.0] * 4] * 2,
    ],
)  # fmt: skip
def test_directions_of_others_are_left_to_numpy(ways: Any) -> None:
    pt, at = np.zeros(2), np.array([1])
    assert kernels.added(pt, ways, at, at) is NotImplemented
    assert kernels.masses((pt, pt), ways, at, at) is NotImplemented


def test_columns_of_other_lengths_are_left_to_numpy() -> None:
    pt, at, mask, offsets = np.zeros(2), np.array([1]), np.ones(2, np.bool_), np.array([0, 1])
    assert kernels.selected(pt, mask, offsets, (at, at, np.ones(1))) is not NotImplemented
    for other in (
        (pt, mask[:1], offsets, (at, at, np.ones(1))),
        (pt, pt, offsets, (at, at, np.ones(1))),
        (pt, mask, np.array([0, 2]), (at, at, np.ones(1))),
        (pt, mask, offsets, (at, at, np.ones(0))),
        (pt, mask, offsets, (at, at, np.ones(1, np.float32))),
    ):
        assert kernels.selected(*other) is NotImplemented


@law
@given(st.tuples(values, values), ways, positions, positions)
def test_masses(agrees: Callable[..., Any], momenta: Any, ways: Any, a: Any, b: Any) -> None:
    agrees(kinematics._masses, momenta, ways, a, b)


def test_masses_of_other_columns_are_left_to_numpy() -> None:
    pt, at = np.zeros(2), np.array([1])
    ways = np.zeros((2, 4))
    assert kernels.masses((pt, pt[:1]), ways, at, at) is NotImplemented
    assert kernels.masses((pt, pt), ways, at, at + 1) is NotImplemented


sums = st.sampled_from([60.0, 60.5, 70.0, np.inf, -np.inf])


@law
@given(st.lists(st.integers(0, 4), max_size=5), st.data())
def test_best_pairs(agrees: Callable[..., Any], n: list[int], data: Any) -> None:
    of_pairs = data.draw(hnp.arrays(np.float64, sum(n), elements=sums))
    passing = data.draw(hnp.arrays(np.bool_, sum(n)))
    agrees(diphotons._best, of_pairs, passing, from_counts(n).offsets)


def test_sums_that_cannot_be_compared_are_left_to_numpy() -> None:
    passing, offsets = np.ones(2, np.bool_), np.array([0, 2])
    assert kernels.best(np.array([np.nan, 1.0]), passing, offsets) is NotImplemented
    assert kernels.best(np.ones(3), passing, offsets) is NotImplemented


# also both sides of pi, a circle further, and the distance itself
angles = st.one_of(
    st.sampled_from([0.0, 0.4, -0.4, np.pi, -np.pi, 6.4, 1e300]), st.floats(width=32)
)


@law
@given(st.data(), st.sampled_from([0.4, 0.0, 1e-7, -1.0, np.inf, np.nan]))
def test_far_from_all(agrees: Callable[..., Any], data: st.DataObject, distance: float) -> None:
    sides = []
    n_events = data.draw(st.integers(0, 4))
    for _ in range(2):
        counts = data.draw(hnp.arrays(np.int64, n_events, elements=st.integers(0, 3)))
        column = hnp.arrays(np.float64, int(counts.sum()), elements=angles)
        sides.append((data.draw(column), data.draw(column), from_counts(counts).offsets))
    agrees(kinematics._far_from_all, *sides, distance)


@pytest.mark.parametrize("distance", [0.4, 3.0, 1e-7])
def test_close_calls_are_as_numpy_says(agrees: Callable[..., Any], distance: float) -> None:
    """Of objects in all directions, and of some that are within roundings of the distance."""
    rng, n = np.random.default_rng(3), 4000
    offsets = from_counts(rng.integers(0, 4, n)).offsets
    eta, phi = rng.uniform(-3, 3, offsets[-1]), rng.uniform(-np.pi, np.pi, offsets[-1])
    angle, steps = rng.uniform(0, 2 * np.pi, len(eta)), rng.integers(-3, 4, len(eta))
    apart = distance * (1 + steps * np.finfo(np.float64).eps)
    other_phi = phi + apart * np.sin(angle)
    other_phi -= 2 * np.pi * np.rint(other_phi / (2 * np.pi))
    close = eta + apart * np.cos(angle), other_phi, offsets
    far = agrees(kinematics._far_from_all, (eta, phi, offsets), close, distance)
    assert 0.1 < far.mean() < 0.9


@pytest.mark.parametrize(
    ("eta", "offsets"),
    [(np.zeros(2, np.float32), [0, 2]), (np.zeros(2), [0, 1]), (np.zeros(2), [0, 1, 2])],
)
def test_what_is_no_list_of_places_is_left_to_numpy(eta: Any, offsets: Any) -> None:
    fine = (np.zeros(2), np.zeros(2), np.array([0, 2]))
    assert kernels.far_from_all(fine, fine, 0.4).tolist() == [False, False]
    assert kernels.far_from_all((eta, eta, np.array(offsets)), fine, 0.4) is NotImplemented
    assert kernels.far_from_all(fine, (eta, eta, np.array(offsets)), 0.4) is NotImplemented


@law
@given(hnp.arrays(np.bool_, N), positions, positions)
def test_fresh_positions(agrees: Callable[..., Any], known: Any, a: Any, b: Any) -> None:
    def asked(first: Any, second: Any) -> tuple[Any, Any]:
        noted = known.copy()
        return kinematics._fresh(noted, first, second), noted

    agrees(asked, a, b)


def test_fresh_positions_are_positions() -> None:
    known, fine = np.zeros(2, np.bool_), np.array([1])
    for bad in (np.array([2]), np.array([-1])):
        assert kernels.fresh(known, fine, bad) is NotImplemented
        assert kernels.fresh(known, bad, fine) is NotImplemented
    assert not known.any()
