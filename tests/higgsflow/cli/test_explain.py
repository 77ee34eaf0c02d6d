from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from higgsflow.cli import main

if TYPE_CHECKING:
    import pytest
    from conftest import Lab


def test_the_way_of_an_event_as_text_and_as_json(
    lab: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    sys.path.insert(0, str(lab.taggers.parent))
    question = ["explain", "--analysis", str(lab.write()), "--sample", "Sig", "--year", "2017"]
    assert main([*question, "--event", "1:1:1000", "--variation", "pileup_up"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("event 1:1:1000 of Sig (2017)\n")
    assert "variation pileup_up" in text
    assert main([*question, "--event", "1:1:1000", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [story["variation"] for story in found["stories"]] == ["nominal"]


def test_the_only_year_of_a_sample_need_not_be_said(
    lab: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    sys.path.insert(0, str(lab.taggers.parent))
    question = ["explain", "--sample", "Sig", "--event", "1:1:1000", "--analysis"]
    assert main([*question, str(lab.write())]) == 0
    assert capsys.readouterr().out.startswith("event 1:1:1000 of Sig (2017)\n")
    lab.sig["files"]["2018"] = lab.sig["files"]["2017"]
    lab.content["samples"]["years"]["2018"] = lab.content["samples"]["years"]["2017"]
    assert main([*question, str(lab.write())]) == 1
    assert capsys.readouterr().err.splitlines() == [
        "Sig has several years",
        "  explain needs --year",
        "  known: 2017, 2018",
    ]


def test_an_event_that_is_not_there_is_told_in_three_lines(
    lab: Lab, capsys: pytest.CaptureFixture[str]
) -> None:
    sys.path.insert(0, str(lab.taggers.parent))
    question = ["explain", "--analysis", str(lab.write()), "--sample", "Sig", "--year", "2017"]
    assert main([*question, "--event", "1:7:1000"]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.splitlines() == [
        "no event 1:7:1000 in the 2 files of Sig (2017)",
        "  lumisections of run 1: 1-4",
        "  that number is there as 1:1:1000",
    ]
