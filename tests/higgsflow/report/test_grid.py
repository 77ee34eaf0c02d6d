from io import BytesIO, StringIO, TextIOWrapper
from itertools import pairwise

import pytest
from rich.console import Console

from higgsflow.report.grid import Drawn, Grid

ROWS = (("ttH", "1.5", "20", "300"), ("diphoton", "2", "30", "4,000"))
LONG = "GluGluHToGG_M125_TuneCP5_13TeV_amcatnloFXFX_pythia8"
GRID = Grid("Yields", ("process", "tth", "thq", "untagged"), ROWS)


def lines(grid, width, **console):
    text = StringIO()
    Console(file=text, width=width, **console).print(Drawn(grid), width=width)
    return text.getvalue().splitlines()


def headers(found):
    """The line above each rule."""
    return [line.split() for line, rule in pairwise(found) if "──" in rule]


def test_what_does_not_fit_is_below_with_the_names_again():
    assert headers(lines(GRID, 40)) == [["process", "tth", "thq", "untagged"]]
    found = lines(GRID, 26)
    assert headers(found) == [["process", "tth", "thq"], ["process", "untagged"]]
    assert [line.split() for line in found if "diphoton" in line] == [
        ["diphoton", "2", "30"],
        ["diphoton", "4,000"],
    ]


def test_numbers_are_at_the_right_of_names():
    found = lines(GRID, 40)
    assert found[1:-1] == [
        " process    tth   thq   untagged",
        " ───────────────────────────────",
        " ttH        1.5    20        300",
        " diphoton     2    30      4,000",
    ]


def test_names_and_years_too_long_for_the_width_stand_above_in_one_piece():
    headers = ("sample", "year", "indexed", "complete")
    rows = tuple((LONG, era, "80", "NO, 75.00%") for era in ("2016UL_preVFP", "2016UL_postVFP"))
    assert lines(Grid("Events", headers, rows, names=2), 80)[1:-1] == [
        " sample",
        "   year            indexed    complete",
        f" {'─' * 51}",
        f" {LONG}",
        "   2016UL_preVFP        80  NO, 75.00%",
        "   2016UL_postVFP       80  NO, 75.00%",
    ]


@pytest.mark.parametrize("width", [20, 40, 80, 100, 140])
def test_no_number_and_no_year_is_ever_split(width):
    rows = tuple((LONG, f"{year}UL_preVFP", *("1,234,567",) * 8) for year in range(2016, 2019))
    found = lines(Grid("", ("sample", "year", *("of all events",) * 8), rows, names=2), width)
    assert max(map(len, found)) <= width
    words = " ".join(found).split()
    assert words.count("1,234,567") == 8 * 3
    assert {"2016UL_preVFP", "2017UL_preVFP", "2018UL_preVFP"} <= set(words)


def test_a_cell_wider_than_the_width_is_folded_and_none_of_it_is_lost():
    found = lines(Grid("", ("name", "n"), ((LONG, "1" * 30),)), 24)
    assert max(map(len, found)) <= 24
    assert LONG in "".join(line.strip() for line in found)
    assert "".join(found).count("1") == 30 + LONG.count("1")


def test_a_table_without_rows_or_names_of_columns_is_drawn():
    assert lines(Grid("", ("sample", ""), ()), 80)[1:-1] == [" sample", f" {'─' * 10}"]
    assert lines(Grid("", ("", ""), (("", ""),)), 80)[3] == ""


@pytest.mark.parametrize("width", [1, 3, 5])
def test_no_terminal_is_too_narrow(width):
    found = lines(Grid("", ("sample", "n"), (("ttH", "12"),)), width)
    assert "ttH12" in "".join(found).replace(" ", "")


def test_letters_of_double_width_take_two_columns():
    assert lines(Grid("", ("name", "n"), (("光子", "1"), ("a", "20"))), 80)[3:5] == [
        " 光子    1",
        " a      20",
    ]


def test_a_log_that_knows_only_ascii_has_a_rule_of_dashes():
    file = TextIOWrapper(BytesIO(), encoding="ascii")
    Console(file=file, width=80).print(Drawn(GRID), width=80)
    file.flush()
    assert file.buffer.getvalue().decode("ascii").splitlines()[2] == f" {'-' * 31}"
