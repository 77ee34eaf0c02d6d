from __future__ import annotations

from typing import Any

import awkward as ak
import numpy as np
import pytest

from higgsflow.errors import NormalizationError, WeightError
from higgsflow.model.preserved import ALL, Bins
from higgsflow.model.systematic import Systematics, WeightSystematic
from higgsflow.output.rescale import Ratio
from higgsflow.preserved import (
    bin_column,
    column_ratios,
    counted,
    kept_sums,
    of_variation,
    positions,
    ratios,
)
from higgsflow.selection.cutflow import Counter
from higgsflow.weights import Factors

G = np.array([1.0, 2.0, -1.0, 4.0])
EVENTS = ak.Array({"n": [0, 1, 1, 7]})
JETS = Bins(column="n", edges=(0, 1, 2, 3))
B_TAG = {
    "branches": {"central": "c", "up": "u"},
    "modify_central_weight": True,
    "preserve": {"column": "n", "edges": [0, 1, 2, 3]},
    "under": {"jes_up": "up"},
}


def weight(name: str = "b", **content: Any) -> WeightSystematic:
    return WeightSystematic.model_validate({"name": name, **B_TAG, **content})


def test_what_lies_outside_belongs_to_the_nearest_bin() -> None:
    assert positions(JETS, ak.Array({"n": [-1, 0, 1, 2, 3, 9]}), "b").tolist() == [0, 0, 1, 2, 2, 2]


def test_values_are_bins_in_the_order_in_which_they_are_given() -> None:
    bins = Bins(column="n", values=(105, 100, 101))
    assert positions(bins, ak.Array({"n": [100, 101, 105]}), "b").tolist() == [1, 2, 0]


def test_one_bin_without_a_column() -> None:
    assert positions(ALL, EVENTS, "b").tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("bins", "value"),
    [(Bins(column="n", values=(1, 2)), 3.0), (Bins(column="n", values=(1, 2)), 1.5), (JETS, "nan")],
)
def test_value_without_a_bin_is_an_error(bins: Bins, value: Any) -> None:
    with pytest.raises(WeightError, match="is in no bin"):
        positions(bins, ak.Array({"n": [1.0, float(value)]}), "b")


def sums(up: list[float]) -> dict[str, Counter]:
    factors = Factors(np.full(4, 2.0), {"up": np.array(up)})
    return kept_sums(weight(), G, factors, EVENTS)


def test_sums_and_ratios_by_hand() -> None:
    """Bins hold g = (1), (2, -1), (4); factors up 2, (3, 1), 0.5: sums 2, 5, 2 of 1, 1, 4."""
    found = ratios(weight(), sums([2.0, 3.0, 1.0, 0.5]), "nominal")
    assert found == {"up": (0.5, 0.2, 2.0), "central": (0.5, 0.5, 0.5)}


def test_variation_has_a_ratio_of_what_is_central_only() -> None:
    kept = sums([2.0, 3.0, 1.0, 0.5])
    assert ratios(weight(), kept, "jes_up") == {"central": (0.5, 0.5, 0.5)}
    beside = weight(modify_central_weight=False, under={})
    assert ratios(beside, kept, "jes_up") == {}


def test_factors_of_a_variation_are_the_central_ones() -> None:
    factors = Factors(np.full(4, 2.0), {"up": G})
    assert of_variation(factors, "nominal") is factors
    assert of_variation(factors, "jes_up").directions == {}


def test_counter_of_each_bin() -> None:
    found = counted(np.array([1, 1, 0], np.int16), np.array([2.0, -1.0, 3.0]), 3)
    assert [(c.n, c.sumw, c.sumw2) for c in found] == [(1, 3.0, 9.0), (2, 1.0, 5.0), (0, 0.0, 0.0)]


def test_sums_of_blocks_add() -> None:
    factors = Factors(np.full(4, 2.0), {"up": np.array([2.0, 3.0, 1.0, 0.5])})
    parts = [
        kept_sums(weight(), G[rows], factors.take(rows), EVENTS[rows])
        for rows in (np.array([0]), np.array([1, 2, 3]))
    ]
    whole = kept_sums(weight(), G, factors, EVENTS)
    assert {name: parts[0][name] + parts[1][name] for name in whole} == whole


def test_bin_without_events_changes_nothing() -> None:
    factors = Factors(np.full(1, 2.0), {"up": np.ones(1)})
    found = ratios(weight(), kept_sums(weight(), G[:1], factors, EVENTS[:1]), "nominal")
    assert found["up"] == (1.0, 1.0, 1.0)


def test_sum_of_zero_is_an_error() -> None:
    with pytest.raises(NormalizationError, match="'b' makes the sum of weights of a bin 0"):
        ratios(weight(), sums([2.0, 0.5, 1.0, 0.5]), "nominal")


def test_sum_that_no_number_can_restore_is_an_error() -> None:
    with pytest.raises(NormalizationError, match="'b' makes the sum of weights of a bin 5e-324"):
        ratios(weight(), sums([5e-324, 3.0, 1.0, 0.5]), "nominal")


def test_bin_whose_weights_cancel_keeps_its_sum_of_zero() -> None:
    """g = (2, -2) and factors (3, 1): 4 times the ratio is 0."""
    factors = Factors(np.ones(2), {"up": np.array([3.0, 1.0])})
    kept = kept_sums(weight(preserve={}), np.array([2.0, -2.0]), factors, EVENTS[:2])
    assert ratios(weight(preserve={}), kept, "nominal")["up"] == (0.0,)


def test_weights_that_cancel_but_for_rounding_sum_to_zero() -> None:
    """0.3 - 0.1 - 0.2 is -2.8e-17, and 2.8e-17 with factors 0.7: the ratio was -1."""
    g = np.array([0.3, -0.1, -0.2])
    kept = kept_sums(weight(preserve={}), g, Factors(g, {"up": np.full(3, 0.7)}), EVENTS[:3])
    assert kept["b::0"].sumw != 0
    assert ratios(weight(preserve={}), kept, "nominal")["up"] == (1.0,)
    factors = Factors(np.ones(3), {"up": 1 / np.array([3.0, 1.0, -2.0])})
    kept = kept_sums(weight(preserve={}), np.array([3.0, -1.0, 0.0]), factors, EVENTS[:3])
    with pytest.raises(NormalizationError, match="'b' makes the sum of weights of a bin 0"):
        ratios(weight(preserve={}), kept, "nominal")


@pytest.mark.parametrize("unit", [2.0**-40, 2.0**40])
def test_ratios_do_not_depend_on_the_unit_of_generator_weights(unit: float) -> None:
    """Of some generators these are cross sections, and as small or large as those are."""
    rng = np.random.default_rng(3)
    g = np.append(rng.normal(size=30), [0.3, -0.1, -0.2])  # the last bin cancels but for rounding
    events = ak.Array({"n": [*(np.arange(30) % 2), 2, 2, 2]})
    up = np.append(rng.uniform(0.5, 2, 30), np.full(3, 0.7))
    kept = [kept_sums(weight(), of, Factors(g, {"up": up}), events) for of in (g, unit * g)]
    assert ratios(weight(), kept[0], "nominal") == ratios(weight(), kept[1], "nominal")


@pytest.mark.parametrize(("n", "ratio"), [(10**6, 1.0), (4, 2.0)])
def test_what_rounding_leaves_grows_with_the_number_of_events(n: int, ratio: float) -> None:
    """Of a million weights of 1 and -1 it may be 1e-7; of four of them that is a sum."""
    before, after = (Counter(n=n, sumw=sumw, sumw2=float(n)) for sumw in (2e-7, 1e-7))
    kept = {"b::0": before, "b:up:0": after, "b:central:0": before}
    assert ratios(weight(preserve={}), kept, "nominal")["up"] == (ratio,)


def test_weight_without_a_central_factor_has_sums_of_its_directions() -> None:
    found = kept_sums(weight(preserve={}), G, Factors(None, {"up": 2 * G}), EVENTS)
    sums = {name: counter.sumw for name, counter in found.items() if counter.n}
    assert sums == {"b::0": 6.0, "b:up:0": 44.0}


def test_sums_that_were_not_kept_are_an_error() -> None:
    with pytest.raises(NormalizationError, match="no sums of 'b'"):
        ratios(weight(), {}, "nominal")


def test_weight_that_preserves_nothing_keeps_no_sums() -> None:
    plain = weight(preserve=None)
    assert kept_sums(plain, G, Factors(None, {"up": G}), EVENTS) == {}


def both() -> Systematics:
    inclusive = {"branch": "S", "length": 2, "normalisation": "inclusive", "names": {"a": 1}}
    pileup = {"branches": {"central": "c", "up": "u"}, "modify_central_weight": True}
    weights = {"b": B_TAG, "scale": {"vector": inclusive}, "pu": pileup}
    return Systematics.model_validate({"weights": weights})


KNOWN = {"b": {"central": (0.9, 0.8, 0.7), "up": (0.6, 0.5, 0.4)}, "scale": {"a": (1.25,)}}


def test_columns_of_the_nominal_events() -> None:
    central, up = (Ratio(bins="weight_bin_b", values=KNOWN["b"][d]) for d in ("central", "up"))
    assert column_ratios(both(), KNOWN, "nominal") == {
        "weight_central": (central,),
        "weight_b_up": (up,),
        "weight_full_b_up": (up,),
        "weight_full_pu_up": (central,),
        "weight_scale_a": (Ratio(values=(1.25,)),),
    }


def test_variation_has_the_central_weight_only_and_its_own_ratio() -> None:
    found = column_ratios(both(), {"b": {"central": (0.1, 0.2, 0.3)}}, "jes_up")
    assert found == {"weight_central": (Ratio(bins="weight_bin_b", values=(0.1, 0.2, 0.3)),)}


def test_nothing_to_do_without_sums() -> None:
    assert column_ratios(both(), {}, "nominal") == {}
    assert bin_column(weight()) == "weight_bin_b"
