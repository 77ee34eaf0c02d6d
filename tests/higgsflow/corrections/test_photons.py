from __future__ import annotations

import awkward as ak
import pytest

from higgsflow.corrections.photons import scale_pt
from higgsflow.errors import UnknownName

EVENTS = ak.Array([{"Photon": [{"pt": 100.0}, {"pt": 50.0}]}, {"Photon": []}])


def test_pt_goes_up_and_down_by_the_shift() -> None:
    assert scale_pt(EVENTS, "up").tolist() == [[101.0, 50.5], []]
    assert scale_pt(EVENTS, "down", shift=0.5).tolist() == [[50.0, 25.0], []]


def test_unknown_direction_names_the_nearest() -> None:
    with pytest.raises(UnknownName, match="Did you mean 'down'"):
        scale_pt(EVENTS, "dwn")
