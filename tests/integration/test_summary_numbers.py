"""Numbers of the summary are those of the merged events, whatever the merge does to weights."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np
import pytest
import uproot

from higgsflow.result import Result

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Lab

TAGS = ("high_met", "rest")
EDGES = [0, 110, 130, 150, 999]


@pytest.fixture
def preserving(lab: Lab, make_toy_columns: Callable[..., dict[str, Any]]) -> Lab:
    """Weights that preserve sums in all ways, with central factors or none, some of them zero."""
    lab.without_data()
    folder = lab.folder / "input"
    folder.mkdir()
    for seed in range(2):
        _write(folder / f"{seed}.root", make_toy_columns(seed, is_data=False), seed)
    lab.sig["files"]["2017"] = str(folder / "*.root")
    shape = {"central": "a", "up": "b", "down": "c"}
    per_bin = {"normalisation": "per_gen_bin", "gen_bins": {"column": "stage", "values": [7, 3, 5]}}
    vector = {"branch": "vector", "length": 3, "nominal": 1, "names": {"low": 0, "high": 2}}
    lab.content["systematics"] = {
        "weights": {
            "pileup": lab.pileup(),
            "shape": lab.pileup(branches=shape, preserve={"column": "mass", "edges": EDGES}),
            "rate": lab.pileup(branches={"central": "c", "up": "a"}, preserve={}),
            "aside": {
                "branches": {"up": "b", "down": "a"},
                "preserve": {"column": "MET_pt", "edges": [0, 50, 999]},
            },
            "inclusive": {"vector": {**vector, "normalisation": "inclusive"}},
            "stages": {"vector": {**vector, **per_bin}},
            "plain": {"branches": {"up": "c"}},
        },
        "independent_collections": {"met_scale": lab.met_scale()},
    }
    return lab


def _write(path: Path, columns: dict[str, Any], seed: int) -> None:
    """A whole file with columns of weights, some of which are negative or zero."""
    rng, n = np.random.default_rng(seed + 77), len(columns["event"])
    columns["puWeight"][::9] = 0
    more = {name: rng.uniform(-0.2, 3, n).astype(np.float32) for name in ("a", "b", "c")}
    more["c"][::7] = 0
    more["stage"] = rng.choice([3, 5, 7], n).astype(np.int32)
    kinds = {name: values.dtype for name, values in {**columns, **more}.items()}
    vectors = ak.from_regular(ak.Array(rng.uniform(0.5, 2, (n, 3)).astype(np.float32)))
    with uproot.recreate(path) as file:
        file.mktree("Events", {**kinds, "vector": "var * float32"})
        file["Events"].extend({**columns, **more, "vector": vectors})


def expected(values: Any, weight: Any) -> dict[str, float]:
    """By numpy, from events; NaN where a deviation has no positive sum of weights or M2."""
    mean = np.average(values, weights=weight)
    m2 = np.sum(weight * (values - mean) ** 2)
    return {
        "n": len(values),
        "mean": values.mean(),
        "std": values.std(),
        "min": values.min(),
        "max": values.max(),
        "weighted_mean": mean,
        "weighted_std": np.sqrt(m2 / weight.sum()) if weight.sum() > 0 and m2 > 0 else np.nan,
    }


def agree(told: dict[str, float | None], numbers: dict[str, float]) -> bool:
    found = {name: np.nan if value is None else value for name, value in told.items()}
    return bool(found == pytest.approx(numbers, rel=1e-9, abs=1e-12, nan_ok=True))


def merged(lab: Lab, variation: str) -> dict[str, Any]:
    found = lab.table(variation=variation)
    return {name: found[name].to_numpy() for name in found.column_names if name != "year"}


@pytest.mark.parametrize("chunking", [(1000, 1000), (40, 7), (11, 5)])
def test_moments_are_those_of_the_merged_events(preserving: Lab, chunking: tuple[int, int]) -> None:
    lab = preserving
    lab.jobs["n_events_per_output"], lab.jobs["n_events_per_block"] = chunking
    assert lab.run("SummarizeAnalysis")
    (sample,) = lab.read("summary", "summary.json")["samples"]
    events, found = merged(lab, "nominal"), sample["variations"]["nominal"]["moments"]
    assert set(found) == set(TAGS)
    seen = set()
    for number, tag in enumerate(TAGS):
        mine = events["tag_idx"] == number
        for name, moments in found[tag].items():
            numbers = expected(events[name][mine], events["weight_central"][mine])
            assert agree(moments, numbers), (tag, name)
            seen.add(name)
    factors = {f"weight_{s['systematic']}_{s['direction']}" for s in _weights(sample)}
    assert seen >= {*factors, "m_gg", "weight_full_shape_up"}


@pytest.mark.parametrize("chunking", [(1000, 1000), (11, 5)])
def test_moments_of_variations_are_those_of_their_events(
    preserving: Lab, chunking: tuple[int, int]
) -> None:
    """Of variables, which no merge changes: they are with the counters of the jobs."""
    lab = preserving
    lab.jobs["n_events_per_output"], lab.jobs["n_events_per_block"] = chunking
    assert lab.run("SummarizeAnalysis")
    result = Result(lab.output())
    (sample,) = result.summary.samples
    for variation in (name for name in sample.variations if name != "nominal"):
        events, ledger = merged(lab, variation), result.ledger("Sig", "2017", variation)
        assert sample.variations[variation].moments == {}
        for (number, tag), name in itertools.product(enumerate(TAGS), ("m_gg", "met")):
            values = events[name][events["tag_idx"] == number]
            of = ledger.moments[tag][name]
            found = (of.n, of.mean, of.std, of.min, of.max)
            assert found == pytest.approx(
                (len(values), values.mean(), values.std(), values.min(), values.max()), rel=1e-9
            )


def test_factors_of_systematics_are_those_of_the_merged_events(preserving: Lab) -> None:
    assert preserving.run("SummarizeAnalysis")
    (sample,) = preserving.read("summary", "summary.json")["samples"]
    events = merged(preserving, "nominal")
    for found in _weights(sample):
        factor = events[f"weight_{found['systematic']}_{found['direction']}"]
        numbers = expected(factor, np.ones(len(factor)))
        told = {name: found[name] for name in ("n", "mean", "std", "min", "max")}
        assert agree(told, {name: numbers[name] for name in told})


def _weights(sample: dict[str, Any]) -> list[dict[str, Any]]:
    return [found for found in sample["systematics"] if found["kind"] == "weight"]


def test_without_a_source_that_had_bins_the_summary_has_none_of_its_bins(preserving: Lab) -> None:
    """Jobs are not made again for fewer columns, and their records still have those."""
    lab = preserving
    assert lab.run("SummarizeAnalysis")
    jobs = sorted(lab.output("chunks").rglob("*.json"))
    before = [path.stat().st_mtime_ns for path in jobs]
    for name in ("stages", "aside"):
        lab.content["systematics"]["weights"].pop(name)
    assert lab.run("SummarizeAnalysis")
    assert [path.stat().st_mtime_ns for path in jobs] == before
    (sample,) = lab.read("summary", "summary.json")["samples"]
    events, moments = merged(lab, "nominal"), sample["variations"]["nominal"]["moments"]
    for number, tag in enumerate(TAGS):
        assert not [name for name in moments[tag] if "@" in name]
        mine = events["tag_idx"] == number
        numbers = expected(events["m_gg"][mine], events["weight_central"][mine])
        assert agree(moments[tag]["m_gg"], numbers)
