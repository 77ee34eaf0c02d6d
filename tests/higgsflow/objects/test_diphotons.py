from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import awkward as ak
import numpy as np
import pytest

from higgsflow.events.plain_values import plain_values
from higgsflow.objects.diphotons import (
    DiphotonCuts,
    PhotonPairs,
    best_pairs,
    pair_angles,
    pair_masks,
    photon_pairs,
)
from higgsflow.taggers.base import all_of


def photons(*events: list[tuple[float, float, float]]) -> Any:
    """Photons (pt, eta, phi) of each event."""
    flat = [[dict(zip(("pt", "eta", "phi"), p, strict=True)) for p in event] for event in events]
    return plain_values(ak.values_astype(ak.Array(flat), float))


def pairs_of(objects: Any) -> PhotonPairs:
    """All pairs, of photons that all are selected."""
    everything = np.ones(objects.lists.n, np.bool_)
    return photon_pairs(objects.pt, pair_angles(objects, everything), everything)


def test_all_pairs_with_the_larger_pt_first() -> None:
    pairs = pairs_of(photons([(30.0, 0.0, 0.0), (50.0, 0.0, 1.0), (40.0, 0.0, 2.0)]))
    assert pairs.lead_pt.tolist() == [50.0, 40.0, 50.0]
    assert pairs.sublead_pt.tolist() == [30.0, 30.0, 40.0]


def test_of_equal_pt_the_earlier_leads() -> None:
    pairs = pairs_of(photons([(60.0, 0.0, 0.0), (60.0, 0.0, 3.0)]))
    assert (pairs.lead.tolist(), pairs.sublead.tolist()) == ([0], [1])


@pytest.mark.parametrize(
    ("lead", "sublead", "passes"),
    [
        (60.0, 60.0, True),
        (35.0, 30.0, False),
        (200.0, 26.0, False),
        (90.1, 90.1, False),  # 180.2 GeV
        (49.9, 49.9, False),  # 99.8 GeV
    ],
)
def test_cuts_of_back_to_back_pairs(lead: float, sublead: float, passes: bool) -> None:
    pairs = pairs_of(photons([(lead, 0.0, 0.0), (sublead, 0.0, math.pi)]))
    assert all_of(pair_masks(pairs, DiphotonCuts())).tolist() == [passes]


def test_mass_window_is_closed() -> None:
    pairs = SimpleNamespace(
        lead_pt=np.full(4, 90.0),
        sublead_pt=np.full(4, 90.0),
        mass=np.array([99.99, 100.0, 180.0, 180.01]),
    )
    assert pair_masks(pairs, DiphotonCuts())["mass"].tolist() == [False, True, True, False]


@pytest.mark.parametrize(
    "bad", [(math.nan, 0.0, 0.0), (60.0, math.nan, 0.0), (60.0, 0.0, math.nan)]
)
def test_nan_makes_no_pair(bad: tuple[float, float, float]) -> None:
    pairs = pairs_of(photons([bad, (60.0, 0.0, 3.0)]))
    assert all_of(pair_masks(pairs, DiphotonCuts())).tolist() == [False]


@np.errstate(divide="ignore")
def test_photons_at_one_place_have_no_mass_and_fail() -> None:
    pairs = pairs_of(photons([(60.0, 0.0, 1.0), (60.0, 0.0, 1.0)]))
    assert pairs.mass.tolist() == [0.0]
    assert all_of(pair_masks(pairs, DiphotonCuts())).tolist() == [False]


def test_best_pair_has_the_largest_pt_sum_and_the_first_of_equals() -> None:
    pairs = pairs_of(
        photons(
            [(50.0, 0.0, 0.0), (60.0, 0.0, 1.0), (60.0, 0.0, 2.0), (50.0, 0.0, 3.0)],
            [(50.0, 0.0, 0.0)],
            [(60.0, 0.0, 0.0), (50.0, 0.0, 1.0), (50.0, 0.0, 2.0)],
        )
    )
    best = best_pairs(pairs, np.ones(pairs.lists.n, dtype=np.bool_))
    assert pairs.lists.owners[best].tolist() == [0, 2]
    assert pairs.lead[best].tolist() == [1, 5]
    assert pairs.sublead[best].tolist() == [2, 6]


def test_best_pair_is_a_passing_one() -> None:
    pairs = pairs_of(photons([(60.0, 0.0, 0.0), (50.0, 0.0, 1.0), (40.0, 0.0, 2.0)]))
    best = best_pairs(pairs, np.array([False, True, True]))
    assert pairs.sublead[best].tolist() == [2]


def test_pairs_of_those_that_are_selected_stay_in_their_order() -> None:
    some = photons([(30.0, 0.0, float(i)) for i in range(4)], [(40.0, 1.0, 0.0), (50.0, 0.0, 1.0)])
    among = np.array([True, True, False, True, True, True])
    selected = np.array([True, False, True, True, True, True])
    pairs = photon_pairs(some.pt, pair_angles(some, among), selected)
    assert list(zip(pairs.lead, pairs.sublead, strict=True)) == [(0, 3), (5, 4)]
    # the second of three pairs in the first event, and the only one of the second
    assert pairs.number.tolist() == [1, 3]
    assert pairs.lists.counts.tolist() == [1, 1]
