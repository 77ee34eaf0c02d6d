from __future__ import annotations

import pytest

from higgsflow.check.problem import Problem
from higgsflow.check.report import CheckReport, PairCheck
from higgsflow.check.table import bytes_text, render

PAIR = PairCheck(
    sample="ttH_M125", year="2017", is_data=False, xs=0.00115, luminosity=41.5, golden_json="",
    n_files=12, size=648_000, n_entries=100, n_columns=36, n_passes=3, n_weights=2, trigger=(),
    is_ready=True,
)  # fmt: skip
DATA = PAIR.model_copy(update={"sample": "Data", "is_data": True, "xs": None, "is_ready": False})


def test_a_line_for_each_sample_and_year_and_a_verdict() -> None:
    text = render(CheckReport(analysis="hgg", pairs=(PAIR,), problems=()))
    (line,) = [line for line in text.splitlines() if "ttH_M125" in line]
    assert line.split() == [
        "ttH_M125",
        "2017",
        "12",
        "648",
        "kB",
        "0.00115",
        "41.5",
        "36",
        "3",
        "2",
        "ok",
    ]
    assert text.splitlines()[-1].startswith("hgg is ready: 1 sample and year; higgsflow forecast")
    assert "xs [pb]" in text


def test_problems_are_told_below_with_whose_they_are() -> None:
    problem = Problem(about="columns", what="no column 'x'", where="in f", subjects=("A (1)",))
    note = Problem(about="proxy", what="none", serious=False)
    text = render(CheckReport(analysis="hgg", pairs=(PAIR, DATA), problems=(problem, note)))
    assert "columns: no column 'x' (A (1))\n  in f\nproxy, a note: none\n1 problem of hgg" in text
    (line,) = [line for line in text.splitlines() if " Data" in line]
    assert line.split()[-1] == "wrong"


def test_what_cannot_be_read_has_no_table() -> None:
    problem = Problem(about="configuration", what="samples: missing")
    text = render(CheckReport(analysis="hgg.yaml", pairs=(), problems=(problem,)))
    assert text == "configuration: samples: missing\n1 problem of hgg.yaml\n"


def test_whose_it_is_stands_before_what_is_told_below() -> None:
    problem = Problem(about="tags", what="not valid:", where="pt: a number", subjects=("A (1)",))
    text = render(CheckReport(analysis="hgg", pairs=(PAIR,), problems=(problem,)))
    assert "tags: not valid (A (1)):\n  pt: a number\n" in text


def test_names_in_files_cannot_drive_a_terminal() -> None:
    problem = Problem(about="files", what="no tree 'Events'", where="it holds: \x1b[2J")
    text = render(CheckReport(analysis="hgg", pairs=(PAIR,), problems=(problem,)))
    assert "\n  it holds: \\x1b[2J\n" in text


def test_it_fits_its_width() -> None:
    long = PAIR.model_copy(update={"sample": "GluGluHToGG_M125_TuneCP5_13TeV-amcatnloFXFX-pythia8"})
    text = render(CheckReport(analysis="hgg", pairs=(long,), problems=()))
    assert max(map(len, text.splitlines())) <= 100


@pytest.mark.parametrize(
    ("n", "text"), [(0, "0 B"), (999, "999 B"), (1234, "1.23 kB"), (5.6e13, "56 TB")]
)
def test_bytes_read_well(n: float, text: str) -> None:
    assert bytes_text(n) == text
