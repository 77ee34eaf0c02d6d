import math

import numpy as np
import pytest
from small_ledgers import CUTS, WEIGHT, flow, nominal_ledger, shifted_ledger

from higgsflow.records.moments import measure
from higgsflow.report.aggregates import as_moments
from higgsflow.report.variation_content import Yield
from higgsflow.report.variation_summary import interval_of, summarize_all, summarize_events

SCALE = 0.5


def nominal(scale=SCALE, n_certified=6, **changed):
    return summarize_all(nominal_ledger().changed(**changed), scale, n_certified)


def test_efficiency_of_a_tag_is_of_all_certified_events():
    found = nominal().efficiencies["a"]
    low, high = found.interval
    assert found.value == 0.5
    assert low < 0.5 < high
    # the first group of cuts counts these events, so their sum of weights is known
    assert found.weighted == 0.0


def test_weighted_efficiency_of_a_tag_needs_the_weight_of_all_events():
    # the first group counts 6 entries, which are not the 5 certified events
    found = nominal(n_certified=5).efficiencies["a"]
    assert (found.value, found.weighted) == (3 / 5, None)


def test_several_rows_per_event_have_no_interval():
    assert interval_of(7, 6) is None
    assert interval_of(3, 6) is not None


def test_yields_are_scaled():
    assert nominal().yields["a"] == Yield(n=3, value=3.0, error=math.sqrt(12.0) * SCALE)


def test_error_of_a_yield_is_positive_whatever_the_sign_of_the_scale():
    found = nominal(-SCALE).yields["a"]
    assert found == Yield(n=3, value=-3.0, error=math.sqrt(12.0) * SCALE)


def test_cut_flow_is_that_of_the_worked_example():
    (found,) = nominal().flows
    assert [cut.alone.n for cut in found.cuts] == [5, 4, 5]
    assert [cut.prefix.n for cut in found.cuts] == [5, 3, 2]
    assert [cut.efficiency for cut in found.cuts] == [5 / 6, 3 / 5, 2 / 3]
    assert [cut.n_minus_1 for cut in found.cuts] == [2 / 3, 2 / 4, 2 / 3]
    assert found.efficiency == 2 / 6


def test_weighted_efficiency_is_that_of_the_worked_example():
    cut = nominal().flows[0].cuts[0]
    assert cut.weighted == pytest.approx(6 / 8)
    assert cut.weighted_error == pytest.approx(0.2339, abs=5e-5)


def test_nothing_over_nothing_is_null():
    empty = {name: mask[:0] for name, mask in CUTS.items()}
    (found,) = nominal(flows=(flow(empty, WEIGHT[:0]),)).flows
    assert found.efficiency is None
    for cut in found.cuts:
        assert (cut.efficiency, cut.weighted, cut.weighted_error, cut.n_minus_1) == (None,) * 4


def test_other_variations_keep_the_end_of_the_cut_flow():
    (found,) = summarize_events(shifted_ledger(6.12), SCALE, 6).flows
    assert (found.cuts, found.passed.n, found.efficiency) == ((), 2, 2 / 6)


def test_other_variations_tell_of_events_and_not_of_objects():
    """Of hundreds of them the rest would fill gigabytes."""
    of_events = nominal_ledger().flows[0]
    of_objects = of_events.changed(group="photons")
    alone = of_objects.changed(tagger="without cuts on events")
    ledger = nominal_ledger().changed(flows=(of_events, of_objects, alone))
    whole, short = summarize_all(ledger, SCALE, 6), summarize_events(ledger, SCALE, 6)
    assert whole.moments["a"]
    assert len(whole.flows) == 3
    assert short.moments == {}
    assert short.flows == (whole.flows[0], whole.flows[2])
    assert short.efficiencies == whole.efficiencies


def test_variations_that_agree_in_every_number_are_told_by_a_digest():
    known = nominal_ledger()
    factor = {"a": {**known.moments["a"], "weight_w_up": measure([1.0], np.ones(1))}}
    with_factor = known.changed(moments={**known.moments, **factor})
    numbers = summarize_all(known, SCALE, 6).numbers
    # of factors only the nominal one has moments
    assert summarize_events(with_factor, SCALE, 6).numbers == numbers
    one = known.yields["a"]["central"]
    for change in (
        {"moments": {**known.moments, "a": {"m_gg": measure([1.0], np.ones(1))}}},
        {"moments": {**known.moments, "a": {}}},
        {"yields": {**known.yields, "a": {"central": one.changed(sumw=one.sumw + 1e-12)}}},
    ):
        assert summarize_events(known.changed(**change), SCALE, 6).numbers != numbers


def test_overlap_and_counts_are_kept():
    found = nominal()
    assert (found.before, found.after) == ({"a": 3, "b": 2}, {"a": 3, "b": 0})
    assert found.overlap == ((3, 2), (2, 2))


def test_moments_of_a_column():
    found = nominal().moments["a"]["m_gg"]
    assert (found.n, found.mean, found.std, found.min, found.max) == (2, 125.0, 1.0, 124.0, 126.0)


def test_moments_of_whole_weights_are_scaled_as_the_merge_does():
    weight = np.array([2.0, 6.0])
    names = ("weight_central", "weight_full_pu_up", "weight_pu_up")
    measured = {name: measure(weight, weight) for name in names}
    found = nominal(moments={"a": measured, "b": {}}).moments["a"]
    for name, factor in zip(names, (SCALE, SCALE, 1.0), strict=True):
        assert (found[name].mean, found[name].std) == (4.0 * factor, 2.0 * factor)
        assert (found[name].min, found[name].max) == (2.0 * factor, 6.0 * factor)
        assert found[name].weighted_mean == pytest.approx(5.0 * factor)


def test_negative_scale_makes_a_negative_sum_of_weights_positive():
    """Of an interference both the sum of weights and scale1fb may be negative."""
    measured = measure([1.0, 3.0], np.array([-1.0, -1.0]))
    assert measured.weighted_std is None
    found = nominal(-SCALE, moments={"a": {"m_gg": measured}, "b": {}})
    assert found.moments["a"]["m_gg"].weighted_std == pytest.approx(1.0)


def test_moments_of_nothing_are_null_and_change_no_sum():
    found = nominal().moments["b"]["m_gg"]
    assert found.n == 0
    assert {value for name, value in found if name != "n"} == {None}
    some = measure([124.0, 126.0], np.ones(2))
    assert as_moments(found) + some == some
