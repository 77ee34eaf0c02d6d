from __future__ import annotations

import argparse
import importlib
import pkgutil
from typing import TYPE_CHECKING, Any

import pytest

import tasks
import workflows
from tasks.base import AnalysisTask
from tasks.parameters import Number, Switch, Text, Words, hidden, only_asks, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST = 10


def parser_of(name: str, parameter: Any) -> argparse.ArgumentParser:
    """Both spellings of an option, as luigi adds them."""
    parser = argparse.ArgumentParser(prog="law run")
    for task in (None, "Stage"):
        flag = f"--{task}-{name}" if task else f"--{name}"
        kwargs = parameter._parser_kwargs(name, task)
        parser.add_argument(flag, help=parameter.description, **kwargs)
    return parser


def test_an_option_is_once_in_the_help() -> None:
    text = parser_of("sample", Text(description="name of a sample")).format_help()
    assert text.count("name of a sample") == 1
    assert "--sample SAMPLE" in text
    assert "Stage" not in text.partition("options:")[2]


@pytest.mark.parametrize(
    ("params", "asks"),
    [
        ({"print_status": ("1",)}, True),
        ({"fetch_output": ("0",)}, True),
        ({"remove_output": ("0",)}, True),
        ({"print_deps": (), "show": True}, False),
    ],
)
def test_what_law_does_itself_is_left_to_it(params: dict[str, Any], asks: bool) -> None:
    assert only_asks(params) is asks


def test_the_long_form_still_works() -> None:
    parser = parser_of("sample", Text())
    assert parser.parse_args(["--Stage-sample", "x"]).Stage_sample == "x"
    assert parser.parse_args(["--sample", "y"]).sample == "y"


def test_words_are_separated_by_commas() -> None:
    assert Words().parse("nominal,jes_up") == ("nominal", "jes_up")


def test_numbers_and_switches() -> None:
    assert Number().parse("3") == 3
    assert Switch(default=False).parse("true") is True


def test_a_hidden_parameter_is_neither_shown_nor_significant() -> None:
    parameter = hidden(Text, default="")
    assert parameter.significant is False
    assert parameter.description == argparse.SUPPRESS


def below(kind: type[Any]) -> Iterator[type[Any]]:
    for found in kind.__subclasses__():
        yield found
        yield from below(found)


def test_no_task_has_more_than_ten_parameters_in_its_help() -> None:
    for package in (tasks, workflows):
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    counts = {kind.__name__: len(shown(kind)) for kind in below(AnalysisTask)}
    assert {"RunAnalysis", "MonitorJobs", "ProcessSample", "VerifyStore"} <= set(counts)
    assert {name: n for name, n in counts.items() if n > MOST} == {}
