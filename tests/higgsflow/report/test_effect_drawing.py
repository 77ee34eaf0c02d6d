from xml.etree import ElementTree as ET

from higgsflow.records.moments import Moments
from higgsflow.report import aggregates
from higgsflow.report.effect_drawing import draw_effects
from higgsflow.report.largest import Largest
from higgsflow.report.systematic_rows import SystematicRow, systematic_rows

RANKS = {"up": 0, "down": 1}


def rows_of(summary):
    return systematic_rows(aggregates.simulation(summary), summary.tags)


def test_each_direction_has_a_bar_that_says_its_effect(make_summary):
    rows = rows_of(make_summary())
    root = ET.fromstring(draw_effects("effects", Largest(tuple(rows)), "tth", RANKS).text)
    found = [node.text for node in root.iter("title")]
    assert found[:2] == ["pileup up: +10.00%", "pileup down: -10.00%"]
    assert len(found) == len(rows)


def test_bars_go_to_their_sides(make_summary):
    root = ET.fromstring(draw_effects("e", Largest(rows_of(make_summary())), "tth", RANKS).text)
    up, down = (node for node in list(root.iter("rect"))[:2])
    assert float(down.attrib["x"]) + float(down.attrib["width"]) == float(up.attrib["x"])


def test_alternative_text_is_the_table(make_summary):
    text = draw_effects("effects", Largest(rows_of(make_summary())), "tth", RANKS).text
    assert 'aria-label="effects: pileup up +10.00%, pileup down -10.00%' in text


def test_what_is_not_drawn_is_said(make_summary):
    rows = rows_of(make_summary())
    text = draw_effects("effects", Largest(rows[:2], "the largest 1 of 9"), "tth", RANKS).text
    assert 'aria-label="effects, the largest 1 of 9: pileup up +10.00%' in text


def test_unknown_effect_has_no_width(make_summary):
    rows = rows_of(make_summary())
    for row in rows:
        row.effect["tth"] = None
    root = ET.fromstring(draw_effects("e", Largest(tuple(rows)), "tth", RANKS).text)
    assert {node.attrib["width"] for node in list(root.iter("rect"))[: len(rows)]} == {"0"}


def test_long_name_is_cut_and_whole_in_the_tooltip(make_summary):
    summary = make_summary()
    name = "scale_of_something_with_a_long_name"
    changed = tuple(
        s.model_copy(
            update={
                "systematics": tuple(
                    x.model_copy(update={"systematic": name}) for x in s.systematics[:1]
                )
            }
        )
        for s in summary.samples
    )
    rows = rows_of(summary.model_copy(update={"samples": changed}))
    text = draw_effects("e", Largest(tuple(rows)), "tth", RANKS).text
    assert f"<title>{name} up" in text
    assert ">scale_of_s…long_name<" in text


def test_bars_have_the_colours_of_the_legend():
    """Directions have other places in other systematics."""
    effect = {"tth": 0.1}
    pairs = (("pileup", "up"), ("pileup", "down"), ("scale", "muR_up"), ("isr", "down"))
    rows = [SystematicRow(*pair, "weight", 1, Moments(), effect) for pair in pairs]
    ranks = {"up": 0, "down": 1, "muR_up": 2}
    root = ET.fromstring(draw_effects("e", Largest(tuple(rows)), "tth", ranks).text)
    bars = [node for node in root.iter("rect") if node.find("title") is not None]
    assert [bar.attrib["class"] for bar in bars] == ["c0", "c1", "c2", "c1"]
