"""What code of users is shown, and what it may give back."""

from __future__ import annotations

from typing import Any

import awkward as ak
import numpy as np
import pytest

from higgsflow.errors import StoreError
from higgsflow.events.lists import from_counts
from higgsflow.events.objects import Objects
from higgsflow.events.plain import PlainEvents
from higgsflow.events.users_code import as_array, asked, shown, unlike_column

JETS = Objects(from_counts(np.array([2, 0, 3])), {"pt": 20 + np.arange(5.0)})
EVENTS = PlainEvents(3, {"met": np.arange(3.0)}, {"Jet": JETS})


def test_columns_that_are_named_are_seen_by_nobody_else() -> None:
    def naming(view: Any) -> list[float]:
        view["mine"] = view.met + 1.0
        return view.mine.tolist()

    assert asked(EVENTS.view, naming) == [1.0, 2.0, 3.0]
    assert "mine" not in EVENTS.view.fields


def test_code_that_writes_into_columns_is_asked_of_a_copy() -> None:
    def writing(view: Any) -> list[float]:
        np.asarray(view.met)[0] = 7.0
        return view.met.tolist()

    assert asked(EVENTS.view, writing) == [7.0, 1.0, 2.0]
    assert EVENTS.view.met.tolist() == [0.0, 1.0, 2.0]


def test_what_is_wrong_with_code_is_said_once() -> None:
    def wrong(_: Any) -> Any:
        raise ValueError("of its own")

    for way in (lambda: shown(EVENTS, wrong), lambda: asked(EVENTS.view, wrong)):
        with pytest.raises(ValueError, match="of its own") as found:
            way()
        assert found.value.__context__ is None


def test_column_that_there_is_not_is_named() -> None:
    with pytest.raises(AttributeError, match="charm"):
        shown(EVENTS, lambda view: view.Jet.charm)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (1.5, "float"),
        ("a text", "str"),
        ({"pt": [1.0]}, "dict"),
        (None, "nothing"),
        (np.float64(1.5), "float64"),
        (np.array(1.5), "one value"),
        (ak.Array([{"pt": 1.0}]), "records"),
        (np.array([1.5]), ""),
        ([1.5], ""),
        (ak.Array([[1.5], []]), ""),
    ],
)
def test_what_is_no_column_is_told_by_its_kind(values: Any, told: str) -> None:
    assert unlike_column(values) == told


def test_array_of_what_is_no_number_is_the_error_that_was_given() -> None:
    assert as_array([1.0, None], StoreError("no numbers")).tolist() == [1.0, None]
    with pytest.raises(StoreError, match="no numbers"):
        as_array([object()], StoreError("no numbers"))
