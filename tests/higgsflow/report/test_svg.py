import re
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from higgsflow.report.svg import Scale, between, box, drawing, path, place, steps, text

FINITE = st.floats(-1e6, 1e6)


def test_scale_goes_from_start_to_end():
    scale = Scale(100.0, 180.0, 50, 390)
    assert (scale(100.0), scale(140.0), scale(180.0)) == (50, 220, 390)
    assert (scale.inside(90.0), scale.inside(200.0)) == (50, 390)


@given(FINITE, st.floats(1e-3, 1e6), st.integers(2, 10))
def test_ticks_are_few_evenly_spaced_and_on_the_axis(low, width, most):
    scale = Scale(low, low + width, 0, 1)
    ticks = scale.ticks(most)
    assert 1 <= len(ticks) <= most + 1
    assert all(low - 1e-6 * width <= tick <= low + width * (1 + 1e-6) for tick in ticks)


def test_ticks_are_round():
    assert Scale(0.0, 97.0, 0, 1).ticks(5) == [0, 20, 40, 60, 80]


@pytest.mark.parametrize(("value", "expected"), [(1.0, "1"), (2.25, "2.2"), (10.0, "10")])
def test_places_are_short(value, expected):
    assert place(value) == expected


def test_line_of_a_histogram_goes_along_its_edges():
    assert "".join(steps([0, 1, 2], [5, 6])) == "M0 5h1v1h1"


def test_line_says_nothing_twice():
    assert "".join(steps([0, 1.5, 2, 3], [5.51, 5.49, 4.6])) == "M0 5.5h2v-.9h1"


@given(st.lists(st.integers(0, 4000), min_size=1, max_size=30))
def test_line_ends_at_its_last_edge_whatever_is_rounded(heights):
    edges = np.linspace(54.03, 390.01, len(heights) + 1)
    x, y = 54.0, 0.0
    for command, value in re.findall("([MhvHV])([-.0-9 ]+)", "".join(steps(edges, heights))):
        if command == "M":
            x, y = map(float, value.split())
        elif command == "h":
            x += float(value)
        else:
            y += float(value)
    assert (x, y) == pytest.approx((390.0, heights[-1]))


def test_area_comes_back_along_its_lower_line():
    assert "".join(between([0, 1, 2], [5, 6], [8, 9])) == "M0 5h1v1h1V9h-1v-1h-1z"


def test_drawing_is_xml_with_its_alternative_text():
    shapes = (text(1, 2, "<b>"), box("axis", (4, 1), (2, 3), "a & b"), path("tick", ["M0 0"]))
    root = ET.fromstring(drawing((10, 20), "what <it> shows", shapes).text)
    assert root.attrib["aria-label"] == "what <it> shows"
    assert root.attrib["viewBox"] == "0 0 10 20"
    assert root[0].text == "<b>"
    assert (root[1].attrib["x"], root[1].attrib["width"]) == ("1", "3")
    assert root[1][0].text == "a & b"
    assert not re.search("title", ET.tostring(root[2], "unicode"))
