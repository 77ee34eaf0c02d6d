"""Moments per bin give those of the columns that the merge has multiplied."""

from __future__ import annotations

import numpy as np
import pytest

from higgsflow.merged_moments import merged_moments
from higgsflow.model.systematic import Systematics
from higgsflow.output.rescale import Ratio
from higgsflow.per_bin import binned_for, measure_per_bin
from higgsflow.records.moments import Moments, measure

CENTRAL = {"branches": {"central": "c", "up": "u"}, "modify_central_weight": True}
SYSTEMATICS = Systematics.model_validate(
    {
        "weights": {
            "b": {**CENTRAL, "preserve": {"column": "n", "edges": [0, 1, 2, 3]}},
            "s": {"branches": {"up": "u"}, "preserve": {"column": "g", "values": [5, 6]}},
        }
    }
)
OWNERS = {"weight_b_up": "b", "weight_full_b_up": "b", "weight_s_up": "s"}
# one is negative, as that of a bin whose sum a weight turns
OF_BINS = {"b": (0.9, -0.8, 0.7), "up": (0.6, 0.5, 0.4), "s": (2.0, 3.0)}
RATE = Ratio(values=(1.25,))
RATIOS = {
    "weight_central": (Ratio(bins="weight_bin_b", values=OF_BINS["b"]), RATE),
    "weight_b_up": (Ratio(bins="weight_bin_b", values=OF_BINS["up"]),),
    "weight_full_b_up": (RATE, Ratio(bins="weight_bin_b", values=OF_BINS["up"])),
    "weight_s_up": (Ratio(bins="weight_bin_s", values=OF_BINS["s"]),),
}
RNG = np.random.default_rng(7)
N = 80
COLUMNS = {name: RNG.normal(1, 0.5, N) for name in ("x", "weight_central", *OWNERS)}
POSITIONS = {"b": RNG.integers(0, 3, N), "s": RNG.integers(0, 2, N)}
SIZES = {"b": 3, "s": 2}
ROWS = np.flatnonzero(RNG.random(N) < 0.8)


def of_jobs(rows: np.ndarray = ROWS) -> dict[str, Moments]:
    found = {}
    weight = COLUMNS["weight_central"]
    for name, values in COLUMNS.items():
        owner = SYSTEMATICS.weights[OWNERS[name]] if name in OWNERS else None
        bins = [(POSITIONS[w.name], SIZES[w.name]) for w in binned_for(SYSTEMATICS, owner)]
        found[name] = measure(values[rows], weight[rows])
        for measured in measure_per_bin({name: values}, bins, rows, weight):
            found |= measured
    return found


def merged_column(name: str) -> np.ndarray:
    of_bins = {f"weight_bin_{weight}": at for weight, at in POSITIONS.items()}
    values = COLUMNS[name].copy()
    for ratio in RATIOS.get(name, ()):
        known = np.array(ratio.values)
        values *= known[of_bins[ratio.bins]] if ratio.bins else known[0]
    return values[ROWS]


def test_factor_has_its_ratio_also_where_the_central_weight_has_none() -> None:
    ratios = {"weight_s_up": RATIOS["weight_s_up"]}
    factors = COLUMNS["weight_s_up"] * np.array(OF_BINS["s"])[POSITIONS["s"]]
    only = Systematics(weights={"s": SYSTEMATICS.weights["s"]})
    weight = COLUMNS["weight_central"]
    found = {"weight_s_up": measure(COLUMNS["weight_s_up"][ROWS], weight[ROWS])}
    bins = [(POSITIONS["s"], SIZES["s"])]
    for measured in measure_per_bin({"weight_s_up": COLUMNS["weight_s_up"]}, bins, ROWS, weight):
        found |= measured
    (merged,) = merged_moments(found, only, ratios).values()
    expected = measure(factors[ROWS], weight[ROWS])
    assert merged.model_dump() == pytest.approx(expected.model_dump(), rel=1e-9)


@pytest.mark.parametrize("name", COLUMNS)
def test_moments_are_those_of_the_merged_column(name: str) -> None:
    found = merged_moments(of_jobs(), SYSTEMATICS, RATIOS)[name]
    expected = measure(merged_column(name), merged_column("weight_central"))
    assert found.model_dump() == pytest.approx(expected.model_dump(), rel=1e-9)


def test_chunks_add_before_the_bins_do() -> None:
    first, second = of_jobs(ROWS[:20]), of_jobs(ROWS[20:])
    parts = {name: first[name] + second[name] for name in first}
    found = merged_moments(parts, SYSTEMATICS, RATIOS)
    for name, whole in merged_moments(of_jobs(), SYSTEMATICS, RATIOS).items():
        assert found[name].model_dump() == pytest.approx(whole.model_dump(), rel=1e-9)


def test_one_ratio_for_all_events_needs_no_bins() -> None:
    column = {"x": measure([1.0, 3.0], np.array([2.0, 1.0]))}
    ratios = {"weight_central": (RATE,)}
    (found,) = merged_moments(column, Systematics(), ratios).values()
    assert found == measure([1.0, 3.0], np.array([2.5, 1.25]))


def test_without_ratios_moments_stay_and_those_of_bins_are_left_out() -> None:
    found = merged_moments(of_jobs(), SYSTEMATICS, {})
    assert found == {name: of_jobs()[name] for name in COLUMNS}


def test_column_of_a_source_that_is_gone_stays_as_the_jobs_have_it() -> None:
    today = Systematics(weights={"b": SYSTEMATICS.weights["b"]})
    ratios = {name: of for name, of in RATIOS.items() if name != "weight_s_up"}
    found = merged_moments(of_jobs(), today, ratios)
    assert found["weight_s_up"] == of_jobs()["weight_s_up"]
    assert found.keys() == COLUMNS.keys()


def test_a_name_with_the_sign_of_bins_is_a_column_unless_it_is_of_one() -> None:
    column = {"x@home": measure([1.0], np.ones(1))}
    assert merged_moments(column, Systematics(), {}) == column
