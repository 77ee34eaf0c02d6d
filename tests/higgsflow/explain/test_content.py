from __future__ import annotations

import math

from higgsflow.explain.content import CutStory, Explanation


def test_what_is_not_a_number_is_null_in_json() -> None:
    cut = CutStory(name="pt", passed=(False,), values=(math.nan,), condition="> 25")
    assert '"values":[null]' in cut.model_dump_json()


def test_an_event_that_is_not_told_has_no_stories() -> None:
    about = {"analysis": "a", "sample": "S", "year": "2017", "event": "1:2:3"}
    found = Explanation(**about, url="f.root", entry=4, hidden="115 < m_gg < 135")
    assert (found.stories, found.corrections) == ((), ())
    assert str(found).splitlines() == [
        "event 1:2:3 of S (2017)",
        "entry 4 of f.root",
        "blinded: data with 115 < m_gg < 135 are not shown",
    ]
