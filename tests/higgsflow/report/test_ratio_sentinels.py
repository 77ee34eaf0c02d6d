from __future__ import annotations

from typing import Any

import pytest

from higgsflow.model.reporting import Sentinels
from higgsflow.normalization import Normalization
from higgsflow.report.content import SampleSummary
from higgsflow.report.ratio_sentinels import about_ratios

LIMITS = Sentinels()


def sample(name: str, **ratios: Any) -> Any:
    """One whose weight `b` has these ratios, by variation."""
    by_variation = {variation: {"b": directions} for variation, directions in ratios.items()}
    found = Normalization.model_construct(weight_ratios=by_variation)
    return SampleSummary.model_construct(sample=name, year="2017", normalization=found)


def test_ratios_around_1_are_nothing_to_tell() -> None:
    assert not list(about_ratios([sample("a", nominal={"up": (0.51, 1.0, 1.99)})], LIMITS))
    assert not list(about_ratios([sample("a")], LIMITS))


def test_the_farthest_is_told_with_all_samples() -> None:
    one = sample("a", nominal={"up": (1.0, 2.5), "down": (0.25, 1.0)}, jes_up={"central": (1.0, 3)})
    other = sample("c", nominal={"up": (2.1, 1.0)})
    (found,) = about_ratios([one, sample("b", nominal={"up": (1.0, 1.0)}), other], LIMITS)
    assert (found.kind, found.where, found.severity) == ("ratio far from 1", "b", "warning")
    assert found.text == (
        "down: to keep the sum of weights in bin 1 of 2 factors are multiplied by 0.25, "
        "in a (2017), c (2017)"
    )


def test_ratio_under_a_variation_is_told_with_it() -> None:
    (found,) = about_ratios([sample("a", jes_up={"central": (3.0,)})], LIMITS)
    assert found.text.startswith("central under jes_up: to keep the sum of weights factors are")


@pytest.mark.parametrize("ratio", [-1.0, 0.0, float("nan"), float("inf")])
def test_ratio_that_changes_signs_or_is_none_is_the_farthest(ratio: float) -> None:
    (found,) = about_ratios([sample("a", nominal={"up": (50.0, ratio)})], LIMITS)
    assert f"in bin 2 of 2 factors are multiplied by {ratio:.6g}" in found.text


def test_the_limit_is_configured() -> None:
    wide = Sentinels(preserved_ratio=3)
    assert not list(about_ratios([sample("a", nominal={"up": (2.9,)})], wide))
