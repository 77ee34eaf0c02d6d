from __future__ import annotations

import inspect
from typing import Any

import pytest
import yaml

from higgsflow.errors import InvalidConfiguration
from higgsflow.model.number_options import check_numbers


def shift(
    events: Any,
    size: float = 0.03,
    flag: bool = True,
    name: str = "x",
    other: Any = None,
    **more: Any,
) -> Any:
    raise NotImplementedError


TAKEN = inspect.signature(shift).parameters


@pytest.mark.parametrize(
    "given",
    [
        {"size": 1},
        {"size": 0.1},
        {"name": "1"},
        {"other": "1"},
        {"unknown": "1"},
        {},
        {"flag": False},
        {"other": True},
        {"size": None},
    ],
)
def test_numbers_and_texts_where_they_belong_pass(given: dict[str, Any]) -> None:
    check_numbers(given, TAKEN, "'mine'")


@pytest.mark.parametrize("written", ["1e-2", "1e3", "2.5e7", "1e-7", "1e22", "3E5"])
def test_number_that_yaml_takes_for_a_text_is_told_as_yaml_wants_it(written: str) -> None:
    given = yaml.safe_load(f"size: {written}")
    assert isinstance(given["size"], str)
    with pytest.raises(InvalidConfiguration) as caught:
        check_numbers(given, TAKEN, "'mine'")
    what, default, remedy = str(caught.value).split("\n  ")
    assert what == f"option 'size' of 'mine' is the text '{written}'"
    assert default == "its default is 0.03"
    assert yaml.safe_load(remedy.rpartition(" ")[2]) == float(written)


def test_truth_is_no_number() -> None:
    with pytest.raises(InvalidConfiguration, match="option 'size' of 'mine' is true") as caught:
        check_numbers({"size": True}, TAKEN, "'mine'")
    assert caught.value.where == "its default is 0.03"


def test_text_that_is_no_number_is_told() -> None:
    with pytest.raises(InvalidConfiguration, match="give a number"):
        check_numbers({"size": "large"}, TAKEN, "'mine'")
