import pytest

from higgsflow.model.reporting import Sentinels
from higgsflow.report.agreement import disagreements
from higgsflow.selection.cutflow import Counter

LIMITS = Sentinels()
WINDOW = ("m_gg", 115.0, 135.0)
N = 1000


def counter(n):
    return Counter(n=n, sumw=float(n), sumw2=float(n))


def flows_of(nominal, passed, step):
    """The second step has one cut, which so many of 1000 pass."""
    old, before, after = nominal.flows[1], counter(N), counter(passed)
    cut = old.cuts[0].model_copy(update={"alone": after, "prefix": after, "others": before})
    end = {"total": before, "passed": after, "cuts": (cut,), "step": step}
    return (*nominal.flows[:step], old.model_copy(update=end))


@pytest.fixture
def compared(make_summary):
    """Findings where simulation passes 500 of 1000 in each sample, and data what is given."""

    def compare(data, step=1, limits=LIMITS, alternative=(), **change):
        made = make_summary(**change)
        samples = []
        for sample in made.samples:
            nominal = sample.variations["nominal"]
            passed = data if sample.kind == "data" else N // 2
            nominal = nominal.model_copy(update={"flows": flows_of(nominal, passed, step)})
            update = {"variations": {"nominal": nominal}}
            update["alternative"] = sample.process in alternative
            samples.append(sample.model_copy(update=update))
        return disagreements(made.model_copy(update={"samples": tuple(samples)}), limits)

    return compare


def test_efficiencies_that_are_far_apart_are_told(compared):
    (finding,) = compared(800)
    assert (finding.kind, finding.where) == ("data and simulation", "tth")
    assert finding.text.startswith("events, b-jet: data 80.0%, simulation 50.0%, ")


def test_small_difference_is_not_told_however_significant(compared):
    assert compared(590) == ()
    assert compared(590, limits=Sentinels(efficiency_difference=0.1))


def test_large_difference_that_may_be_chance_is_not_told(compared):
    assert compared(620, limits=Sentinels(significance=20)) == ()
    assert compared(620)


def test_blinded_data_are_not_compared(compared):
    assert compared(800, blinded=WINDOW) == ()


def test_signal_alone_does_not_model_data(compared):
    samples = (("ttH", "simulation", "ttH", True, 0.1), ("Data", "data", "data", False, 1.0))
    assert compared(800, samples=samples) == ()


def test_only_step_is_compared(compared):
    assert compared(800, step=0)


def test_first_of_several_steps_is_not_compared(make_summary):
    # data have what triggers took
    summary = make_summary()
    samples = []
    for sample in summary.samples:
        nominal = sample.variations["nominal"]
        first = nominal.flows[0]
        if sample.kind == "data":
            cut = first.cuts[0].model_copy(update={"prefix": counter(1)})
            first = first.model_copy(update={"cuts": (cut,)})
        flows = (first, *flows_of(nominal, 500, 1)[1:])
        nominal = nominal.model_copy(update={"flows": flows})
        samples.append(sample.model_copy(update={"variations": {"nominal": nominal}}))
    assert disagreements(summary.model_copy(update={"samples": tuple(samples)}), LIMITS) == ()


def test_data_without_simulation_of_their_year_are_not_compared(make_summary):
    summary = make_summary()
    samples = tuple(s for s in summary.samples if (s.kind == "data") == (s.year == "2018"))
    assert disagreements(summary.model_copy(update={"samples": samples}), LIMITS) == ()


def test_data_that_are_kept_apart_are_not_compared(compared):
    assert compared(800, kept_apart={"data": "both hold event 1:1:1"}) == ()


def test_data_are_not_compared_with_alternatives(compared):
    """Only they could stand for a background."""
    assert compared(800)
    assert compared(800, alternative=("diphoton",)) == ()
