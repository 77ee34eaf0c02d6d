from __future__ import annotations

from typing import TYPE_CHECKING, Any

import awkward as ak
import pytest
from hand_made import LEPTONIC, MODIFYING, OF_OBJECTS, ONE_PHOTON, event, model, rest_of

from higgsflow.explain.walk import walk
from higgsflow.explain.weights import Weighed, early_factors, normalization_of
from higgsflow.normalization import Normalization
from higgsflow.plan import Plan, make_plan

if TYPE_CHECKING:
    from higgsflow.explain.walk import Walk

WEIGHTS = {"s": MODIFYING, "t": {"branches": {"up": "w_up"}}}
FOUND = Normalization(
    inputs="", sample="S", year="2017", denominator=None, scale1fb=0.5, luminosity=40.0,
    complete=True, fraction=1.0, chunks=(),
)  # fmt: skip


def walked(content: dict[str, Any], **weights: Any) -> tuple[Plan, Walk]:
    analysis = model(systematics={"weights": {**WEIGHTS, **weights}})
    plan = make_plan(analysis, analysis.samples.pairs[0])
    events = ak.Array([{**content, "genWeight": -2.0, "w": 1.5, "w_up": 3.0}, event(**OF_OBJECTS)])
    return plan, walk(plan, (events[:1], rest_of(plan, events[:1])), "nominal")


def test_factors_of_the_job_and_of_the_merge() -> None:
    plan, found = walked(LEPTONIC)
    weighed = Weighed(plan, found, FOUND)
    assert [(f.name, f.value) for f in weighed.factors] == [
        ("generator weight", -2.0), ("s", 1.5), ("t", None), ("scale1fb", 0.5),
        ("luminosity", 40.0),
    ]  # fmt: skip
    assert (weighed.weight, weighed.merged) == (-3.0, -60.0)
    assert weighed.factors[1].full == {"up": -120.0}
    by_name = {weight.name: weight for weight in plan.weights}
    assert weighed.of_direction((by_name["s"], "up")) == (-6.0, -120.0)
    assert weighed.of_direction((by_name["t"], "up")) == (-9.0, -180.0)


def test_directions_have_the_ratios_that_preserve_sums() -> None:
    """The ratio of its own direction for a source that has some, that of the centre for others."""
    plan, found = walked(LEPTONIC, s={**MODIFYING, "preserve": {}})
    ratios = {"nominal": {"s": {"central": (2.0,), "up": (3.0,)}}}
    weighed = Weighed(plan, found, FOUND.model_copy(update={"weight_ratios": ratios}))
    assert (weighed.weight, weighed.merged) == (-3.0, -120.0)
    of_s, of_t = weighed.factors[1:3]
    assert (of_s.value, of_s.directions, of_s.full) == (1.5, {"up": 9.0}, {"up": -360.0})
    assert (of_t.directions, of_t.full) == ({"up": 3.0}, {"up": -360.0})
    assert [(f.name, f.value) for f in weighed.factors[3:]] == [
        ("sums that are preserved", 2.0), ("scale1fb", 0.5), ("luminosity", 40.0),
    ]  # fmt: skip


def test_without_a_scale_only_the_weight_of_the_job_is_known() -> None:
    plan, found = walked(LEPTONIC)
    weighed = Weighed(plan, found, None)
    assert (weighed.weight, weighed.merged) == (-3.0, None)
    assert [f.name for f in weighed.factors] == ["generator weight", "s", "t"]
    assert normalization_of(plan) is None


def test_of_an_event_that_is_rejected_early_the_early_factors_are_known() -> None:
    plan, found = walked(ONE_PHOTON)
    told = early_factors(plan, found, -2.0)
    assert [(f.name, f.value) for f in told] == [
        ("generator weight", -2.0), ("s", pytest.approx(1.5)),
    ]  # fmt: skip
