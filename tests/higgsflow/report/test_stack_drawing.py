import re
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pyarrow.parquet as pq
import pytest

from higgsflow.report.histograms import fill_histograms
from higgsflow.report.stack_drawing import draw
from higgsflow.report.stacks import process_order, stack

WINDOW = ("m_gg", 115.0, 135.0)


def drawings(summary):
    order = process_order(summary)
    found = fill_histograms(summary).books
    return [draw(stack(b, (0, "tth"), order), f"{b.variable}, tth").text for b in found]


def tooltips(text):
    return [node.text for node in ET.fromstring(text).iter("title")]


def test_tooltips_say_what_is_in_each_bin(make_summary):
    summary = make_summary()
    (of_mass, *_) = drawings(summary)
    found = [t for t in tooltips(of_mass) if t.startswith("124 to 126: ")]
    assert len(found) == 1
    n = 0
    for sample in summary.samples:
        if sample.kind == "data":
            rows = pq.read_table(sample.merged["nominal"]).to_pydict()
            mass, tag = np.array(rows["m_gg"]), np.array(rows["tag_idx"])
            n += int(((mass >= 124) & (mass < 126) & (tag == 0)).sum())
    assert found[0].endswith(f"data {n}")


def test_every_process_has_its_area(make_summary):
    for text in drawings(make_summary()):
        found = {node.attrib.get("class") for node in ET.fromstring(text).iter("path")}
        assert {"c0", "c1"} <= found


def test_process_that_nobody_would_see_is_not_drawn(make_summary):
    """A millionth of the others; the others stay."""
    samples = (("a", "simulation", "a", False, 1.0), ("b", "simulation", "b", False, 1e-6))
    for text in drawings(make_summary(samples=samples)):
        found = [node.attrib.get("class") for node in ET.fromstring(text).iter("path")]
        assert ("c0" in found, "c1" in found) == (True, False)


def test_alternative_text_has_the_sums(make_summary):
    summary = make_summary()
    n = sum(s.variations["nominal"].yields["tth"].n for s in summary.samples if s.kind == "data")
    assert f"data {n}" in drawings(summary)[0][:400]


def test_blinded_bins_say_so_and_nothing_else_of_data(make_summary):
    found = tooltips(drawings(make_summary(blinded=WINDOW))[0])
    inside = [t for t in found if re.match(r"1(1[6-9]|2\d|3[0-2]) to", t)]
    assert len(inside) >= 8
    assert all(t.endswith("data blinded") for t in inside)


def test_blinded_drawing_does_not_depend_on_data_of_the_window(make_summary, rewrite):
    """Areas, points, tooltips and alternative text: all is the same whatever is in the window."""
    summary = make_summary(blinded=WINDOW)
    before = drawings(summary)
    for sample in summary.samples:
        if sample.kind == "data":
            path = Path(sample.merged["nominal"])
            rows = {name: np.array(v) for name, v in pq.read_table(path).to_pydict().items()}
            inside = (rows["m_gg"] > 115) & (rows["m_gg"] < 135)
            keep = ~inside | (np.arange(len(inside)) % 2 == 0)
            rows["n_jets"][inside] = 6
            rewrite(path, {name: v[keep] for name, v in rows.items()})
    assert drawings(summary) == before
    assert drawings(make_summary(blinded=None)) != before


def test_tag_without_events_says_so(make_summary, rewrite):
    summary = make_summary()
    assert not any("no events" in text for text in drawings(summary))
    for sample in summary.samples:
        rows = pq.read_table(sample.merged["nominal"]).to_pydict()
        rewrite(
            Path(sample.merged["nominal"]), {**rows, "tag_idx": np.full(len(rows["tag_idx"]), 1)}
        )
    assert all("no events" in text for text in drawings(summary))


@pytest.mark.parametrize(
    "samples",
    [
        (("b", "simulation", "b", False, 1.0),),
        (("Data", "data", "data", False, 1.0),),
        (("i", "simulation", "i", False, -0.5), ("Data", "data", "data", False, 1.0)),
        (("z", "simulation", "<z>", True, 0.0),),
    ],
)
def test_one_kind_alone_and_negative_weights_are_drawn(make_summary, samples):
    for text in drawings(make_summary(samples=samples)):
        assert "nan" not in re.sub(r"<title>.*?</title>", "", text)
        assert ET.fromstring(text).attrib["role"] == "img"
