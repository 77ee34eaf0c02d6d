from __future__ import annotations

import math
from typing import Any

import awkward as ak
import pytest

from higgsflow.objects.photons import PhotonCuts, in_acceptance, photon_needs, quality_masks
from higgsflow.taggers.base import all_of

GOOD = {"pt": 60.0, "eta": 0.5, "phi": 1.0, "electronVeto": True, "mvaID": 0.9}


def photons(*changes: dict[str, Any]) -> ak.Array:
    """One event; each photon is the good one with some fields changed."""
    return ak.Array([[{**GOOD, **change} for change in changes]])


def passing(*changes: dict[str, Any], cuts: PhotonCuts | None = None) -> list[bool]:
    return all_of(quality_masks(photons(*changes), cuts or PhotonCuts()))[0].tolist()


@pytest.mark.parametrize(
    ("column", "failing", "good"),
    [
        ("eta", 1.4442, 1.4441),
        ("eta", 1.566, 1.5661),
        ("eta", -2.5, -2.499),
        ("mvaID", -0.9, -0.899),
        ("electronVeto", False, True),
    ],
)
def test_thresholds_are_strict(column: str, failing: Any, good: Any) -> None:
    assert passing({column: failing}, {column: good}) == [False, True]


@pytest.mark.parametrize("column", ["eta", "mvaID"])
def test_nan_fails_every_cut(column: str) -> None:
    assert passing({column: math.nan}, {}) == [False, True]


def test_infinite_eta_is_outside() -> None:
    assert passing({"eta": math.inf}, {"eta": -math.inf}) == [False, False]


def test_supercluster_flags_replace_eta_where_both_exist() -> None:
    both = photons(
        {"eta": 1.5, "isScEtaEB": False, "isScEtaEE": True},
        {"eta": 0.5, "isScEtaEB": False, "isScEtaEE": False},
    )
    assert in_acceptance(both, PhotonCuts()).tolist() == [[True, False]]
    one = photons({"eta": 1.5, "isScEtaEB": True})
    assert in_acceptance(one, PhotonCuts()).tolist() == [[False]]


def test_electron_veto_can_be_switched_off() -> None:
    assert passing({"electronVeto": False}, cuts=PhotonCuts(electron_veto=False)) == [True]


def test_flags_and_r9_are_optional() -> None:
    optional = {need.name for need in photon_needs() if need.optional}
    assert optional == {"Photon_isScEtaEB", "Photon_isScEtaEE", "Photon_r9"}
