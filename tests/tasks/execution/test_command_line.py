from __future__ import annotations

import subprocess
import sys
from typing import Any

import luigi
import pytest
from luigi.cmdline_parser import CmdlineParser
from luigi.task_register import Register

import tasks.merge_sample
import tasks.process_sample
import tasks.summarize_analysis
from tasks.execution import command_line

WORDS = [
    tasks.merge_sample.MergeSample.__name__,
    "--sample",
    "Sig",
    "--year",
    "2017",
    "--workers",
    "2",
]

# law comes last, as where somebody imports it after this project
OTHER_ORDER = """
import tasks.execution.luigi_settings
import law
from luigi.cmdline_parser import CmdlineParser
from luigi.task_register import Register
from tasks.execution import command_line

assert CmdlineParser.__init__ is command_line.read
known = [task for task in vars(Register)["_reg"] if task.__module__.startswith("law.")]
assert known and not any(task._visible_in_registry for task in known)
"""


@pytest.fixture
def builds(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What luigi is asked to build, from nothing on."""
    asked: list[Any] = []
    build = command_line._build

    def noted(**how: Any) -> Any:
        asked.append(how)
        return build(**how)

    monkeypatch.setattr(command_line, "_build", noted)
    monkeypatch.setattr(command_line, "_built", {})
    monkeypatch.setattr(command_line, "_known", {})
    return asked


def test_a_command_line_is_understood_as_luigi_does(builds: list[Any]) -> None:
    assert CmdlineParser._build_parser is command_line.parser
    assert CmdlineParser.__init__ is command_line.read
    found = CmdlineParser(WORDS).known_args
    own = command_line._build(root_task="MergeSample").parse_args(WORDS)
    assert found == own
    assert (found.sample, found.year, found.core_workers) == ("Sig", "2017", "2")


def test_it_is_whatever_is_imported_first() -> None:
    subprocess.run([sys.executable, "-c", OTHER_ORDER], check=True)


def test_each_parser_is_built_once_however_often_a_command_line_is_read(builds: list[Any]) -> None:
    first, second = (vars(CmdlineParser(WORDS).known_args) for _ in range(2))
    assert first == second
    assert [how["root_task"] for how in builds] == [None, "MergeSample"]


def test_what_was_read_before_is_forgotten(builds: list[Any]) -> None:
    assert CmdlineParser(WORDS).known_args.sample == "Sig"
    assert CmdlineParser(["MergeSample"]).known_args.sample is None


def test_a_stage_that_is_declared_later_is_found(
    builds: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Register, "_reg", list(vars(Register)["_reg"]))
    CmdlineParser(WORDS)

    class Later(luigi.Task):
        dish = luigi.Parameter(default="soup")

    assert CmdlineParser(["Later", "--dish", "tea"]).known_args.dish == "tea"
    assert Register.get_task_cls("Later") is Later


def test_words_are_read_once_whatever_is_declared_meanwhile(
    builds: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Register, "_reg", list(vars(Register)["_reg"]))
    first = CmdlineParser(WORDS)

    class Later(luigi.Task):
        dish = luigi.Parameter(default="soup")

    again = CmdlineParser(WORDS)
    assert Later.task_family == "Later"
    assert again.known_args == first.known_args
    # which is law's
    assert vars(again)["cmdline_args"] == vars(first)["cmdline_args"] == WORDS
    assert len(builds) == 2


def test_the_same_words_are_read_again_for_another_stage_of_that_name(
    builds: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = list(vars(Register)["_reg"])
    for options in ({"dish": luigi.Parameter(default="soup")}, {"size": luigi.IntParameter()}):
        monkeypatch.setattr(Register, "_reg", list(before))
        type("Meal", (luigi.Task,), options)
        found = vars(CmdlineParser(["Meal"]).known_args)
        assert options.keys() <= found.keys()


def test_a_word_that_no_stage_knows_ends_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        CmdlineParser([*WORDS, "--sampel", "Sig"])
    assert ended.value.code == 2
    assert "--sampel" in capsys.readouterr().err


def test_a_misspelled_option_is_told_with_the_nearest_one(
    builds: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        CmdlineParser(["MergeSample", "--sampel", "Sig"])
    assert caught.value.code == 2
    first, *others = capsys.readouterr().err.splitlines()
    assert first.endswith(": unrecognized arguments: --sampel Sig")
    assert others == ["  Did you mean '--sample'?", "  all there is: law run MergeSample --help"]


def test_a_sample_for_all_of_an_analysis_is_told_the_stage_that_takes_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        CmdlineParser(["SummarizeAnalysis", "--sample", "Sig"])
    assert "Did you mean 'law run MergeSample --sample Sig'?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--branch", "x"], "--branch cannot be 'x': a whole number is needed"),
        (["--ProcessSample-branch", "x"], "--ProcessSample-branch cannot be 'x': a whole number"),
        (["--branches", "x"], "--branches cannot be 'x': numbers and ranges are needed"),
        (["--retry-failed", "3"], "--retry-failed cannot be '3': it takes no value, or true or"),
        (["--profile", "x"], "--profile cannot be 'x': it takes no value"),
        (["--acceptance", "x"], "--acceptance cannot be 'x': a number is needed"),
        (["--workers", "x"], "--workers cannot be 'x': a whole number is needed"),
        (["--log-level", "WARN"], "no log-level 'WARN'\n  Did you mean 'WARNING'?"),
        (["--print-status", "0,x"], "--print-status cannot be '0,x': its second word is a number"),
        (["--remove-output", "0,x"], "--remove-output cannot be '0,x': its second word is one of"),
        (["--print-deps", "1,2"], "--print-deps cannot be '1,2': at most 1 words are taken"),
    ],
)
def test_a_value_that_an_option_cannot_have_is_told_before_anything_else(
    words: list[str], told: str, builds: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        CmdlineParser(["ProcessSample", "--sample", "Sig", *words])
    assert caught.value.code == 2
    err = capsys.readouterr().err
    assert told in err
    assert err.endswith("  all there is: law run ProcessSample --help\n")
    assert len(err.splitlines()) <= 3


@pytest.mark.parametrize(
    "words",
    [
        ["--branch", "3"], ["--branches", "0:3,7"], ["--retry-failed"], ["--retry-failed", "false"],
        ["--workers", "2"], ["--log-level", "DEBUG"], ["--print-status=-1,2"],
        ["--remove-output", "0,a,y"], ["--print-status", "2|MergeSample"], ["--print-output", "0"],
    ],
)  # fmt: skip
def test_values_that_options_can_have_are_left_alone(words: list[str], builds: list[Any]) -> None:
    assert CmdlineParser(["ProcessSample", "--sample", "Sig", *words]).known_args.sample == "Sig"
