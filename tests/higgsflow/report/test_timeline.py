from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from higgsflow.report.content import JobSpan
from higgsflow.report.timeline import draw_timeline, running

TIMES = st.lists(st.tuples(st.floats(0, 900), st.floats(0, 100)), min_size=1, max_size=20)


def span(started, wall, status="done"):
    return JobSpan(status=status, started=1.7e9 + started, wall=wall)


def drawn(summary, spans):
    samples = tuple(
        s.model_copy(update={"jobs": s.jobs.model_copy(update={"spans": tuple(spans)})})
        for s in summary.samples
    )
    return draw_timeline(summary.model_copy(update={"samples": samples}))


@given(TIMES)
def test_never_more_jobs_at_once_than_there_are_and_each_is_seen(times):
    found = running([span(*one) for one in times], 1.7e9, 1000.0)
    assert 1 <= found.max() <= len(times)
    assert found.min() >= 0


def test_jobs_side_by_side_are_counted_where_they_are():
    found = running([span(0, 500), span(250, 500)], 1.7e9, 1000.0)
    assert (found[10], found[75], found[120], found[190]) == (1, 2, 1, 0)


def test_unknown_times_are_not_drawn(make_summary):
    assert draw_timeline(make_summary()) is None


def test_every_sample_and_year_has_a_lane_with_its_numbers(make_summary):
    summary = make_summary()
    root = ET.fromstring(drawn(summary, [span(0, 60), span(30, 60, "failed")]).text)
    titles = [node.text for node in root.iter("title")]
    assert len(titles) == len(summary.samples)
    assert titles[0] == "ttH_M125 (2017): 2 jobs, 1 failed, 2.0 min together"
    assert len([n for n in root.iter("path") if n.attrib["class"] == "failed"]) == len(titles)
    assert root.attrib["aria-label"].startswith("jobs over time, from 2023-11-14 22:13:20")


def test_drawing_does_not_grow_with_the_number_of_jobs(make_summary):
    few, many = (drawn(make_summary(), [span(i / 10, 5) for i in range(n)]) for n in (100, 5000))
    assert len(many.text) < 1.2 * len(few.text)


def test_jobs_that_took_no_time_are_drawn(make_summary):
    assert drawn(make_summary(), [span(0, 0)]) is not None


def test_jobs_one_after_the_other_are_not_at_once():
    """Ten of them fit into a step of the axis."""
    found = running([span(i / 2, 0.5) for i in range(2000)], 1.7e9, 1000.0)
    assert (found.min(), found.max()) == (1, 1)


@given(TIMES)
def test_a_step_is_as_high_as_when_most_of_its_jobs_run(times):
    spans = [span(*one) for one in times]
    begins = [one.started for one in spans]
    most = max(
        sum(one.started <= t < max(one.started + one.wall, t + 1e-6) for one in spans)
        for t in begins
    )
    assert running(spans, 1.7e9, 1000.0).max() <= most


def test_lanes_of_one_sample_have_their_whole_years(make_summary):
    """However long its name is, which is without its middle then."""
    sample = make_summary().samples[0]
    name = "GluGluHToGG_M125_TuneCP5_13TeV_amcatnloFXFX_pythia8"
    eras = ("2016UL_preVFP", "2016UL_postVFP")
    samples = [sample.model_copy(update={"sample": name, "year": era}) for era in eras]
    summary = make_summary().model_copy(update={"samples": tuple(samples)})
    texts = [n.text for n in ET.fromstring(drawn(summary, [span(0, 9)]).text).iter("text")]
    assert texts[:2] == ["GluGluHT…_pythia8 (2016UL_preVFP)", "GluGluHT…_pythia8 (2016UL_postVFP)"]
    assert max(map(len, texts[:2])) <= 34
