import pytest

from higgsflow.model.reporting import Sentinels
from higgsflow.records.lumi_coverage import SampleCoverage, year_coverage
from higgsflow.report.sentinels import find
from higgsflow.report.variation_content import Yield

WINDOW = ("m_gg", 115.0, 135.0)
QUIET = Sentinels()


@pytest.fixture
def plain(make_summary):
    """Without systematics, which have sentinels of their own."""

    def build(**change):
        return with_samples(make_summary(**change), lambda _: {"systematics": ()})

    return build


def kinds(summary, limits=QUIET):
    return {(f.kind, f.where): f for f in find(summary, limits)}


def with_samples(summary, change, where=lambda _: True):
    samples = tuple(s.model_copy(update=change(s)) if where(s) else s for s in summary.samples)
    return summary.model_copy(update={"samples": samples})


def is_simulated(sample):
    return sample.kind != "data"


def test_sound_analysis_has_no_findings(plain):
    assert find(plain(), QUIET) == ()


def test_what_is_left_out_of_skims_is_said(plain):
    torn = {"complete": False, "left_out": (("/a.root", 0, 5), ("/a.root", 7, 9))}
    found = kinds(with_samples(plain(), lambda _: torn))
    assert "and 2 left out with them" in found["incomplete", "ttH_M125 (2017)"].text


def test_incomplete_data_are_worse_than_incomplete_simulation(plain):
    summary = with_samples(plain(), lambda _: {"complete": False, "fraction": 0.95})
    found = find(summary, QUIET)
    severity = {f.where: f.severity for f in found if f.kind == "incomplete"}
    assert (severity["Data (2017)"], severity["ttH_M125 (2017)"]) == ("error", "warning")
    assert [f.severity for f in found][:2] == ["error", "error"]
    assert "95.00% of the entries" in kinds(summary)["incomplete", "Data (2017)"].text


@pytest.mark.parametrize(("mode", "told"), [("whole", True), ("skim", False), ("partial", False)])
def test_sum_of_runs_is_compared_where_both_are_about_the_same_events(plain, mode, told):
    def change(sample):
        found = sample.normalization.denominator.model_copy(update={"mode": mode})
        normalization = sample.normalization.model_copy(update={"denominator": found})
        return {"normalization": normalization, "runs_difference_relative": 5e-5}

    summary = with_samples(plain(), change, is_simulated)
    assert (("sum of weights", "ttH_M125 (2017)") in kinds(summary)) is told


@pytest.mark.parametrize(("mode", "told"), [("whole", True), ("partial", False)])
def test_files_that_nothing_says_are_whole_are_told(plain, mode, told):
    def change(sample):
        changed = {"mode": mode, "sum_runs": None}
        found = sample.normalization.denominator.model_copy(update=changed)
        normalization = sample.normalization.model_copy(update={"denominator": found})
        return {"normalization": normalization, "runs_difference_relative": None}

    found = kinds(with_samples(plain(), change, is_simulated))
    assert (("sum of weights", "ttH_M125 (2017)") in found) == told
    if told:
        one = found["sum of weights", "ttH_M125 (2017)"]
        assert (one.severity, "taken as whole" in one.text) == ("note", True)


def test_rounding_of_the_runs_trees_is_not_told(plain):
    summary = with_samples(plain(), lambda _: {"runs_difference_relative": 1e-7})
    assert kinds(summary) == {}


def test_negative_weights_say_what_events_are_worth(plain):
    summary = with_samples(plain(), lambda _: {"negative_fraction": 0.4}, is_simulated)
    finding = kinds(summary)["negative weights", "ttH_M125 (2017)"]
    assert (finding.severity, "worth 4 %" in finding.text) == ("note", True)
    assert kinds(summary, Sentinels(negative_fraction=0.45)) == {}


def with_yield(summary, tag, **change):
    def altered(sample):
        nominal = sample.variations["nominal"]
        yields = {**nominal.yields, tag: nominal.yields[tag].model_copy(update=change)}
        return {"variations": {"nominal": nominal.model_copy(update={"yields": yields})}}

    return with_samples(summary, altered)


def test_negative_yield_is_told(plain):
    found = kinds(with_yield(plain(), "tth", value=-0.5))
    assert "tth is negative: -0.5" in found["negative yield", "ttH_M125 (2017)"].text
    assert ("negative yield", "Data (2017)") not in found


def test_negative_yield_of_a_negative_cross_section_is_meant(plain):
    def interfering(sample):
        scale = {"scale1fb": -0.1} if is_simulated(sample) else {}
        return {"normalization": sample.normalization.model_copy(update=scale)}

    summary = with_samples(with_yield(plain(), "tth", value=-0.5), interfering)
    assert not [kind for kind, _ in kinds(summary) if kind == "negative yield"]


def test_tag_that_is_always_empty_is_told_once(plain):
    found = kinds(with_yield(plain(), "thq", n=0, value=0.0, error=0.0))
    assert "tags before it take all" in found["empty tag", "thq"].text
    assert ("empty tag", "tth") not in found


def test_tag_with_events_in_some_sample_is_not_empty(plain):
    summary = plain()
    empty = with_yield(summary, "thq", n=0, value=0.0, error=0.0)
    samples = (*empty.samples[1:], summary.samples[0])
    assert not [k for k in kinds(empty.model_copy(update={"samples": samples})) if "thq" in k]


def test_a_mask_of_other_cuts_than_are_named_is_told_but_not_of_hidden_data(plain):
    def stricter(sample):
        nominal = sample.variations["nominal"]
        taken = {tag: n - (tag == "tth") for tag, n in nominal.before.items()}
        return {"variations": {"nominal": nominal.model_copy(update={"before": taken})}}

    assert ("unnamed cut", "tth") not in kinds(plain())
    assert ("unnamed cut", "tth") in kinds(with_samples(plain(), stricter))
    hidden = with_samples(
        plain(blinded=WINDOW), lambda sample: {} if is_simulated(sample) else stricter(sample)
    )
    assert ("unnamed cut", "tth") not in kinds(hidden)


def test_blinded_findings_do_not_depend_on_selected_data(plain):
    summary = plain(blinded=WINDOW)
    other = Yield(n=0, value=0.0, error=0.0)

    def change(sample):
        nominal = sample.variations["nominal"].model_copy(
            update={"yields": dict.fromkeys(summary.tags, other), "flows": ()}
        )
        return {"variations": {"nominal": nominal}, "n_selected": 0, "efficiency": 0.0}

    changed = with_samples(summary, change, lambda s: not is_simulated(s))
    assert find(changed, QUIET) == find(summary, QUIET)


def coverage(percent, notes=()):
    return SampleCoverage(
        n_certified=200, n_processed=round(2 * percent), coverage=percent, processed={},
        missing={}, runs=(1,), notes=notes, n_in_files=200,
    )  # fmt: skip


def test_uncovered_luminosity_and_notes_are_told(plain):
    one = coverage(90.0, ("files have no LuminosityBlocks",))
    summary = with_samples(plain(), lambda _: {"lumisections": one}, lambda s: not is_simulated(s))
    years = {"2017": year_coverage({"Data": one})}
    found = find(summary.model_copy(update={"lumisections": years}), QUIET)
    told = [(f.severity, f.text) for f in found if f.where == "Data (2017)"]
    assert told == [
        ("warning", "180 of 200 certified lumisections processed, 90 %"),
        ("note", "files have no LuminosityBlocks"),
    ]
    # of the only sample of a year nothing is said twice
    assert not [f for f in found if f.where == "2017"]


@pytest.mark.parametrize(("last", "told"), [(90, []), (80, ["2017, 2018"])])
def test_eras_that_share_a_golden_json_are_judged_together(plain, last, told):
    """Of half the certified lumisections no era can have more."""
    first, second = {"1": ((1, 100),)}, {"2": ((1, last),)}
    rest = {"2": ((last + 1, 90),)} if last < 90 else {}
    parts = {"2017": (first, {"2": ((1, 90),)}), "2018": (second, {**first, **rest})}
    of_year = {
        year: coverage(50.0).model_copy(
            update={"processed": done, "missing": missing, "n_certified": 190}
        )
        for year, (done, missing) in parts.items()
    }
    summary = with_samples(
        plain(), lambda s: {"lumisections": of_year[s.year]}, lambda s: not is_simulated(s)
    )
    years = {year: year_coverage({"Data": one}) for year, one in of_year.items()}
    found = find(summary.model_copy(update={"lumisections": years}), QUIET)
    assert [f.where for f in found] == told


def test_luminosity_that_is_nearly_all_processed_is_fine(plain):
    summary = with_samples(plain(), lambda _: {"lumisections": coverage(99.5)})
    assert find(summary, QUIET) == ()
    assert find(summary, Sentinels(coverage=100.0))


def test_what_jobs_noted_of_corrections_is_told_once(plain):
    noted = {"clamped:electron_veto:pt": 20.0, "no_variation:ps": 3.0, "weight_w_up": 3.0}
    found = find(with_samples(plain(), lambda _: {"factor_sums": noted}), QUIET)
    assert [(f.kind, f.where) for f in found] == [
        ("no variation", "ps"),
        ("clamped", "electron_veto"),
    ]
    assert found[1].text.startswith("120 values of pt are outside of its bins")
    assert "and 3 more" in found[1].text


def test_systematics_are_looked_at(make_summary):
    # up is all that the scale has
    assert kinds(make_summary())["missing direction", "scale"].severity == "warning"
