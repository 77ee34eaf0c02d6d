from __future__ import annotations

from typing import Any

import awkward as ak
import numpy as np
import pytest
from hand_made import ONE_PHOTON, run, systematics

from higgsflow import bounds
from higgsflow.bounds import check_dropped
from higgsflow.errors import VariationError
from higgsflow.events.plain import plain
from higgsflow.model.systematic import Systematics

SCALE = {
    "method": "from_function",
    "function": f"{__name__}:wild",
    "branch_modified": "Photon_pt",
    "directions": ["up"],
    "bound": 0.1,
}
SYSTEMATICS = Systematics.model_validate({"independent_collections": {"s": SCALE}})


def wild(events: Any, direction: str) -> Any:
    """Photons of more than 90 GeV are doubled."""
    return ak.where(events.Photon.pt > 90, 2.0, 1.05) * events.Photon.pt


def photons(*pts: float) -> Any:
    return plain(ak.zip({"Photon": ak.zip({"pt": ak.Array([[pt] for pt in pts])})}, depth_limit=1))


def test_dropped_event_that_leaves_the_bound_is_an_error() -> None:
    check_dropped(photons(50, 95), np.array([1]), SYSTEMATICS, ["s_up"])
    with pytest.raises(VariationError, match=r"'s' up of 'Photon_pt' shifts by up to 1, its bound"):
        check_dropped(photons(50, 95), np.array([0]), SYSTEMATICS, ["s_up"])


def test_variation_that_is_not_made_is_not_looked_at() -> None:
    check_dropped(photons(95), np.array([], np.int64), SYSTEMATICS, ["nominal"])


def test_column_that_is_read_later_is_not_looked_at() -> None:
    without = plain(ak.Array([{"run": 1}]))
    check_dropped(without, np.array([], np.int64), SYSTEMATICS, ["s_up"])


def test_chosen_ones_are_spread_over_the_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "N_CHECKED", 2)
    rows = np.array([], np.int64)
    check_dropped(photons(50, 95, 50, 95), rows, SYSTEMATICS, ["s_up"])
    with pytest.raises(VariationError):
        check_dropped(photons(50, 50, 95, 50), rows, SYSTEMATICS, ["s_up"])


def test_event_that_never_reaches_the_taggers_tells_of_a_wrong_bound() -> None:
    hard = {**ONE_PHOTON, "Photon": [{**p, "pt": 95.0} for p in ONE_PHOTON["Photon"]]}
    with pytest.raises(VariationError, match=r"its bound is 0\.1"):
        run(hard, systematics=systematics({"s": SCALE}))
