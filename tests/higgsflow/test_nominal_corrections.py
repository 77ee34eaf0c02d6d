"""Corrections of the nominal events, and what other directions of them become."""

from __future__ import annotations

from typing import Any

import awkward as ak
import pytest

from higgsflow.events.plain import plain
from higgsflow.model.systematic import Systematics
from higgsflow.nominal_corrections import apply_corrections
from higgsflow.variations import apply_variation

EVENTS = ak.Array(
    {
        "MET_pt": [12.0, 10.0, 50.0],
        "less": [-10.0, -10.0, -10.0],
        "much_less": [-30.0, -8.0, -12.0],
        "more": [5.0, 5.0, 5.0],
        "factor": [2.0, 4.0, 0.5],
        "other": [30.0, 40.0, 50.0],
        "otherwise": [60.0, 20.0, 75.0],
    }
)


def of_columns(central: str, **content: Any) -> dict[str, Any]:
    branches = {"central": central, **content.pop("branches", {})}
    return {"branch_modified": "MET_pt", "branches": branches, **content}


LESS = of_columns("less", branches={"up": "much_less"}, additive=True)
MORE = of_columns("more", additive=True)


def met(**corrections: dict[str, Any]) -> tuple[list[float], list[float]]:
    """Nominal, and in the direction up of the first correction."""
    first = next(iter(corrections))
    other = {"method": "from_correction", "nominal_correction": first, "directions": ["up"]}
    collections = {"c": {"branch_modified": "MET_pt", **other}}
    content = {"corrections": corrections, "independent_collections": collections}
    systematics = Systematics.model_validate(content)
    events = apply_corrections(plain(EVENTS), systematics.corrections.values(), systematics)
    up = apply_variation(events, systematics.independent_collections["c"], "up")
    return events.view.MET_pt.tolist(), up.view.MET_pt.tolist()


def test_direction_is_what_the_correction_says_also_where_the_central_one_is_zero() -> None:
    nominal, up = met(first=LESS)
    assert nominal == [2.0, 0.0, 40.0]
    assert up == [-18.0, 2.0, 38.0]


def test_what_is_added_later_is_added_to_every_direction() -> None:
    """A direction below zero would be multiplied with what the central one grows by."""
    nominal, up = met(first=LESS, second=MORE)
    assert nominal == [7.0, 5.0, 45.0]
    assert up == [-13.0, 7.0, 43.0]


def test_later_factors_are_those_of_every_direction() -> None:
    """Where the central one is zero nobody knows its factor."""
    later = of_columns("other")
    nominal, up = met(first=LESS, second=later)
    assert nominal == [30.0, 40.0, 50.0]
    assert up == pytest.approx([-18.0 * 15, 2.0, 38.0 * 1.25])


def test_what_is_undone_later_is_undone_in_every_direction() -> None:
    later = {**MORE, "already_in": "factor", "undo": True}
    nominal, up = met(first=LESS, second=later)
    assert nominal == [6.0, 5.0, 85.0]
    assert up[::2] == pytest.approx([-4.0, 81.0])


def test_of_a_direction_only_the_columns_are_kept_that_vary() -> None:
    both = {"MET_pt": "other", "more": "less"}
    first = {
        "branch_modified": list(both),
        "branches": {"central": list(both.values()), "up": ["otherwise", "factor"]},
    }
    assert met(first=first) == ([30.0, 40.0, 50.0], [60.0, 20.0, 75.0])
