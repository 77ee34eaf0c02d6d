"""Errors about what code of a user gives name its file and line."""

from __future__ import annotations

import functools
import pickle
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np
import pytest

from higgsflow.corrections.photons import scale_pt
from higgsflow.errors import (
    InputFileError,
    NoMethodOfArray,
    StoreError,
    TruthOfArray,
    UndeclaredColumn,
    UnknownName,
    UserError,
)
from higgsflow.model.defined_in import blaming, place_of, place_of_class

if TYPE_CHECKING:
    from collections.abc import Callable

EVENTS = ak.Array([{"MET_pt": 1.0, "Jet": [{"pt": 30.0}]}])


def mine(events: Any) -> Any:
    return events


class Mine:
    """A class with a method."""

    def method(self) -> None: ...


def line_of(text: str) -> str:
    lines = Path(__file__).read_text(encoding="utf-8").splitlines()
    return f"{__file__}, line {lines.index(text) + 1}"


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (mine, "def mine(events: Any) -> Any:"),
        (functools.partial(mine, 1), "def mine(events: Any) -> Any:"),
        (SimpleNamespace(py_func=mine), "def mine(events: Any) -> Any:"),
        (Mine().method, "    def method(self) -> None: ..."),
    ],
)
def test_place_of_code(code: Any, text: str) -> None:
    assert place_of(code) == line_of(text)


def test_code_of_this_package_and_of_no_file_has_no_place() -> None:
    assert place_of(scale_pt) == place_of(len) == place_of_class(int) == ""


def test_place_of_a_class() -> None:
    assert place_of_class(Mine) == line_of("class Mine:")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (UserError("what"), "what\n  {place}"),
        (UserError("what", "", "remedy"), "what\n  {place}\n  remedy"),
        (UserError("what", "detail"), "what\n  {place}\n  detail"),
        (UserError("what", "detail", "remedy"), "what\n  {place}: detail\n  remedy"),
        (UnknownName("tag", "x", ["y"], "here"), "no tag 'x' in here\n  {place}\n  known: y"),
    ],
)
def test_error_says_where_the_code_stands(error: UserError, told: str) -> None:
    place = place_of(mine)
    with pytest.raises(UserError) as caught, blaming(mine), blaming(f"{__name__}:mine"):
        raise error
    assert str(caught.value) == told.format(place=place)
    # workers send it to who tells it
    assert str(pickle.loads(pickle.dumps(caught.value))) == told.format(place=place)


@pytest.mark.parametrize("kind", [InputFileError, StoreError])
def test_code_is_not_blamed_for_files(kind: type[UserError]) -> None:
    with pytest.raises(kind) as caught, blaming(mine):
        raise kind("a disk is gone")
    assert str(caught.value) == "a disk is gone"


def test_nobody_is_blamed_where_there_is_no_code_of_a_user() -> None:
    with pytest.raises(UserError) as caught, blaming(None):
        raise UserError("what")
    assert str(caught.value) == "what"


@pytest.mark.parametrize(
    ("look", "name", "nearest"),
    [
        (lambda events: events.MET_ptt, "MET_ptt", "MET_pt"),
        (lambda events: events["MET_ptt"], "MET_ptt", "MET_pt"),
        (lambda events: events.Jet_pt, "Jet_pt", "Jet.pt"),
        (lambda events: events.MET.pt, "MET", "MET_pt"),
        (lambda events: events.Jets.pt, "Jets", "Jet"),
        (lambda events: events.Jet.ptt, "ptt", "pt"),
        (lambda events: events["Jet", "ptt"], "ptt", "pt"),
    ],
)
def test_column_that_is_not_shown_names_the_nearest_and_the_line(
    look: Callable[[Any], Any], name: str, nearest: str
) -> None:
    with pytest.raises(UndeclaredColumn) as caught, blaming(look):
        look(EVENTS)
    first, place, remedy = str(caught.value).split("\n  ")
    assert first == f"the array has no column '{name}'. Did you mean '{nearest}'?"
    assert place == place_of(look)
    assert remedy.endswith("say others in `reads`, or `requires_branches`")


@pytest.mark.parametrize(
    ("look", "name", "remedy"),
    [
        (lambda events: (events.MET_pt > 0).any(), "any", "`ak.any(array)` is there"),
        (lambda events: events.Jet.pt.shape, "shape", "see the functions of awkward"),
    ],
)
def test_method_of_numpy_that_awkward_has_not_names_the_function(
    look: Callable[[Any], Any], name: str, remedy: str
) -> None:
    """As of a column it was told, with an empty list of those that are there."""
    with pytest.raises(NoMethodOfArray) as caught, blaming(look):
        look(EVENTS)
    assert str(caught.value).split("\n  ") == [
        f"an array without fields has no '{name}'", place_of(look), remedy
    ]  # fmt: skip
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


@pytest.mark.parametrize(
    "look",
    [
        lambda events: events.MET_pt > 0 and events.MET_pt < 9,
        lambda events: 1 if events.MET_pt > 0 else 2,
        lambda events: not np.asarray(events.MET_pt),
    ],
)
def test_truth_of_an_array_is_told_what_to_write(look: Callable[[Any], Any]) -> None:
    with pytest.raises(TruthOfArray) as caught, blaming(look):
        look(ak.concatenate([EVENTS, EVENTS]))
    what, place, remedy = str(caught.value).split("\n  ")
    assert "one for each event" in what
    assert place == place_of(look)
    assert remedy.startswith("write `(a > 1) & (b < 2)`")
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


@pytest.mark.parametrize(
    "error", [KeyError("x"), ValueError("x"), AttributeError("no field named 'x'")]
)
def test_other_errors_stay_what_they_are(error: Exception) -> None:
    with pytest.raises(type(error)) as caught, blaming(mine):
        raise error
    assert caught.value is error
