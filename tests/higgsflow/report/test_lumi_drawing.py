import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from higgsflow.events.lumisections import CmsFormat
from higgsflow.records.lumi_coverage import SampleCoverage
from higgsflow.report.lumi_drawing import bars_of, draw_coverage

RUNS = st.dictionaries(
    st.integers(1, 10**6).map(str),
    st.lists(st.tuples(st.integers(1, 50), st.integers(0, 9)), min_size=1, max_size=3).map(
        lambda found: [[first, first + more] for first, more in found]
    ),
    max_size=30,
)


def coverage(processed: CmsFormat, missing: CmsFormat) -> SampleCoverage:
    n = [sum(b - a + 1 for pairs in c.values() for a, b in pairs) for c in (processed, missing)]
    return SampleCoverage(
        n_certified=sum(n), n_processed=n[0], coverage=None, processed=processed,
        missing=missing, runs=(), n_in_files=sum(n),
    )  # fmt: skip


@given(RUNS, RUNS)
def test_bars_hold_every_lumisection_in_order_of_runs(processed, missing):
    one = coverage(processed, missing)
    bars = bars_of(one)
    assert sum(bar.n_processed for bar in bars) == one.n_processed
    assert sum(bar.n_missing for bar in bars) == one.n_certified - one.n_processed
    firsts = [bar.first for bar in bars]
    assert firsts == sorted({int(run) for run in (*processed, *missing)})


def test_neighbours_share_a_bar_where_there_are_too_many_runs():
    runs = {str(run): [[1, 2]] for run in range(1, 1002)}
    bars = bars_of(coverage(runs, {}))
    assert len(bars) == 334
    assert bars[0][:3] == (1, 3, 6)
    assert (bars[-1].first, bars[-1].last) == (1000, 1001)
    assert sum(bar.n_processed for bar in bars) == 2002


def shapes(processed, missing):
    root = ET.fromstring(draw_coverage(coverage(processed, missing), "Data (2017)").text)
    assert root.attrib["aria-label"] == "lumisections by run, Data (2017)"
    return root


def classes(root):
    return [node.attrib["class"] for node in root.iter("path")]


def test_what_is_missing_is_drawn_and_told():
    root = shapes({"5": [[1, 30]]}, {"5": [[31, 40]], "7": [[2, 2]]})
    assert "lost" in classes(root)
    titles = [node.text for node in root.iter("title")]
    assert titles == [
        "run 5: 30 processed, 10 missing",
        "run 7: 0 processed, 1 missing",
    ]
    assert "30 processed, 11 missing" in [node.text for node in root.iter("text")]


def test_nothing_is_marked_where_nothing_is_missing():
    assert "lost" not in classes(shapes({"5": [[1, 30]]}, {}))


def test_bars_are_as_high_as_what_they_count():
    root = shapes({"5": [[1, 40]], "6": [[1, 20]]}, {"6": [[21, 30]]})
    edges = next(node.attrib["d"] for node in root.iter("path") if node.attrib["class"] == "c0")
    top, half = _heights(edges)
    assert half == pytest.approx(top / 2, rel=0.01)


def _heights(path):
    """Of the two bars, from the axis at 145."""
    found = re.match(r"M[\d.]+ ([\d.]+)h[\d.]+v([-\d.]+)h", path)
    top = 145 - float(found[1])
    return top, top - float(found[2])


def test_nothing_at_all_is_not_drawn():
    assert draw_coverage(coverage({}, {}), "Data (2017)") is None
