from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from higgsflow.output.merge_order import MergeOrder
from higgsflow.output.rescale import Ratio


def order(**changes: Any) -> MergeOrder:
    facts: dict[str, Any] = {
        "sample": "S", "year": "2017", "process_id": 1, "is_data": False, "scale1fb": 0.1,
        "luminosity": 5.0, "denominator": 1360.0, "mode": "whole", "complete": True,
        "fraction": 1.0, "output_format": "root", "folder": Path("/store"), "inputs": {},
        "parts": {}, "variables": ("m_gg",), "weights": {"nominal": ("weight_s_up",), "a_up": ()},
    }  # fmt: skip
    return MergeOrder(**{**facts, **changes})


def test_weights_are_scaled_with_luminosity_and_those_of_data_not_at_all() -> None:
    assert order().scale == pytest.approx(0.5)
    assert order(scale1fb=None, is_data=True).scale == 1.0
    assert order().scale_facts["scale"] == order().scale


def test_a_variation_has_a_file_of_its_own() -> None:
    assert order().path("a_up") == Path("/store/a_up.root")


def test_columns_are_read_that_are_written_or_tell_a_bin() -> None:
    by_bin = {"weight_s_up": (Ratio(bins="n_jet", values=(1.1, 0.9)),)}
    known = ("run", "luminosityBlock", "event", "m_gg", "tag_idx", "tag_category")
    weights = ("weight_central", "weight_central_initial")
    assert order().input_columns("a_up") == [*known, *weights]
    found = order(ratios={"nominal": by_bin}).input_columns("nominal")
    assert found == [*known, *weights, "weight_s_up", "n_jet"]
