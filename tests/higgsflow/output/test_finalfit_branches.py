from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from higgsflow.analysis import Analysis
from higgsflow.errors import StoreError
from higgsflow.output.finalfit_branches import (
    FinalFitOrder,
    branches,
    by_category,
    needed_columns,
)
from higgsflow.output.manifest import Manifest

# scale1fb 0.5 fb, luminosity 40 per fb: events have weight_central = initial * central * 20
SCALES: dict[str, Any] = {
    "scale": 20.0, "scale1fb": 0.5, "luminosity": 40.0, "denominator": 10.0, "mode": "whole",
}  # fmt: skip


def order(factor_sums: dict[str, float] | None = None, **options: Any) -> FinalFitOrder:
    demo = Analysis.from_yaml("demo")
    content = demo.model_dump(mode="json", by_alias=True)
    content["outputs"] = {"finalfit": {"processes": {"ttH_M125": "tth"}, **options}}
    content["systematics"]["weights"]["theory"] = {"name": "theory", "branches": {"up": "a"}}
    analysis = type(demo).model_validate(content)
    manifest = Manifest(
        inputs="", sample="", year="2018", variation="nominal", path="", rows=0, size=0,
        checksum="", columns={}, chunks=(), complete=True, fraction=1.0, **SCALES,
    )  # fmt: skip
    return FinalFitOrder(
        analysis=analysis, pair=analysis.samples.pair("ttH_M125", "2018"),
        merged={"nominal": manifest}, factor_sums=factor_sums or {}, inputs="", path=Path(),
    )  # fmt: skip


def rows(initial: list[float], central: list[float], **columns: Any) -> dict[str, Any]:
    g, c, n = np.array(initial), np.array(central), len(initial)
    return {
        "m_gg": np.full(n, 125.0),
        "tag_idx": np.zeros(n, np.int16),
        "tag_category": np.zeros(n, np.int16),
        "weight_central": g * c * 20,
        "weight_central_no_lumi": g * c * 0.5,
        "weight_central_initial": g,
        "weight_full_pileup_up": g * 20 * 1.5,
        "weight_full_pileup_down": g * 20 * 0.5,
        "weight_theory_up": np.full(n, 1.1),
        **columns,
    }


def test_central_factor_is_the_weight_over_the_generator_weight() -> None:
    found = branches(order(), "nominal", rows([2.0, -1.0, 0.0], [0.8, 1.2, 0.7]))
    np.testing.assert_allclose(found["centralObjectWeight"], [0.8, 1.2, 1.0])
    np.testing.assert_allclose(found["pileupUp01sigma"], [1.5, 1.5, 1.0])
    np.testing.assert_allclose(found["theoryUp01sigma"], [0.88, 1.32, 1.1])
    np.testing.assert_allclose(found["weight"], [0.8, -0.6, 0.0])


def test_columns_of_weights_are_read_for_nominal_events_only() -> None:
    weights = {"weight_full_pileup_up", "weight_full_pileup_down", "weight_theory_up"}
    nominal, varied = (set(needed_columns(order(), v)) for v in ("nominal", "photon_pt_scale_up"))
    assert nominal - varied == weights
    assert "m_gg" in varied


def test_category_without_a_name_is_refused() -> None:
    found = order(tags={"tth_leptonic": ["a", "b"]})
    two = rows([1.0, 1.0], [1.0, 1.0], tag_category=np.array([0, 1], np.int16))
    masks = {name: mask.tolist() for name, mask in by_category(found, two)}
    assert masks["a"] == [True, False]
    assert masks["b"] == [False, True]
    three = rows([1.0], [1.0], tag_category=np.array([2], np.int16))
    with pytest.raises(StoreError, match="categories of a tag without a name"):
        list(by_category(found, three))


def test_tree_of_a_variation_ends_as_flashgg_writes_it() -> None:
    named = order(systematics={"photon_pt_scale": "MCScale"})
    expected = "tagsDumper/trees/tth_125_13TeV_tth_hadronic_MCScaleDown01sigma"
    assert named.tree("tth_hadronic", "photon_pt_scale_down") == expected
    assert named.tree("tth_hadronic") == "tagsDumper/trees/tth_125_13TeV_tth_hadronic"
