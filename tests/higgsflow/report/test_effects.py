import numpy as np

from higgsflow.model.systematic import Systematics
from higgsflow.records.ledger import Ledger
from higgsflow.records.moments import measure
from higgsflow.report.effects import effects
from higgsflow.selection.cutflow import Counter

SYSTEMATICS = Systematics.model_validate(
    {
        "weights": {"pu": {"branches": {"up": "w_up", "down": "w_down"}}},
        "independent_collections": {
            "scale": {"branch_modified": "Photon_pt", "branches": {"up": "p_up", "down": "p_down"}}
        },
    }
)


def ledger(central, **varied):
    counters = {name: Counter(n=2, sumw=sumw, sumw2=1.0) for name, sumw in varied.items()}
    return Ledger(
        before={"a": Counter(n=2)},
        moments={"a": {"weight_pu_up": measure([1.1, 1.3], np.ones(2))}},
        yields={"a": {"central": Counter(n=2, sumw=central, sumw2=1.0), **counters}},
    )


def found(merged, central=2.0):
    ledgers = {"nominal": ledger(central, pu_up=3.0), "scale_up": ledger(2.5)}
    return {(e.systematic, e.direction): e for e in effects(SYSTEMATICS, ledgers, merged, 10.0)}


def test_weight_has_the_factor_and_the_effect_on_the_yield():
    up = found(("nominal",))["pu", "up"]
    assert (up.n, up.min, up.max, up.effect) == (2, 1.1, 1.3, {"a": 0.5})


def test_direction_without_numbers_is_kept():
    down = found(("nominal",))["pu", "down"]
    assert (down.n, down.mean, down.effect) == (0, None, {})


def test_collections_are_those_that_were_merged():
    assert set(found(("nominal",))) == {("pu", "up"), ("pu", "down")}
    assert found(("nominal", "scale_up"))["scale", "up"].effect == {"a": 0.25}


def test_effect_on_nothing_is_null():
    assert found(("nominal",), central=0.0)["pu", "up"].effect == {"a": None}


def test_yields_are_scaled_as_those_of_merged_events_and_known_where_effects_are_not():
    up = found(("nominal", "scale_up"), central=0.0)
    assert up["pu", "up"].yields == {"a": 30.0}
    assert up["scale", "up"].yields == {"a": 25.0}
    assert up["pu", "down"].yields == {}
