from __future__ import annotations

import math
from typing import Any

from higgsflow.explain.content import (
    PRESERVED,
    AlsoThere,
    Change,
    CorrectionStory,
    CutStory,
    Explanation,
    FactorStory,
    GroupStory,
    TaggerStory,
    VariationStory,
)
from higgsflow.explain.text import render

ABOUT = {"analysis": "a", "sample": "S", "year": "2017", "event": "1:2:3", "url": "f", "entry": 4}
JETS = GroupStory(
    name="jets",
    entries=tuple("0123456"),
    cuts=(
        CutStory(name="pt", values=(30.0, 20.0, *[50.123456] * 5), condition="> 25",
                 passed=(True, False, *[True] * 5)),
        CutStory(name="loose", passed=(True, True, *[False] * 5)),
        CutStory(name="b_tag", values=(math.nan, math.inf, *[0.5] * 5), condition="score > 0.3"),
    ),
)  # fmt: skip
MET = GroupStory(name="events", cuts=(CutStory(name="met", values=(7.0,), passed=(False,),
                                               condition="> 60"),))  # fmt: skip
FACTORS = (
    FactorStory(name="generator weight", value=2.0),
    FactorStory(name="pileup", value=1.5, directions={f"d{i}": 1.0 + i for i in range(5)}),
    FactorStory(name="scale1fb", value=0.1),
)


def told(**changes: Any) -> list[str]:
    first = TaggerStory(name="one", passed=False, groups=(JETS, MET), columns={"n": 1.0})
    second = TaggerStory(
        name="two",
        passed=True,
        category=1,
        groups=(JETS,),
        read={"x": 2.0, "Jet_pt": (30.5, *range(11))},
        options={"low": "3"},
    )
    story = VariationStory(
        variation="nominal", steps=((first, second),), candidates=("two", "three"), tag="two",
        kept=True, factors=FACTORS, weight=3.0, merged_weight=0.3,
    )  # fmt: skip
    changed = Change(column="Jet_pt", before=(1.0, 2.0), after=(1.1, 2.0))
    correction = CorrectionStory(name="calibration", changes=(changed,))
    up = story.model_copy(update={"variation": "up", "shift": correction, "tag": "", "kept": False})
    content = {"corrections": (correction,), "stories": (story, up), **changes}
    lines = render(Explanation(**ABOUT, **content)).splitlines()
    assert max(map(len, lines)) <= 100
    return lines


def test_everything_is_there_and_failures_are_marked() -> None:
    lines = told()
    text = "\n".join(lines)
    assert lines[:2] == ["event 1:2:3 of S (2017)", "entry 4 of f"]
    assert "calibration: Jet_pt" in text
    assert "1 -> 1.1" in text
    pt = next(line for line in lines if line.startswith("    pt > 25"))
    assert pt.split() == ["pt", ">", "25", "30", "20", "x", "50.123", "50.123", "50.123"]
    loose = [line.split() for line in lines if line.startswith("    loose")]
    assert loose[0] == ["loose", "yes", "yes", "no", "x", "no", "x", "no", "x"]
    assert "met" in text
    assert "7 x" in text
    assert "  jets: as for one" in lines
    assert "step 1, two: accepted, category 1" in lines
    assert "  reads: x 2, Jet_pt 30.5 0 1 2 3 4 5 6 7 8 and 2 more" in lines
    assert "  options: low 3" in lines
    assert "(d0 1, d1 2, d2 3 and 2 more)" in text


def test_directions_fit_into_the_line_and_say_what_is_in_them() -> None:
    """The factor before them is that of the job; theirs keep the sum."""
    names = ("renormalise_up", "renormalise_down", "factorisation_up", "up")
    factors = (
        FactorStory(name="scale", value=None, directions=dict.fromkeys(names, 1.0123456)),
        FactorStory(name="shape", value=1.5, directions={"up": 1.04673, "down": 1.02256, "x": 1}),
        FactorStory(name=PRESERVED, value=0.910260208),
    )
    story = VariationStory(
        variation="nominal", steps=(), candidates=(), tag="one", kept=True, factors=factors,
        weight=3.0, merged_weight=0.3,
    )  # fmt: skip
    lines = told(stories=(story,))
    behind = {line.split()[0]: line.partition("(")[2] for line in lines if "(" in line}
    assert behind["scale"] == "renormalise_up 1.01235 and 3 more)"
    assert behind["shape"] == "up 1.04673, down 1.02256, x 1)"
    assert behind["sums"] == "directions above have theirs)"


def test_a_variation_of_the_events_tells_no_weight_that_it_does_not_have():
    factors = (
        FactorStory(name="pileup", value=1.5),
        FactorStory(name="scale_choice", value=None),
        FactorStory(name=PRESERVED, value=0.91),
    )
    story = VariationStory(
        variation="jets_up", steps=(), candidates=(), tag="one", kept=True, factors=factors,
        weight=3.0, merged_weight=0.3,
    )  # fmt: skip
    lines = [line.split() for line in told(stories=(story,))]
    assert ["pileup", "1.5"] in lines
    assert [*PRESERVED.split(), "0.91"] in lines
    assert ["scale_choice"] not in lines


def test_infinite_and_missing_numbers_of_columns_are_told_as_such() -> None:
    """Of what a cut looks at an infinite distance means that there is nothing near."""
    before = (math.inf, -math.inf, math.nan)
    change = Change(column="Jet_pt", before=before, after=(math.inf, 1.0, math.nan))
    lines = told(corrections=(CorrectionStory(name="calibration", changes=(change,)),))
    place = next(i for i, line in enumerate(lines) if "calibration: Jet_pt" in line)
    assert lines[place].split()[2:] == ["inf"]
    assert [line.strip() for line in lines[place + 1 : place + 3]] == ["-inf -> 1", "-"]
    b_tag = next(line for line in lines if line.startswith("    b_tag"))
    assert b_tag.split()[4:6] == ["-", "none"]


def test_the_variation_that_was_asked_for_is_told_with_nominal_beside_it() -> None:
    lines = told()
    assert "variation up" in lines
    assert "variation nominal" not in lines
    assert "tag: none, dropped" in lines
    assert [line.split()[:2] for line in lines[-2:]] == [["nominal", "two"], ["up", "none"]]


def test_the_winner_of_several_tags_and_the_weight() -> None:
    lines = told()
    assert "tags that accept it, by priority: two, three" in lines
    assert any(line.split() == ["as", "merged", "0.3"] for line in lines)


def test_what_is_not_told_and_why() -> None:
    assert told(stories=(), corrections=(), hidden="115 < m_gg < 135")[2:] == [
        "blinded: data with 115 < m_gg < 135 are not shown"
    ]
    assert told(stories=(), corrections=(), dropped="not certified")[2:] == [
        "dropped before anything else: not certified"
    ]


def test_other_places_are_listed_and_counted() -> None:
    own = AlsoThere(sample="S", year="2017", url="g", entry=7)
    other = AlsoThere(sample="More", year="2017", url="h", entry=8)
    found = Explanation(**ABOUT, also=(own, other), dropped="why")
    assert render(found).splitlines()[1:4] == [
        "entry 4 of f", "also entry 7 of g", "also entry 8 of h, More",
    ]  # fmt: skip
    many = render(Explanation(**ABOUT, also=(own,) * 8, dropped="why")).splitlines()
    assert (len(many), many[-2]) == (9, "and 3 more places: --json has them")
