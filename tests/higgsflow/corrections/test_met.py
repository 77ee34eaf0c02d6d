from __future__ import annotations

import math

import awkward as ak
import numpy as np
import pytest

from higgsflow.corrections.met import propagated

MET = (np.array([30.0, 40.0, 50.0]), np.array([0.5, 1.0, -2.0]))
PHI = ak.Array([[0.0, math.pi / 2], [], [2.0]])
BEFORE = ak.Array([[100.0, 50.0], [], [10.0]])


def test_missing_momentum_goes_against_what_jets_gain() -> None:
    """100 -> 110 along x and 50 -> 45 along y: missing (x, y) goes by (-10, +5)."""
    pt, phi = propagated(MET, (BEFORE, ak.Array([[110.0, 45.0], [], [10.0]]), PHI), 15.0)
    x, y = 30 * math.cos(0.5) - 10, 30 * math.sin(0.5) + 5
    assert (pt[0], phi[0]) == (pytest.approx(math.hypot(x, y)), pytest.approx(math.atan2(y, x)))


def test_each_event_follows_its_own_objects() -> None:
    """Of events that move together each is what it is alone."""
    objects = (BEFORE, BEFORE + 10, PHI)
    together = propagated(MET, objects, 5.0)
    for event in (slice(0, 1), slice(1, 2), slice(2, 3)):
        met, own = ((values[event] for values in of) for of in (MET, objects))
        alone = propagated(tuple(met), tuple(own), 5.0)
        np.testing.assert_array_equal([values[event] for values in together], alone)


def test_what_does_not_move_leaves_it_to_the_bit() -> None:
    for after in (BEFORE, ak.Array([[100.0, 50.0], [], [20.0]])):
        pt, phi = propagated(MET, (BEFORE, after, PHI), 15.0)
        assert (pt.tolist(), phi.tolist()) == (MET[0].tolist(), MET[1].tolist())


def test_shift_and_shift_back_is_nothing() -> None:
    after = BEFORE * 1.1
    there = propagated(MET, (BEFORE, after, PHI), 5.0)
    back = propagated(there, (after, BEFORE, PHI), 5.0)
    np.testing.assert_allclose(back, MET, rtol=1e-12)


def test_object_that_is_not_a_number_does_not_spoil_it() -> None:
    after = ak.Array([[math.nan, 45.0], [], [math.inf]])
    pt, _ = propagated(MET, (BEFORE, after, PHI), 5.0)
    x, y = 30 * math.cos(0.5), 30 * math.sin(0.5) + 5
    assert pt.tolist() == [pytest.approx(math.hypot(x, y)), 40.0, 50.0]


def test_missing_momentum_that_is_no_number_stays_what_it_is() -> None:
    """A pt that is NaN is no reason for a NaN where phi was a number, which no shift may give."""
    met = (np.array([math.nan, 40.0, 50.0]), np.array([0.5, 1.0, math.nan]))
    found = propagated(met, (BEFORE, BEFORE * 1.1, PHI), 5.0)
    np.testing.assert_array_equal(found, met)


def test_object_without_a_direction_does_not_count() -> None:
    phi = ak.Array([[0.0, math.nan], [], [2.0]])
    pt, _ = propagated(MET, (BEFORE, BEFORE + 10, phi), 15.0)
    x, y = 30 * math.cos(0.5) - 10, 30 * math.sin(0.5)
    assert pt.tolist() == [pytest.approx(math.hypot(x, y)), 40.0, 50.0]


def test_objects_below_the_threshold_leave_it_to_the_bit() -> None:
    """Most of them, made anew from their x and y, differ in the last bits."""
    pt, phi = np.linspace(10.0, 90.0, 100), np.linspace(-3.0, 3.0, 100)
    soft = ak.Array([[10.0]] * 100)
    found = propagated((pt, phi), (soft, soft + 10, soft), 15.0)
    np.testing.assert_array_equal(found, (pt, phi))


@pytest.mark.parametrize(("pt_min", "counts"), [(9.9, True), (10.0, False)])
def test_objects_count_above_the_threshold_before_they_move(pt_min: float, counts: bool) -> None:
    after = ak.Array([[100.0, 50.0], [], [20.0]])
    assert (propagated(MET, (BEFORE, after, PHI), pt_min)[0][2] != 50.0) == counts
