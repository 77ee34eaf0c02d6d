"""Answers that are kept."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any
from weakref import ref

import numpy as np
import pytest

from higgsflow.events import arithmetic, formulas
from higgsflow.events.arithmetic import Arithmetic
from higgsflow.events.lists import from_counts
from higgsflow.events.objects import Objects
from higgsflow.events.plain import PlainEvents
from higgsflow.events.quick_views import quick
from higgsflow.events.users_code import shown

if TYPE_CHECKING:
    from collections.abc import Callable

ETA = np.linspace(-2.0, 2.0, 5)


def events(eta: Any = ETA) -> PlainEvents:
    jets = Objects(from_counts(np.array([2, 0, 3])), {"pt": 20 + np.arange(5.0), "eta": eta.copy()})
    return PlainEvents(3, {}, {"Jet": jets})


def shift(view: Any, sign: float) -> Any:
    return view.Jet.pt * (1 + sign * (0.1 * np.sin(1 + abs(view.Jet.eta)) ** 2))


def numbers(values: Any) -> Any:
    return values.layout.content.data


def test_both_directions_use_one_sine_and_differ() -> None:
    plain, kept = events(), Arithmetic()
    sines = [numbers(np.sin(1 + abs(quick(plain.view, kept).Jet.eta))) for _ in range(2)]
    assert sines[0] is sines[1]
    pt = 20 + np.arange(5.0)
    for sign in (1.0, -1.0):
        found = shown(plain, lambda view, sign=sign: shift(view, sign))
        expected = pt * (1 + sign * (0.1 * np.sin(1 + abs(ETA)) ** 2))
        np.testing.assert_array_equal(numbers(found), expected)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (lambda eta: np.arctan2(eta, 0.0), lambda eta: np.arctan2(eta, -0.0)),
        (lambda eta: np.power(abs(eta), 1), lambda eta: np.power(abs(eta), 1.5)),
        (lambda eta: np.arctan2(1.0, eta), lambda eta: np.arctan2(eta, 1.0)),
        (lambda eta: np.sin(eta + 1), lambda eta: np.sin(eta - 1)),
        (np.sin, np.cos),
    ],
)
def test_answers_to_other_questions_are_others(
    one: Callable[[Any], Any], other: Callable[[Any], Any]
) -> None:
    plain, kept = events(), Arithmetic()
    for ask in (one, other, one):
        found = ask(quick(plain.view, kept).Jet.eta)
        np.testing.assert_array_equal(numbers(found), ask(ETA))


def test_other_arrays_in_the_same_memory_are_others() -> None:
    kept = Arithmetic()
    for step in range(20):
        eta = np.full(5, float(step))
        found = np.sin(quick(events(eta).view, kept).Jet.eta)
        assert numbers(found)[0] == np.sin(float(step))


def test_arrays_that_somebody_sets_are_not_kept() -> None:
    plain, kept = events(), Arithmetic()
    for step in range(4):
        view = quick(plain.view, kept)
        view["Jet", "own"] = view.Jet.eta * step
        made = ref(numbers(view.Jet.own))
        assert numbers(np.sin(view.Jet.own))[-1] == np.sin(ETA[-1] * step)
        del view
        gc.collect()
        assert made() is None


def test_what_is_kept_is_bounded_and_the_last_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arithmetic, "_MOST", 3 * ETA.nbytes)
    plain, kept = events(), Arithmetic()
    eta = quick(plain.view, kept).Jet.eta
    first = numbers(np.sin(eta + 0.0))
    for step in range(1, 9):
        np.sin(eta + float(step))
        assert numbers(np.sin(eta + 0.0)) is first
        assert sum(values.nbytes for values in kept._known.values()) <= 3 * ETA.nbytes
    for step in range(3):
        np.cos(eta + float(step))
    assert numbers(np.sin(eta + 0.0)) is not first


def test_an_answer_larger_than_all_room_is_given_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(arithmetic, "_MOST", 8)
    kept = Arithmetic()
    for _ in range(3):
        np.testing.assert_array_equal(
            numbers(np.sin(quick(events().view, kept).Jet.eta)), np.sin(ETA)
        )


def test_functions_of_others_are_asked_each_time() -> None:
    asked = []
    counting = np.frompyfunc(lambda x: asked.append(x) or x, 1, 1)
    kept = Arithmetic()
    for _ in range(2):
        kept.answer("the same", counting, [ETA])
    assert len(asked) == 2 * len(ETA)


@pytest.mark.parametrize("formula", [np.sin, lambda eta: eta * 2.0])
def test_code_that_writes_into_an_answer_spoils_no_other(
    formula: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(formulas, "PIECE", 2)
    plain = events()

    def careless(view: Any) -> Any:
        answer = formula(view.Jet.eta)
        more = answer + 1.0
        values = np.asarray(answer.layout.content.data)
        values[:] = 7.0
        return values, numbers(more)

    def careful(view: Any) -> Any:
        return numbers(formula(view.Jet.eta))

    before = shown(plain, careful).copy()
    written, more = shown(plain, careless)
    np.testing.assert_array_equal(written, np.full(5, 7.0))
    np.testing.assert_array_equal(more, formula(ETA) + 1.0)
    np.testing.assert_array_equal(shown(plain, careful), before)
    np.testing.assert_array_equal(before, formula(ETA))
