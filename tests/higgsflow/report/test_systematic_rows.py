import pytest

from higgsflow.report import aggregates
from higgsflow.report.systematic_rows import effects, systematic_rows
from higgsflow.report.variation_content import SystematicSummary, Yield


def test_effect_is_on_the_sum_of_all_samples(make_summary):
    summary = make_summary()
    found = {
        (row.systematic, row.direction): row
        for row in systematic_rows(aggregates.simulation(summary), summary.tags)
    }
    yields = {row.name: row.yields for row in aggregates.yield_rows(summary)}
    expected = 0.02 * yields["ttH"]["tth"].value
    assert found["pileup", "up"].effect["tth"] == pytest.approx(0.1)
    assert found["scale", "up"].effect["tth"] == pytest.approx(
        expected / yields["all simulation"]["tth"].value
    )


def test_factor_is_over_the_samples_it_applies_to(make_summary):
    summary = make_summary()
    row = systematic_rows(aggregates.simulation(summary), summary.tags)[1]
    assert (row.direction, row.n_samples, row.factor.n) == ("down", 4, 800)
    assert row.factor.mean == pytest.approx(0.9)
    assert row.factor.std == pytest.approx(0.0, abs=1e-9)


def test_unknown_effect_makes_the_sum_unknown(make_summary):
    sample = make_summary().samples[0]
    unknown = SystematicSummary(
        systematic="x", direction="up", kind="weight", mean=None, std=None, effect={"tth": None}
    )
    changed = sample.model_copy(update={"systematics": (unknown,)})
    (row,) = systematic_rows([changed], ("tth",))
    assert row.effect["tth"] is None


def test_sample_without_events_changes_nothing(make_summary):
    full, empty = make_summary().samples[:2]
    zero = Yield(n=0, value=0.0, error=0.0)
    nominal = empty.variations["nominal"].model_copy(update={"yields": {"tth": zero}})
    unknown = SystematicSummary(
        systematic="pileup", direction="up", kind="weight", mean=None, std=None, effect={}
    )
    empty = empty.model_copy(update={"variations": {"nominal": nominal}, "systematics": (unknown,)})
    row = systematic_rows([full, empty], ("tth",))[0]
    assert row.effect["tth"] == pytest.approx(0.1)


def test_effect_where_the_weights_of_one_sample_cancel_is_known(make_summary):
    """Two events of weights 1 and -1 that are 1.2 and -0.9 with the systematic."""
    full, few = make_summary().samples[:2]
    nothing = Yield(n=2, value=0.0, error=2**0.5)
    nominal = few.variations["nominal"].model_copy(update={"yields": {"tth": nothing}})
    up = few.systematics[0].model_copy(update={"effect": {"tth": None}, "yields": {"tth": 0.3}})
    few = few.model_copy(update={"variations": {"nominal": nominal}, "systematics": (up,)})
    row = systematic_rows([full, few], ("tth",))[0]
    total = full.variations["nominal"].yields["tth"].value
    assert row.effect["tth"] == pytest.approx(0.1 + 0.3 / total)


def test_effect_on_no_yield_is_unknown():
    assert systematic_rows([], ("tth",)) == ()


def test_effects_alone_are_those_of_the_rows(make_summary):
    samples = aggregates.simulation(make_summary())
    rows = systematic_rows(samples, ("tth", "thq"))
    found = effects(samples, ("tth", "thq"))
    assert found == {(row.systematic, row.direction): row.effect for row in rows}
    assert found["pileup", "up"]["tth"] == pytest.approx(0.1)
