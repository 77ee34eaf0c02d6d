"""The measured analysis is one that the program accepts, of the size it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.analysis import VARIABLES, analysis, sources, variations, write_analysis
from higgsflow.catalog.load import load_analysis
from higgsflow.plan import make_plan


@pytest.mark.parametrize("n", [0, 10, 40, 200])
def test_it_has_so_many_variations(tmp_path: Path, n: int) -> None:
    path = write_analysis(tmp_path / "a.yaml", analysis({"s": [Path("/tmp/a.root")]}, n))
    model = load_analysis(path)
    systematics = model.systematics_of(model.samples.pairs[0])
    assert set(systematics.variations) == set(variations(n))
    assert len(systematics.variations) == n + 1
    assert len(systematics.weights) == 5


def test_half_of_the_variations_are_of_photons() -> None:
    of_photons = [source for source in sources(40) if source.collection == "Photon"]
    assert len(of_photons) == len(sources(40)) / 2
    with pytest.raises(ValueError, match="3 variations"):
        sources(3)


def test_about_45_columns_are_written(tmp_path: Path) -> None:
    path = write_analysis(tmp_path / "a.yaml", analysis({"s": [Path("/tmp/a.root")]}, 0))
    model = load_analysis(path)
    plan = make_plan(model, model.samples.pairs[0])
    assert 40 <= len(VARIABLES) + len(plan.weight_columns) <= 50
