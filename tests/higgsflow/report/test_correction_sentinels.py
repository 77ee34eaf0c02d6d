from __future__ import annotations

from typing import Any

from higgsflow.report.content import SampleSummary
from higgsflow.report.correction_sentinels import about_corrections


def sample(name: str, **sums: float) -> Any:
    named = {key.replace("__", ":"): value for key, value in sums.items()}
    return SampleSummary.model_construct(sample=name, year="2017", factor_sums=named)


def test_values_outside_of_the_bins_are_told_once_for_all_samples() -> None:
    samples = [sample("a", clamped__sf__pt=3.0), sample("b", clamped__sf__pt=2.0)]
    (found,) = about_corrections(samples)
    assert (found.kind, found.where, found.severity) == ("clamped", "sf", "note")
    assert found.text.startswith("5 values of pt are outside of its bins")
    assert "a (2017), b (2017)" in found.text


def test_vector_without_variation_is_a_warning() -> None:
    (found,) = about_corrections([sample("a", no_variation__ps=7.0, weight_ps_up=1.0)])
    assert (found.kind, found.where, found.severity) == ("no variation", "ps", "warning")
    assert "7 events" in found.text


def test_nothing_to_tell() -> None:
    assert about_corrections([sample("a", clamped__sf__pt=0.0, kept__b__up__0=3.0)]) == ()
