from io import StringIO

from rich.console import Console

from higgsflow.report.grid import Grid, drawn, split

ROWS = (("ttH", "1.5", "20", "300"), ("diphoton", "2", "30", "4,000"))
GRID = Grid("Yields", ("process", "tth", "thq", "untagged"), ROWS)


def test_what_fits_is_one_table():
    assert list(split(GRID, 100)) == [GRID]


def test_what_does_not_fit_is_below_with_the_names_again():
    parts = list(split(GRID, 26))
    assert [part.headers for part in parts] == [("process", "tth", "thq"), ("process", "untagged")]
    assert [part.rows[1] for part in parts] == [("diphoton", "2", "30"), ("diphoton", "4,000")]


def test_one_column_at_least_is_beside_names_that_are_too_long():
    long = Grid("Long", ("name", "a", "b"), (("x" * 80, "1" * 30, "2"),), names=1)
    assert [part.headers for part in split(long, 20)] == [("name", "a"), ("name", "b")]


def test_numbers_are_at_the_right_and_long_names_are_folded():
    text = StringIO()
    console = Console(file=text, width=24)
    console.print(
        drawn(Grid("", ("name", "n"), (("abcdefghijklmnopqrstuvwxyz", "1"), ("a", "20"))))
    )
    lines = [line.rstrip() for line in text.getvalue().splitlines()]
    assert "z" in lines[4]
    assert [line[-2:] for line in (lines[3], lines[5])] == [" 1", "20"]
    assert len({len(line) for line in (lines[3], lines[5])}) == 1
