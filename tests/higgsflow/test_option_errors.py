from __future__ import annotations

import argparse

import pytest

from higgsflow.option_errors import Parser, options, tell


def parser() -> Parser:
    found = Parser(prog="prog")
    found.add_argument("--sample")
    found.add_argument("--year")
    found.add_argument("--format", choices=("parquet", "root"))
    found.add_argument("--secret", help=argparse.SUPPRESS)
    return found


@pytest.mark.parametrize(
    ("words", "lines"),
    [
        (
            ["--sampel", "x"],
            ["prog: unrecognized arguments: --sampel x", "Did you mean '--sample'?"],
        ),
        (["--yaer=2017"], ["prog: unrecognized arguments: --yaer=2017", "Did you mean '--year'?"]),
        (["--xyz"], ["prog: unrecognized arguments: --xyz"]),
        (["--secrets"], ["prog: unrecognized arguments: --secrets"]),
        (["word"], ["prog: unrecognized arguments: word"]),
        (["--format", "parket"], ["prog: no format 'parket'", "Did you mean 'parquet'?"]),
        (["--format", "csv"], ["prog: no format 'csv'"]),
        (["--year"], ["prog: argument --year: expected one argument"]),
    ],
)
def test_a_mistake_is_told_with_the_nearest_right_answer(
    words: list[str], lines: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        parser().parse_args(words)
    assert caught.value.code == 2
    told = capsys.readouterr().err
    assert told.splitlines() == [
        lines[0], *(f"  {line}" for line in lines[1:]), "  all there is: prog --help"
    ]  # fmt: skip


@pytest.mark.parametrize(("kind", "needed"), [(int, "a whole number"), (float, "a number")])
def test_a_value_that_is_no_number_is_told_what_is_needed(
    kind: type, needed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with_number = parser()
    with_number.add_argument("--n", type=kind)
    with pytest.raises(SystemExit):
        with_number.parse_args(["--n", "1%"])
    assert f"prog: argument --n: {needed} is needed, not '1%'\n" in capsys.readouterr().err


def test_a_configuration_without_its_option_is_told_the_option(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with_analysis = parser()
    with_analysis.add_argument("--analysis")
    with pytest.raises(SystemExit):
        with_analysis.parse_args(["mine.yaml"])
    assert "  Did you mean '--analysis mine.yaml'?\n" in capsys.readouterr().err
    # a sample may be meant
    with pytest.raises(SystemExit):
        with_analysis.parse_args(["mine"])
    assert "Did you mean" not in capsys.readouterr().err
    of_all = Parser(prog="prog")
    of_all.add_argument("--analysis")
    with pytest.raises(SystemExit):
        of_all.parse_args(["mine"])
    assert "  Did you mean '--analysis mine'?\n" in capsys.readouterr().err


def test_options_are_those_that_help_shows() -> None:
    assert options(parser()) == ["-h", "--help", "--sample", "--year", "--format"]


@pytest.mark.parametrize("known", ["'status', 'diff'", "status, diff"])
def test_choices_are_understood_as_any_python_tells_them(
    known: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        tell(parser(), f"argument COMMAND: invalid choice: 'statu' (choose from {known})", "help")
    told = "prog: no command 'statu'\n  Did you mean 'status'?\n  all there is: help\n"
    assert capsys.readouterr().err == told


def test_an_option_of_another_command_is_told_with_it(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        tell(parser(), "unrecognized arguments: --era 2017", "help", {"--era": "prog of_a_year"})
    assert "  Did you mean 'prog of_a_year --era 2017'?\n" in capsys.readouterr().err
