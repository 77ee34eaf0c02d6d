"""What the measured analysis does to events."""

from __future__ import annotations

import awkward as ak
import numpy as np
import pytest

from benchmarks.user.systematics import shift_jets, shift_photons, top_pt


@pytest.mark.parametrize("direction", ["up", "down"])
def test_a_shift_stays_within_its_bound(direction: str) -> None:
    objects = [[{"pt": 50.0, "eta": eta} for eta in np.linspace(-4.7, 4.7, 40)]]
    events = ak.Array({"Photon": objects, "Jet": objects})
    for source in range(50):
        for shift in (shift_photons, shift_jets):
            relative = shift(events, direction, source=source, size=0.02) / 50 - 1
            sign = 1 if direction == "up" else -1
            assert ak.all(relative * sign > 0)
            assert ak.all(abs(relative) <= 0.02 + 1e-12)


def test_tops_are_two_last_copies() -> None:
    last, other = 1 << 13, 1 << 8
    tops = [
        {"pt": 100.0, "pdgId": 6, "statusFlags": last},
        {"pt": 900.0, "pdgId": -6, "statusFlags": last | other},
        {"pt": 50.0, "pdgId": 6, "statusFlags": other},
    ]
    events = ak.Array(
        {"GenPart": [tops, tops[:1], [{"pt": 9.0, "pdgId": 21, "statusFlags": last}]]}
    )
    expected = np.sqrt(np.exp(0.0615 - 0.05) * np.exp(0.0615 - 0.25))
    factors = top_pt(events)
    assert factors["up"].tolist() == [pytest.approx(expected), 1.0, 1.0]
    assert factors["down"].tolist() == [pytest.approx(2 - expected), 1.0, 1.0]
