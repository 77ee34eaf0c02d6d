from __future__ import annotations

import itertools
import math
from typing import Any

import pytest
import slow_books
from hypothesis import given, settings
from hypothesis import strategies as st

from higgsflow.completeness import Completeness
from higgsflow.errors import NormalizationError, UnknownName
from higgsflow.events.index import FileIndex, RunsSums, SampleIndex
from higgsflow.model.sample import DataSample, SampleYear, SimulatedSample, Year
from higgsflow.model.systematic import Systematics
from higgsflow.normalization import Denominator, denominator, normalize, scale1fb
from higgsflow.records.job_record import RangeSums
from higgsflow.records.ledger import Ledger
from higgsflow.records.sample_jobs import SampleJobs
from higgsflow.selection.cutflow import Counter

XS: dict[str, Any] = {"xs": 0.5071, "bf": 0.00227}


def file(name: str, n: int, kind: Any = "whole", **runs: Any) -> FileIndex:
    return FileIndex(
        url=f"/{name}.root",
        uuid=name,
        size=1,
        mtime_ns=1,
        n_entries=n,
        schema_id="s",
        clusters=(0, n),
        kind=kind,
        runs=RunsSums(**{"count": n, "sumw2": 1.0, **runs}) if runs else None,
    )


def index(*files: FileIndex) -> SampleIndex:
    return SampleIndex(files=files, schemas={})


def read(name: str, start: int, stop: int, sum_g: float) -> RangeSums:
    return RangeSums(
        url=f"/{name}.root",
        uuid=name,
        start=start,
        stop=stop,
        n_certified=stop - start,
        sum_g=sum_g,
        sum_g2=1.0,
        sum_abs_g=float(stop - start),
    )


def pair(**more: Any) -> SampleYear:
    sample = SimulatedSample(**{"name": "ttH", "files": {"2017": "a.root"}, **XS, **more})
    return SampleYear(sample=sample, year="2017", era=Year(luminosity=41.5))


def d(value: float) -> Denominator:
    return Denominator(value=value, mode="whole", left_out=(), sum_read=value, sum_runs=None)


F1 = file("f1", 1000, sumw=900.0)
F2 = file("f2", 500, sumw=460.0)
F2_SKIM = file("f2", 50, "skim", count=500, sumw=460.0)
R1, R2 = read("f1", 0, 1000, 900.0), read("f2", 0, 500, 460.0)
R1_PARTS = [read("f1", 0, 400, 350.0), read("f1", 400, 1000, 550.0)]
F2_CUT = file("f2", 5, "partial", count=500, sumw=45869.0)
R2_SKIM = [read("f2", 0, 20, 3.0), read("f2", 20, 50, 5.0)]


@pytest.mark.parametrize(
    ("files", "ranges", "value", "scale"),
    [
        ((F1, F2), [R1, R2], 1360.0, 0.0008464096),
        ((F1, F2), [*R1_PARTS, R2], 1360.0, 0.0008464096),
        ((F1, F2), [R1], 900.0, 0.0012790189),
        ((F1, F2_SKIM), [read("f1", 0, 500, 450.0), *R2_SKIM], 910.0, 0.0012649637),
        ((F1, F2_SKIM), [R1, R2_SKIM[0]], 900.0, 0.0012790189),
        ((F1, F2_CUT), [R1, read("f2", 0, 5, 460.0)], 1360.0, 0.0008464096),
    ],
)
def test_worked_scales(files: Any, ranges: list[RangeSums], value: float, scale: float) -> None:
    found = denominator(index(*files), ranges)
    assert found.value == pytest.approx(value, rel=1e-12)
    assert scale1fb(pair(), found, True) == pytest.approx(scale, rel=1e-7)


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[FileIndex], list[RangeSums], list[slow_books.FileSums]]:
    files, ranges, slow = [], [], []
    for number in range(draw(st.integers(1, 4))):
        name, kind = f"f{number}", draw(st.sampled_from(["whole", "partial", "skim"]))
        bounds = [0, *sorted(draw(st.sets(st.integers(1, 99), max_size=3))), 100]
        taken = [p for p in itertools.pairwise(bounds) if draw(st.booleans())]
        sums = [float(draw(st.integers(-50, 50))) for _ in taken]
        all_read = sum(b - a for a, b in taken) == 100
        sumw = sum(sums) if kind == "whole" and all_read else 77.0
        files.append(file(name, 100, kind, count=100, sumw=sumw))
        ranges += [read(name, a, b, s) for (a, b), s in zip(taken, sums, strict=True)]
        n = sum(b - a for a, b in taken)
        slow.append(slow_books.FileSums(kind, 100, n, sum(sums), sumw, 100.0))
    return files, draw(st.permutations(ranges)), slow


@settings(deadline=None, max_examples=60)
@given(cases())
def test_denominator_is_that_of_the_slow_books(case: Any) -> None:
    files, ranges, slow = case
    assert denominator(index(*files), ranges).value == slow_books.denominator(slow)


def test_skim_with_ranges_missing_is_left_out() -> None:
    found = denominator(index(F1, F2_SKIM), [R1, R2_SKIM[1]])
    assert found.left_out == ("f2",)
    assert (found.mode, found.sum_read, found.sum_runs) == ("mixed", 905.0, 900.0)


def test_skim_that_kept_nothing_counts_when_it_was_looked_at() -> None:
    empty = file("f2", 0, "skim", count=500, sumw=460.0)
    assert denominator(index(F1, empty), [R1, read("f2", 0, 0, 0.0)]).value == 1360.0
    assert denominator(index(F1, empty), [R1]).left_out == ("f2",)


@pytest.mark.parametrize(
    ("files", "mode"),
    [((F1, F2), "whole"), ((F2_SKIM,), "skim"), ((F1, F2_SKIM), "mixed")],
)
def test_mode_is_the_kind_of_the_files(files: Any, mode: str) -> None:
    assert denominator(index(*files), []).mode == mode


@pytest.mark.parametrize(
    ("files", "ranges", "selected"),
    [
        ((F1, F2), [R1, R2], False),
        ((F1, F2_CUT), [R1, read("f2", 0, 5, 460.0)], False),
        ((F1, F2_SKIM), [R1, *R2_SKIM], True),
        # which does not count, nor do its events
        ((F1, F2_SKIM), [R1, R2_SKIM[0]], False),
        ((F2_SKIM,), R2_SKIM, True),
    ],
)
def test_only_a_skim_that_counts_holds_a_selection(
    files: Any, ranges: list[RangeSums], selected: bool
) -> None:
    assert denominator(index(*files), ranges).holds_selection == selected


def test_a_record_that_does_not_say_may_hold_a_selection() -> None:
    assert d(1.0).holds_selection


def test_both_sums_are_reported() -> None:
    found = denominator(index(F1, F2), [R1, R2])
    assert (found.sum_read, found.sum_runs) == (1360.0, 1360.0)


def test_file_without_runs_has_no_sum_to_compare_with() -> None:
    found = denominator(index(F1, file("f2", 500)), [R1, R2])
    assert (found.value, found.sum_runs) == (1360.0, None)


@pytest.mark.parametrize(
    ("read_sum", "agrees"), [(900.09, True), (899.91, True), (900.11, False), (math.nan, False)]
)
def test_whole_file_agrees_with_its_runs(read_sum: float, agrees: bool) -> None:
    """The tolerance is 1e-4 of the sum of absolute weights, here 0.1."""
    ranges = [read("f1", 0, 400, 400.0), read("f1", 400, 1000, read_sum - 400.0)]
    if agrees:
        denominator(index(F1), ranges)
        return
    with pytest.raises(NormalizationError, match=r"/f1\.root\n.*900 in its Runs tree"):
        denominator(index(F1), ranges)


def test_whole_file_without_events_agrees_with_its_runs() -> None:
    empty = file("f1", 0, count=0, sumw=0.0)
    assert denominator(index(empty, F2), [read("f1", 0, 0, 0.0), R2]).value == 460.0


@pytest.mark.parametrize("kind", ["partial", "skim"])
def test_only_whole_files_are_compared_with_their_runs(kind: Any) -> None:
    denominator(index(file("f1", 1000, kind, count=9000, sumw=8000.0)), [R1])


def test_part_of_a_whole_file_is_not_compared() -> None:
    assert denominator(index(F1), [read("f1", 0, 999, 5.0)]).value == 5.0


@pytest.mark.parametrize("second", [(0, 1000), (999, 1000), (0, 1)])
def test_entries_processed_twice_are_an_error(second: tuple[int, int]) -> None:
    with pytest.raises(NormalizationError, match=r"/f1\.root were processed twice"):
        denominator(index(F1), [R1, read("f1", *second, 1.0)])


@pytest.mark.parametrize("ranges", [[R2], [read("f1", 0, 1001, 1.0)]])
def test_ranges_that_are_not_in_the_index_are_an_error(ranges: list[RangeSums]) -> None:
    with pytest.raises(NormalizationError, match="not in the index"):
        denominator(index(F1), ranges)


def test_theory_sums_merge_weighted() -> None:
    first = file("f1", 1000, sumw=900.0, lhe_scale_sumw=(900.0, 900 * 1.04))
    second = file("f2", 500, sumw=460.0, lhe_scale_sumw=(460.0, 460 * 1.10))
    found = denominator(index(first, second), [R1, R2])
    assert found.lhe_scale == pytest.approx((1.0, 1.0602941), rel=1e-7)
    assert found.lhe_scale == pytest.approx(
        slow_books.merge_lhe([(900.0, [1.0, 1.04]), (460.0, [1.0, 1.10])])
    )
    assert found.lhe_pdf == ()


def test_theory_sums_are_those_of_the_files_that_count() -> None:
    first = file("f1", 1000, sumw=900.0, lhe_pdf_sumw=(900.0, 936.0))
    second = file("f2", 500, sumw=460.0, lhe_pdf_sumw=(460.0, 506.0))
    assert denominator(index(first, second), [R1]).lhe_pdf == pytest.approx((1.0, 1.04))


def test_theory_sums_of_unlike_lengths_are_not_known() -> None:
    first = file("f1", 1000, sumw=900.0, lhe_pdf_sumw=(900.0,))
    second = file("f2", 500, sumw=460.0, lhe_pdf_sumw=(460.0, 506.0))
    assert denominator(index(first, second), [R1, R2]).lhe_pdf == ()


def test_theory_sums_are_those_of_the_files_that_have_any() -> None:
    first = file("f1", 1000, sumw=900.0, lhe_pdf_sumw=(900.0, 936.0))
    assert denominator(index(first, F2), [R1, R2]).lhe_pdf == pytest.approx((1.0, 1.04))


def test_theory_sums_over_weights_that_cancel_are_not_known() -> None:
    first = file("f1", 1000, sumw=460.0, lhe_pdf_sumw=(460.0, 480.0))
    second = file("f2", 500, sumw=-460.0, lhe_pdf_sumw=(-460.0, -470.0))
    ranges = [read("f1", 0, 1000, 460.0), read("f2", 0, 500, -460.0)]
    assert denominator(index(first, second), ranges).lhe_pdf == ()


def test_every_factor_scales() -> None:
    factors = {"xs": 2.0, "bf": 0.5, "filter_efficiency": 0.25, "k_factor": {"2017": 3.0}}
    assert scale1fb(pair(**factors), d(10.0), True) == 2.0 * 0.5 * 0.25 * 3.0 * 1000 / 10


def test_factor_of_another_year_is_not_taken() -> None:
    with pytest.raises(UnknownName, match="no year '2017' in xs of 'ttH'"):
        scale1fb(pair(xs={"2018": 1.0}), d(1.0), True)


@pytest.mark.parametrize("value", [0.0, math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("declared", [False, True])
def test_sum_of_weights_without_meaning_is_an_error(value: float, declared: bool) -> None:
    with pytest.raises(NormalizationError, match=r"sum of weights of ttH \(2017\) is"):
        scale1fb(pair(negative_denominator=declared), d(value), True)


@pytest.mark.parametrize(("value", "xs"), [(-2.0, 1.0), (-0.25, 1.0), (2.0, -1.0), (2.0, -0.5)])
def test_negative_numbers_need_a_declaration(value: float, xs: float) -> None:
    with pytest.raises(NormalizationError, match="negative_denominator: true") as caught:
        scale1fb(pair(xs=xs), d(value), True)
    assert len(str(caught.value).splitlines()) <= 3
    declared = pair(xs=xs, bf=1.0, negative_denominator=True)
    assert scale1fb(declared, d(value), True) == xs * 1000 / value


def test_sum_of_weights_may_be_small() -> None:
    """As that of a generator whose weights are cross sections [pb] over the number of events."""
    assert scale1fb(pair(bf=1.0), d(0.25), True) == pytest.approx(0.5071 * 1000 / 0.25)


def test_scale_given_by_hand_needs_every_event() -> None:
    by_hand = pair(scale1fb={"2017": 0.25})
    assert scale1fb(by_hand, d(math.nan), True) == 0.25
    with pytest.raises(NormalizationError, match="needs every entry"):
        scale1fb(by_hand, d(1.0), False)


def test_data_has_no_scale() -> None:
    sample = DataSample(name="Data", files={"2017": "a.root"})
    of_data = SampleYear(sample=sample, year="2017", era=Year(luminosity=1.0))
    with pytest.raises(NormalizationError, match=r"Data \(2017\) are data"):
        scale1fb(of_data, d(1.0), True)


def jobs(*ranges: RangeSums, state: Any = "complete", n_done: int = 1500) -> SampleJobs:
    return SampleJobs(
        inputs="i",
        invocation="v",
        sample="ttH",
        year="2017",
        rows=(),
        completeness=Completeness(n_done=n_done, n_indexed=1500, state=state),
        counted=("c1",),
        ranges=ranges,
        lost=(),
        factor_sums={},
        ledgers={},
    )


def test_normalisation_is_that_of_the_processed_ranges() -> None:
    whole = normalize(pair(), index(F1, F2), jobs(R1, R2))
    assert whole.scale1fb == pytest.approx(0.0008464096, rel=1e-7)
    assert (whole.complete, whole.fraction, whole.luminosity) == (True, 1.0, 41.5)
    assert whole.scale == pytest.approx(0.0008464096 * 41.5, rel=1e-7)
    part = normalize(pair(), index(F1, F2), jobs(R1, state="enough", n_done=1000))
    assert part.scale1fb == pytest.approx(0.0012790189, rel=1e-7)
    assert (part.complete, part.chunks) == (False, ("c1",))
    assert part.fraction == pytest.approx(2 / 3)


def test_normalisation_of_data_is_none() -> None:
    sample = DataSample(name="Data", files={"2017": "a.root"})
    of_data = SampleYear(sample=sample, year="2017", era=Year(luminosity=41.5))
    counted = jobs(R1).model_copy(update={"ledgers": {"nominal": Ledger()}})
    made = normalize(of_data, index(F1), counted, preserving())
    assert (made.denominator, made.scale1fb, made.weight_ratios) == (None, None, {})
    assert made.scale == 1.0


def scale_choice(**content: Any) -> Systematics:
    vector = {"branch": "LHEScaleWeight", "length": 3, "nominal": 1, "names": {"up": 2, "down": 0}}
    weights = {"scale": {"vector": {**vector, "normalisation": "inclusive", **content}}}
    return Systematics.model_validate({"weights": weights})


def ratios(systematics: Systematics, *files: FileIndex, **sums: float) -> Any:
    kept = {f"scale:{n.replace('__', ':')}": Counter(sumw=v) for n, v in sums.items()}
    ledgers = {"nominal": Ledger(kept=kept), "jes_up": Ledger()}
    processed = jobs(R1, R2).model_copy(update={"ledgers": ledgers})
    found = normalize(pair(), index(*files), processed, systematics).weight_ratios
    assert found["jes_up"] == {}
    return found["nominal"]


def test_inclusive_weights_are_divided_by_the_sums_of_all_generated_events() -> None:
    """(900 at 1.04 and 460 at 1.10) are 1.0602941; only the ratio to the nominal one counts."""
    f1 = file("f1", 1000, sumw=900.0, lhe_scale_sumw=(900 * 0.9, 900 * 2.0, 900 * 1.04))
    f2 = file("f2", 500, sumw=460.0, lhe_scale_sumw=(460 * 0.8, 460 * 2.0, 460 * 1.10))
    found = ratios(scale_choice(), f1, f2)["scale"]
    assert found["up"] == (pytest.approx(2.0 / 1.0602941, rel=1e-7),)
    assert found["down"] == (pytest.approx(2.0 / ((900 * 0.9 + 460 * 0.8) / 1360)),)


KEPT = {"__0": 1360.0, "up__0": 1500.0, "down__0": 1200.0}


def test_ratios_keep_the_rate_of_the_events_read_since_sums_of_runs_may_have_any_scale() -> None:
    """A real file has LHEScaleSumw and LHEPdfSumw around 43, though its weights are around 1."""
    f1 = file("f1", 1000, sumw=900.0, lhe_scale_sumw=(900 * 42.4, 900 * 43.0, 900 * 44.6))
    found = ratios(scale_choice(nominal=None), f1, F2, **KEPT)["scale"]
    assert found == {"up": (1360 / 1500,), "down": (1360 / 1200,)}


@pytest.mark.parametrize("sums", [(), (0.9, 1.1), (0.9, 2.0, 0.0), (0.9, 0.0, 1.1)])
def test_without_them_by_those_of_the_events_read(sums: tuple[float, ...]) -> None:
    of_runs = tuple(900 * value for value in sums)
    f1 = file("f1", 1000, sumw=900.0, lhe_scale_sumw=of_runs)
    found = ratios(scale_choice(), f1, F2, **KEPT)["scale"]
    assert found == {"up": (1360 / 1500,), "down": (1360 / 1200,)}


def test_bins_of_the_generator_have_a_ratio_each() -> None:
    per_bin = {"normalisation": "per_gen_bin", "gen_bins": {"column": "HTXS", "values": [105, 106]}}
    sums = {**KEPT, "__1": 10.0, "up__1": 20.0, "down__1": 5.0}
    # the sums of its Runs tree are over all bins
    f1 = file("f1", 1000, sumw=900.0, lhe_scale_sumw=(900 * 0.9, 900 * 2.0, 900 * 1.04))
    found = ratios(scale_choice(**per_bin), f1, F2, **sums)["scale"]
    assert found == {"up": (1360 / 1500, 0.5), "down": (1360 / 1200, 2.0)}


def test_files_that_are_whole_or_cut_off_have_ratios() -> None:
    """Sums over the events read and D are over the same ones, whichever kinds are together."""
    processed = jobs(R1, read("f2", 0, 5, 4.0))
    kept = {f"scale:{n.replace('__', ':')}": Counter(sumw=v) for n, v in KEPT.items()}
    processed = processed.model_copy(update={"ledgers": {"nominal": Ledger(kept=kept)}})
    found = normalize(pair(), index(F1, F2_CUT), processed, scale_choice())
    assert found.denominator is not None
    assert found.denominator.mode == "mixed"
    assert found.weight_ratios["nominal"]["scale"] == {"up": (1360 / 1500,), "down": (1360 / 1200,)}


def test_full_weights_have_no_ratio() -> None:
    assert ratios(scale_choice(normalisation="full"), F1, F2) == {}


def test_skim_without_sums_of_all_generated_events_is_an_error() -> None:
    with pytest.raises(NormalizationError, match="normalisation: full") as caught:
        normalize(pair(), index(F1, F2_SKIM), of_skim({}), scale_choice())
    assert len(str(caught.value).splitlines()) <= 3


def of_skim(sums: dict[str, float]) -> SampleJobs:
    ledger = Ledger(kept={name: Counter(sumw=value) for name, value in sums.items()})
    whole = read("f2", 0, 50, 8.0)
    return jobs(R1, whole).model_copy(update={"ledgers": {"nominal": ledger, "jes_up": ledger}})


def preserving(**more: Any) -> Systematics:
    branches = {"branches": {"central": "c", "up": "u"}, "modify_central_weight": True}
    return Systematics.model_validate({"weights": {"b": {**branches, "preserve": more}}})


def test_skim_has_ratios_where_its_selection_is_said_to_be_harmless() -> None:
    processed = of_skim({"b::0": 6.0, "b:central:0": 3.0, "b:up:0": 4.0})
    with pytest.raises(NormalizationError, match="in_skims: true"):
        normalize(pair(), index(F1, F2_SKIM), processed, preserving())
    found = normalize(pair(), index(F1, F2_SKIM), processed, preserving(in_skims=True))
    assert found.weight_ratios["nominal"]["b"] == {"up": (1.5,), "central": (2.0,)}
    assert found.weight_ratios["jes_up"]["b"] == {"central": (2.0,)}


def test_sums_that_no_job_kept_are_an_error() -> None:
    with pytest.raises(NormalizationError, match="no sums of 'scale' before any cut"):
        ratios(scale_choice(), F1, F2)
