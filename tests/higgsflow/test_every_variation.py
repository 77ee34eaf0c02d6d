from __future__ import annotations

from typing import Any

import awkward as ak
import numpy as np
import pytest
from hand_made import HADRONIC, JET, LEPTONIC, MODIFYING, NO_TAG, run, systematics

from higgsflow import every_variation

SCALES = {
    f"{name}_scale": {
        "method": "from_function",
        "function": f"{__name__}:{name}",
        "branch_modified": f"{collection}_pt",
    }
    for name, collection in (("photons", "Photon"), ("jets", "Jet"))
}
EVENTS = [
    {**HADRONIC, "event": 1},
    {**LEPTONIC, "event": 2, "w": 2.0},
    {**NO_TAG, "event": 3},
    {**HADRONIC, "event": 4, "Jet": [*HADRONIC["Jet"][:3], {**JET, "phi": 1.2, "pt": 24.0}]},
]
CONTENT = systematics(SCALES, s=MODIFYING)


def photons(events: Any, direction: str) -> Any:
    return events.Photon.pt * (1.2 if direction == "up" else 0.6)


def jets(events: Any, direction: str) -> Any:
    return events.Jet.pt * (1.1 if direction == "up" else 0.6)


@pytest.mark.parametrize("wanted", ["nominal", "jets_scale_up", "photons_scale_down"])
def test_one_variation_alone_is_what_it_is_among_all(wanted: str) -> None:
    """Jobs are asked for those that are not made yet, the nominal run may not be among them."""
    of_all = run(*EVENTS, systematics=CONTENT)
    alone = run(*EVENTS, systematics=CONTENT, variations=[wanted])
    assert list(alone.tables) == [wanted]
    assert alone.ledgers[wanted] == of_all.ledgers[wanted]
    for name, values in of_all.tables[wanted].items():
        np.testing.assert_array_equal(alone.tables[wanted][name], values)


def test_each_variation_selects_for_itself() -> None:
    tables = run(*EVENTS, systematics=CONTENT).tables
    selected = {name: table["event"].tolist() for name, table in tables.items()}
    assert selected == {
        "nominal": [1, 2],
        "photons_scale_up": [1, 2],
        "photons_scale_down": [],
        "jets_scale_up": [1, 2, 4],
        "jets_scale_down": [1, 2],
    }


def of_photons(events: Any) -> Any:
    factor = ak.to_numpy(ak.sum(events.Photon.pt, axis=1)) / 100
    return {"central": factor, "up": factor, "down": factor}


def test_weights_are_made_again_where_only_one_looks_at_what_changes() -> None:
    """Both photons have 60 GeV; the weights of the other source are 1 and 2."""
    looking = {
        "method": "from_function",
        "function": f"{__name__}:of_photons",
        "requires_branches": ["Photon_pt"],
        "modify_central_weight": True,
    }
    tables = run(*EVENTS, systematics=systematics(SCALES, s=MODIFYING, photons=looking)).tables
    names = ("nominal", "photons_scale_up", "jets_scale_down")
    nominal, up, down = (tables[name]["weight_central"] for name in names)
    np.testing.assert_allclose(nominal, [1.2, 2.4])
    np.testing.assert_allclose(up, [1.44, 2.88])
    np.testing.assert_array_equal(down, nominal)


def test_order_is_that_of_the_question(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(every_variation, "_ROWS", 8)
    names = ["jets_scale_down", "nominal", "photons_scale_up"]
    assert list(run(*EVENTS, systematics=CONTENT, variations=names).tables) == names


def test_more_events_than_fit_are_varied_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    together = run(*EVENTS, systematics=CONTENT)
    for limit in ("_ROWS", "_STACKED"):
        monkeypatch.setattr(every_variation, limit, 1)
    alone = run(*EVENTS, systematics=CONTENT)
    assert list(alone.tables) == list(together.tables)
    assert alone.ledgers == together.ledgers


@pytest.mark.parametrize("size", range(5))
def test_each_variation_is_in_one_group(size: int) -> None:
    groups = list(every_variation._groups(("a", "b", "c"), size))
    assert [name for group in groups for name in group] == ["a", "b", "c"]
    assert max(map(len, groups)) <= max(1, size)
