import pytest
from small_ledgers import nominal_ledger, shifted_ledger

from higgsflow.completeness import Completeness
from higgsflow.events.chunks import Range
from higgsflow.model.sample import SampleYear, SimulatedSample, Year
from higgsflow.model.systematic import Systematics
from higgsflow.normalization import Denominator, Normalization
from higgsflow.output.manifest import Manifest
from higgsflow.records.job_record import RangeSums
from higgsflow.records.sample_jobs import JobRow, SampleJobs
from higgsflow.report.summary import summarize_sample
from higgsflow.report.variation_summary import summarize_all, summarize_events

SCALE = 0.5


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


def manifest(variation, rows):
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
        scale=SCALE,
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
        rows=3,
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
        manifests = {v: manifest(v, rows) for v in variations}
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


def test_several_rows_per_event_have_no_interval(summarize):
    assert summarize(rows=7).interval is None
    assert summarize(rows=3).interval is not None


def test_only_the_nominal_variation_has_moments_and_cut_flows_of_objects(summarize, jobs):
    of_events = nominal_ledger().flows[0]
    ledger = nominal_ledger().changed(flows=(of_events, of_events.changed(group="photons")))
    jobs.ledgers.update(nominal=ledger, scale_up=ledger)
    found = summarize().variations
    # 5 events are certified
    assert found["nominal"] == summarize_all(ledger, SCALE, 5)
    assert found["scale_up"] == summarize_events(ledger, SCALE, 5)
    assert found["nominal"] != found["scale_up"]


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
