import math

import numpy as np
import pytest
from cut_flows import count_cuts

from higgsflow.completeness import Completeness
from higgsflow.events.chunks import Range
from higgsflow.model.sample import SampleYear, SimulatedSample, Year
from higgsflow.model.systematic import Systematics
from higgsflow.normalization import Denominator, Normalization
from higgsflow.output.manifest import Manifest
from higgsflow.records.job_record import RangeSums
from higgsflow.records.ledger import Ledger, StepFlow
from higgsflow.records.moments import Moments, measure
from higgsflow.records.sample_jobs import JobRow, SampleJobs
from higgsflow.report.aggregates import as_moments
from higgsflow.report.summary import Summary, Yield, summarize_sample, total_yield
from higgsflow.selection.cutflow import Counter, CutFlow, count

SCALE = 0.5
# the worked example of cut flows
WEIGHT = np.array([2.0, 2.0, -2.0, 2.0, 2.0, 2.0])
CUTS = {
    "A": np.array([1, 1, 1, 1, 0, 1], dtype=bool),
    "B": np.array([1, 1, 0, 1, 1, 0], dtype=bool),
    "C": np.array([1, 0, 1, 1, 1, 1], dtype=bool),
}


def flow(cuts, weight=WEIGHT):
    return StepFlow(step=0, tagger="t", group="events", flow=count_cuts(cuts, weight))


def nominal_ledger():
    factor = np.array([1.1, 1.3])
    return Ledger(
        flows=(flow(CUTS),),
        before={"a": Counter(n=3), "b": Counter(n=2)},
        after={"a": Counter(n=3), "b": Counter(n=0)},
        overlap=((3, 2), (2, 2)),
        moments={
            "a": {
                "m_gg": measure([124.0, 126.0], np.ones(2)),
                "weight_pu_up": measure(factor[:1], np.ones(1)),
            },
            "b": {"m_gg": Moments(), "weight_pu_up": measure(factor[1:], np.ones(1))},
        },
        yields={
            "a": {
                "central": Counter(n=3, sumw=6.0, sumw2=12.0),
                "pu_up": Counter(n=3, sumw=6.6, sumw2=14.0),
                "pu_down": Counter(n=3, sumw=5.4, sumw2=10.0),
            },
            "b": {"central": Counter(), "pu_up": Counter(), "pu_down": Counter()},
        },
    )


def shifted_ledger(sumw):
    end = CutFlow(cuts=(), total=Counter(n=6), passed=Counter(n=2))
    return Ledger(
        flows=(StepFlow(step=0, tagger="t", group="events", flow=end),),
        before={"a": Counter(n=2), "b": Counter(n=1)},
        after={"a": Counter(n=2), "b": Counter(n=1)},
        overlap=((2, 0), (0, 1)),
        moments={"a": {}, "b": {}},
        yields={
            "a": {"central": Counter(n=2, sumw=sumw, sumw2=8.0)},
            "b": {"central": Counter(n=1, sumw=1.0, sumw2=1.0)},
        },
    )


SYSTEMATICS = Systematics.model_validate(
    {
        "weights": {
            "pu": {"branches": {"central": "w", "up": "w_up", "down": "w_down"}},
        },
        "independent_collections": {
            "scale": {
                "branch_modified": "Photon_pt",
                "branches": {"up": "Photon_pt_up", "down": "Photon_pt_down"},
            }
        },
    }
)


def manifest(variation, rows=3, scale=SCALE):
    return Manifest(
        inputs="i",
        sample="ttH",
        year="2017",
        variation=variation,
        path=f"/store/{variation}.parquet",
        rows=rows,
        size=1,
        checksum="c",
        columns={},
        chunks=(("a", "stem"),),
        scale=scale,
        scale1fb=0.1,
        luminosity=5.0,
        denominator=1360.0,
        mode="whole",
        complete=False,
        fraction=0.75,
    )


def part(start, stop, **sums):
    values = {"n_certified": stop - start, "sum_g": 1.0, "sum_g2": 1.0, "sum_abs_g": 1.0}
    return RangeSums(url="f.root", uuid="u", start=start, stop=stop, **{**values, **sums})


@pytest.fixture
def jobs():
    return SampleJobs(
        inputs="i",
        invocation="",
        sample="ttH",
        year="2017",
        rows=(
            JobRow(
                chunk_id="a",
                status="done",
                n_entries=6,
                first_url="f.root",
                attempts=2,
                wall=3.0,
                cpu=2.0,
                peak_memory_mb=100.0,
            ),
            JobRow(
                chunk_id="b",
                status="failed",
                n_entries=2,
                first_url="f.root",
                attempts=3,
                wall=1.0,
                peak_memory_mb=50.0,
            ),
            JobRow(chunk_id="c", status="missing", n_entries=0, first_url="f.root"),
        ),
        completeness=Completeness(n_done=6, n_indexed=8, state="enough"),
        counted=("a",),
        ranges=(part(0, 4, sum_g=900.0, sum_g2=950.0, n_certified=3), part(4, 6, sum_g=460.0)),
        lost=(Range(url="f.root", uuid="u", start=6, stop=8),),
        factor_sums={},
        ledgers={
            "nominal": nominal_ledger(),
            "scale_up": shifted_ledger(6.12),
            "scale_down": shifted_ledger(5.88),
        },
    )


@pytest.fixture
def summarize(jobs):
    def run(
        systematics=SYSTEMATICS,
        variations=("nominal", "scale_up", "scale_down"),
        sum_runs=None,
        moments=None,
        **changed,
    ):
        pair = SampleYear(
            sample=SimulatedSample(name="ttH", files={"2017": ("f.root",)}, xs=0.5, signal=True),
            year="2017",
            era=Year(luminosity=5.0),
        )
        normalization = Normalization(
            inputs="i",
            sample="ttH",
            year="2017",
            denominator=Denominator(
                value=1360.0, mode="whole", left_out=(), sum_read=1360.0, sum_runs=sum_runs
            ),
            scale1fb=0.1,
            luminosity=5.0,
            complete=False,
            fraction=0.75,
            chunks=("a",),
        )
        manifests = {v: manifest(v, **changed) for v in variations}
        if moments is not None:
            jobs.ledgers["nominal"] = nominal_ledger().changed(moments={"a": moments, "b": {}})
        return summarize_sample(pair, systematics, jobs, normalization, manifests)

    return run


def test_sums_are_over_the_ranges_that_were_read(summarize):
    found = summarize()
    assert (found.n_entries, found.n_read, found.n_certified) == (8, 6, 5)
    assert (found.sum_g, found.sum_g2) == (1360.0, 951.0)


def test_efficiency_is_of_events_read(summarize):
    assert summarize().efficiency == 0.5


def test_efficiency_of_nothing_is_null(summarize, jobs):
    object.__setattr__(jobs, "ranges", ())
    assert summarize().efficiency is None


def test_incomplete_sample_says_so_and_names_what_is_lost(summarize):
    found = summarize()
    assert (found.complete, found.fraction) == (False, 0.75)
    assert found.lost == (("f.root", 6, 8),)


def test_jobs_are_counted_by_status(summarize):
    found = summarize().jobs
    assert (found.n_chunks, found.n_done, found.n_failed, found.n_missing) == (3, 1, 1, 1)
    assert (found.n_attempts, found.wall, found.cpu, found.peak_memory_mb) == (5, 4.0, 2.0, 100.0)


def test_stages_and_versions_are_those_of_the_jobs(summarize, jobs):
    rows = tuple(
        row.model_copy(update={"stages": {"read": 1.5}, "versions": {"higgsflow": version}})
        for row, version in zip(jobs.rows, ("2", "1", "2"), strict=True)
    )
    object.__setattr__(jobs, "rows", rows)
    found = summarize()
    assert found.jobs.stages == {"read": 4.5}
    assert found.versions == {"higgsflow": ("1", "2")}


def test_files_are_named_with_their_joined_ranges(summarize):
    (file,) = summarize().files
    assert (file.url, file.ranges, file.sum_g) == ("f.root", ((0, 6),), 1360.0)


def test_ranges_with_a_gap_are_not_joined(summarize, jobs):
    object.__setattr__(jobs, "ranges", (part(4, 6), part(0, 3)))
    assert summarize().files[0].ranges == ((0, 3), (4, 6))


def test_share_of_negative_weights(summarize, jobs):
    object.__setattr__(jobs, "ranges", (part(0, 4, sum_g=2.0, sum_abs_g=4.0),))
    assert summarize().negative_fraction == 0.25


def test_difference_to_the_runs_trees_is_reported(summarize):
    assert summarize().runs_difference is None
    found = summarize(sum_runs=1600.0)
    assert (found.runs_difference, found.runs_difference_relative) == (-240.0, -0.15)


def test_mean_factor_before_any_cut(summarize, jobs):
    sums = {"weight_pu_up": 680.0, "clamped:pu:x": 7.0, "kept:pdf:0:0": 3.0}
    object.__setattr__(jobs, "factor_sums", sums)
    found = summarize()
    assert found.factor_sums == sums
    assert found.factor_means == {"weight_pu_up": 0.5}


def test_efficiency_of_a_tag_is_of_all_certified_events(summarize, jobs):
    object.__setattr__(jobs, "ranges", (part(0, 6),))
    found = summarize().variations["nominal"].efficiencies["a"]
    low, high = found.interval
    assert found.value == 0.5
    assert low < 0.5 < high
    # the first group of cuts counts these events, so their sum of weights is known
    assert found.weighted == 0.0


def test_weighted_efficiency_of_a_tag_needs_the_weight_of_all_events(summarize):
    # the first group counts 6 entries, which are not the 5 certified events
    found = summarize().variations["nominal"].efficiencies["a"]
    assert (found.value, found.weighted) == (3 / 5, None)


def test_several_rows_per_event_have_no_interval(summarize):
    assert summarize(rows=7).interval is None
    assert summarize(rows=3).interval is not None


def test_yields_are_scaled(summarize):
    found = summarize().variations["nominal"].yields["a"]
    assert found == Yield(n=3, value=3.0, error=math.sqrt(12.0) * SCALE)


def test_error_of_a_yield_is_positive_whatever_the_sign_of_the_scale(summarize):
    found = summarize(scale=-SCALE).variations["nominal"].yields["a"]
    assert found == Yield(n=3, value=-3.0, error=math.sqrt(12.0) * SCALE)


def test_cut_flow_is_that_of_the_worked_example(summarize):
    (found,) = summarize().variations["nominal"].flows
    assert [cut.alone.n for cut in found.cuts] == [5, 4, 5]
    assert [cut.prefix.n for cut in found.cuts] == [5, 3, 2]
    assert [cut.efficiency for cut in found.cuts] == [5 / 6, 3 / 5, 2 / 3]
    assert [cut.n_minus_1 for cut in found.cuts] == [2 / 3, 2 / 4, 2 / 3]
    assert found.efficiency == 2 / 6


def test_weighted_efficiency_is_that_of_the_worked_example(summarize):
    cut = summarize().variations["nominal"].flows[0].cuts[0]
    assert cut.weighted == pytest.approx(6 / 8)
    assert cut.weighted_error == pytest.approx(0.2339, abs=5e-5)


def test_nothing_over_nothing_is_null(summarize, jobs):
    empty = {name: mask[:0] for name, mask in CUTS.items()}
    ledger = jobs.ledgers["nominal"].model_copy(update={"flows": (flow(empty, WEIGHT[:0]),)})
    jobs.ledgers["nominal"] = ledger
    (found,) = summarize().variations["nominal"].flows
    assert found.efficiency is None
    for cut in found.cuts:
        assert (cut.efficiency, cut.weighted, cut.weighted_error, cut.n_minus_1) == (None,) * 4


def test_other_variations_keep_the_end_of_the_cut_flow(summarize):
    (found,) = summarize().variations["scale_up"].flows
    assert (found.cuts, found.passed.n, found.efficiency) == ((), 2, 2 / 6)


def test_other_variations_tell_of_events_and_not_of_objects(summarize, jobs):
    """Of hundreds of them the rest would fill gigabytes."""
    of_events = nominal_ledger().flows[0]
    of_objects = of_events.changed(group="photons")
    alone = of_objects.changed(tagger="without cuts on events")
    nominal = nominal_ledger().changed(flows=(of_events, of_objects, alone))
    jobs.ledgers.update(nominal=nominal, scale_up=nominal)
    found = summarize().variations
    assert found["nominal"].moments["a"]
    assert len(found["nominal"].flows) == 3
    assert found["scale_up"].moments == {}
    assert found["scale_up"].flows == (found["nominal"].flows[0], found["nominal"].flows[2])
    assert found["scale_up"].efficiencies == found["nominal"].efficiencies


def test_variations_that_agree_in_every_number_are_told_by_a_digest(summarize, jobs):
    known = nominal_ledger()
    factor = {"a": {**known.moments["a"], "weight_w_up": measure([1.0], np.ones(1))}}
    jobs.ledgers.update(nominal=known, scale_up=known.changed(moments={**known.moments, **factor}))
    found = summarize().variations
    # of factors only the nominal one has moments
    assert found["scale_up"].numbers == found["nominal"].numbers
    one = known.yields["a"]["central"]
    for change in (
        {"moments": {**known.moments, "a": {"m_gg": measure([1.0], np.ones(1))}}},
        {"moments": {**known.moments, "a": {}}},
        {"yields": {**known.yields, "a": {"central": one.changed(sumw=one.sumw + 1e-12)}}},
    ):
        jobs.ledgers["scale_up"] = known.changed(**change)
        assert summarize().variations["scale_up"].numbers != found["nominal"].numbers


def test_overlap_and_counts_are_kept(summarize):
    found = summarize().variations["nominal"]
    assert (found.before, found.after) == ({"a": 3, "b": 2}, {"a": 3, "b": 0})
    assert found.overlap == ((3, 2), (2, 2))


def test_moments_of_a_column(summarize):
    found = summarize().variations["nominal"].moments["a"]["m_gg"]
    assert (found.n, found.mean, found.std, found.min, found.max) == (2, 125.0, 1.0, 124.0, 126.0)


def test_moments_of_whole_weights_are_scaled_as_the_merge_does(summarize):
    weight = np.array([2.0, 6.0])
    names = ("weight_central", "weight_full_pu_up", "weight_pu_up")
    measured = {name: measure(weight, weight) for name in names}
    found = summarize(moments=measured).variations["nominal"].moments["a"]
    for name, factor in zip(names, (SCALE, SCALE, 1.0), strict=True):
        assert (found[name].mean, found[name].std) == (4.0 * factor, 2.0 * factor)
        assert (found[name].min, found[name].max) == (2.0 * factor, 6.0 * factor)
        assert found[name].weighted_mean == pytest.approx(5.0 * factor)


def test_negative_scale_makes_a_negative_sum_of_weights_positive(summarize):
    """Of an interference both the sum of weights and scale1fb may be negative."""
    measured = measure([1.0, 3.0], np.array([-1.0, -1.0]))
    assert measured.weighted_std is None
    found = summarize(moments={"m_gg": measured}, scale=-SCALE).variations["nominal"]
    assert found.moments["a"]["m_gg"].weighted_std == pytest.approx(1.0)


def test_moments_of_nothing_are_null_and_change_no_sum(summarize):
    found = summarize().variations["nominal"].moments["b"]["m_gg"]
    assert found.n == 0
    assert {value for name, value in found if name != "n"} == {None}
    some = measure([124.0, 126.0], np.ones(2))
    assert as_moments(found) + some == some


def test_weight_systematic_has_factor_over_all_tags_and_effect(summarize):
    found = {(s.systematic, s.direction): s for s in summarize().systematics}
    up = found["pu", "up"]
    assert up.kind == "weight"
    assert (up.mean, up.std) == (pytest.approx(1.2), pytest.approx(0.1))
    assert up.effect == {"a": pytest.approx(0.1), "b": None}
    assert found["pu", "down"].effect["a"] == pytest.approx(-0.1)


def test_factor_that_was_not_measured_is_null(summarize):
    down = next(s for s in summarize().systematics if s.direction == "down" and s.mean is None)
    assert (down.systematic, down.mean, down.std) == ("pu", None, None)


def test_independent_collection_has_an_effect_only(summarize):
    found = {(s.systematic, s.direction): s for s in summarize().systematics}
    assert found["scale", "up"].effect == {"a": pytest.approx(0.02), "b": None}
    assert found["scale", "down"].effect["a"] == pytest.approx(-0.02)
    assert found["scale", "up"].mean is None


def test_variation_that_was_not_merged_is_left_out(summarize):
    found = summarize(variations=("nominal", "scale_up"))
    assert [s.direction for s in found.systematics if s.systematic == "scale"] == ["up"]
    assert set(found.merged) == {"nominal", "scale_up"}


def test_sample_without_systematics_has_none(summarize):
    assert summarize(systematics=Systematics(), variations=("nominal",)).systematics == ()


def test_merged_files_are_named(summarize):
    assert summarize().merged["scale_up"] == "/store/scale_up.parquet"


def test_selected_events_are_the_rows_of_the_nominal_file(summarize):
    assert summarize(rows=2).n_selected == 2


def test_independent_yields_add_in_quadrature():
    parts = [Yield(n=1, value=1.5, error=3.0), Yield(n=2, value=-0.5, error=4.0)]
    assert total_yield(parts) == Yield(n=3, value=1.0, error=5.0)


def test_no_yields_are_zero():
    assert total_yield([]) == Yield(n=0, value=0.0, error=0.0)


def test_summary_survives_json(make_summary):
    summary = make_summary(blinded=("m_gg", 115.0, 135.0), incomplete=True)
    assert Summary.model_validate_json(summary.model_dump_json()) == summary


def test_counter_of_weights_is_the_yield_before_scaling():
    assert count(WEIGHT) == Counter(n=6, sumw=8.0, sumw2=24.0)
