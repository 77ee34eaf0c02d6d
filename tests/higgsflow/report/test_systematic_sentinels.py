import pytest

from higgsflow.model.reporting import Sentinels
from higgsflow.report.systematic_sentinels import about_systematics
from higgsflow.report.variation_content import MomentsSummary, SystematicSummary

LIMITS = Sentinels()
TAGS = ("tth", "thq")


def moments(mean, std=0.1, n=100, spread=0.2):
    return MomentsSummary(n=n, mean=mean, std=std, min=mean - spread, max=mean + spread)


ONES = moments(1.0, 0.0, spread=0.0)
UP, DOWN = moments(1.1), moments(0.9)


def per_tag(factor, effect):
    if factor is None:
        return {}
    return effect if isinstance(effect, dict) else dict.fromkeys(TAGS, effect)


@pytest.fixture
def weighted(make_summary):
    """The first sample with one weight systematic: factor and effect of each direction."""

    def build(directions, n=100, **change):
        sample = make_summary().samples[0]
        nominal = sample.variations["nominal"]
        yields = {t: y.model_copy(update={"n": n}) for t, y in nominal.yields.items()}
        factors = {f"weight_w_{d}": f for d, (f, _) in directions.items() if f is not None}
        columns = {"weight_central": moments(1.0, n=n), **factors}
        nominal = nominal.model_copy(
            update={"yields": yields, "moments": dict.fromkeys(TAGS, columns)}
        )
        systematics = tuple(
            SystematicSummary(
                systematic="w", direction=d, kind="weight",
                mean=f.mean if f else None, std=f.std if f else None, n=f.n if f else 0,
                effect=effects,
                yields={t: yields[t].value * (1 + e) for t, e in effects.items() if e is not None},
            )
            for d, (f, given) in directions.items()
            for effects in [per_tag(f, given)]
        )  # fmt: skip
        update = {"systematics": systematics, "variations": {"nominal": nominal}}
        return sample.model_copy(update={**update, **change})

    return build


@pytest.fixture
def shifted(make_summary):
    """The first sample with one independent collection: what each direction does to yields."""

    def build(directions, move=0.0):
        sample = make_summary().samples[0]
        nominal = sample.variations["nominal"]
        variations, systematics = {"nominal": nominal}, []
        for direction, effect in directions.items():
            yields = {
                t: y.model_copy(update={"value": y.value * (1 + effect)})
                for t, y in nominal.yields.items()
            }
            # of what else is counted there is a digest
            numbers = f"moved by {move}, {effect}" if move or effect else nominal.numbers
            update = {"yields": yields, "numbers": numbers}
            variations[f"s_{direction}"] = nominal.model_copy(update=update)
            systematics.append(
                SystematicSummary(
                    systematic="s", direction=direction, kind="independent collection",
                    mean=None, std=None, effect=dict.fromkeys(TAGS, effect),
                    yields={t: y.value for t, y in yields.items()},
                )
            )  # fmt: skip
        return sample.model_copy(
            update={"variations": variations, "systematics": tuple(systematics)}
        )

    return build


def told(*samples, limits=LIMITS):
    return {f.kind: f for f in about_systematics(samples, TAGS, limits)}


def test_sound_weight_is_not_told(weighted):
    assert told(weighted({"up": (UP, 0.1), "down": (DOWN, -0.1)})) == {}


def test_weight_of_ones_does_nothing(weighted):
    found = told(weighted({"up": (ONES, 0.0), "down": (ONES, 0.0)}))
    assert set(found) == {"does nothing"}
    assert found["does nothing"].where == "w"
    assert "ttH_M125 (2017)" in found["does nothing"].text


def test_weight_whose_directions_are_its_central_factor_does_nothing(weighted):
    assert set(told(weighted({"up": (UP, 0.0), "down": (UP, 0.0)}))) == {"does nothing"}


def test_factors_that_average_out_do_something(weighted):
    assert told(weighted({"up": (UP, 0.0), "down": (DOWN, 0.0)})) == {}


def test_few_events_are_not_judged(weighted):
    few = moments(1.0, 0.0, n=3, spread=0.0)
    assert told(weighted({"up": (few, 0.0), "down": (few, 0.0)}, n=3)) == {}


def test_up_that_equals_down_is_told(weighted):
    assert set(told(weighted({"up": (UP, 0.1), "down": (UP, 0.1)}))) == {"up equals down"}


def test_one_sided_weight_is_told(weighted):
    found = told(weighted({"up": (UP, 0.10), "down": (moments(1.05), 0.05)}))
    assert set(found) == {"one-sided"}
    assert "up +10.00%, down +5.00%" in found["one-sided"].text


def test_small_one_sided_effect_is_not_told(weighted):
    assert told(weighted({"up": (UP, 0.10), "down": (moments(1.005), 0.005)})) == {}


def test_effect_on_opposite_sides_of_two_tags_is_not_one_sided(weighted):
    effects = {"tth": 0.1, "thq": -0.1}
    down = {tag: -effect for tag, effect in effects.items()}
    assert told(weighted({"up": (UP, effects), "down": (DOWN, down)})) == {}


def test_mean_far_from_one_is_told_of_all_events_where_known(weighted):
    far = {"up": (moments(1.5), 0.5), "down": (moments(0.9), -0.1)}
    assert "selected events is 1.5" in told(weighted(far))["mean far from 1"].text
    known = weighted(far, factor_means={"weight_w_up": 1.01, "weight_w_down": 0.99})
    assert "mean far from 1" not in told(known)
    known = weighted(far, factor_means={"weight_w_up": 0.5})
    assert "all events is 0.5" in told(known)["mean far from 1"].text


def test_central_factor_far_from_one_is_told(weighted):
    near = {"up": (UP, 0.1), "down": (DOWN, -0.1)}
    means = {"weight_w_up": 1.1, "weight_w_down": 0.9}
    assert told(weighted(near, factor_means={**means, "weight_w_central": 1.2})) == {}
    found = told(weighted(near, factor_means={**means, "weight_w_central": 51.5}))
    text = "the mean of the central factor over all events is 51.5"
    assert found["mean far from 1"].text.startswith(text)


def test_mean_of_weight_that_preserves_sums_is_not_judged(weighted):
    far = weighted({"up": (moments(1.5), 0.5), "down": (moments(0.9), -0.1)})
    update = {"weight_ratios": {"nominal": {"w": {"up": (0.7,)}}}}
    normalization = far.normalization.model_copy(update=update)
    assert told(far.model_copy(update={"normalization": normalization})) == {}


def test_mean_of_wide_factors_of_few_events_is_chance(weighted):
    wide = moments(1.4, std=2.0, n=25)
    assert told(weighted({"up": (wide, 0.4), "down": (moments(0.9, n=25), -0.1)}, n=25)) == {}


@pytest.mark.parametrize(("given", "other"), [("up", "down"), ("down", "up")])
def test_missing_direction_is_told(weighted, given, other):
    found = told(weighted({given: (UP, 0.1)}))
    assert f"{given} is given, {other} is not" in found["missing direction"].text


def test_named_directions_have_no_other_side(weighted):
    assert told(weighted({"muR_2": (UP, 0.1), "muR_05": (DOWN, -0.1)})) == {}


def test_direction_that_some_job_did_not_make_is_told(weighted):
    found = told(weighted({"up": (UP, 0.1), "down": (None, None)}))
    assert "not every job has down" in found["missing direction"].text


def test_factors_that_are_not_finite_are_an_error(weighted):
    found = told(weighted({"up": (moments(1.1, n=97), 0.1), "down": (DOWN, -0.1)}))
    finding = found["not finite"]
    assert finding.severity == "error"
    assert "6 selected events" in finding.text


def test_many_samples_are_one_finding(weighted):
    one = weighted({"up": (ONES, 0.0), "down": (ONES, 0.0)})
    samples = [one.model_copy(update={"year": str(year)}) for year in range(2010, 2020)]
    (finding,) = about_systematics(samples, TAGS, LIMITS)
    assert "and 7 more" in finding.text


def test_sound_collection_is_not_told(shifted):
    assert told(shifted({"up": 0.02, "down": -0.02})) == {}


def test_collection_that_changes_nothing_is_told(shifted):
    assert set(told(shifted({"up": 0.0, "down": 0.0}))) == {"does nothing"}


def test_collection_that_moves_a_variable_does_something(shifted):
    # but both directions move it alike
    assert set(told(shifted({"up": 0.0, "down": 0.0}, move=0.1))) == {"up equals down"}


def test_one_sided_collection_is_told_beyond_the_statistical_uncertainty(shifted):
    assert set(told(shifted({"up": 0.3, "down": 0.2}))) == {"one-sided"}
    assert told(shifted({"up": 0.05, "down": 0.03})) == {}


def test_collection_without_down_is_told(shifted):
    assert set(told(shifted({"up": 0.02}))) == {"missing direction"}


def test_sample_without_nominal_numbers_is_not_judged(shifted):
    sample = shifted({"up": 0.02}).model_copy(update={"variations": {}})
    assert told(sample) == {}
