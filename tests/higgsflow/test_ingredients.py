from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from higgsflow.ingredients import differences, digest, flattened, marked

VALUES = st.one_of(st.integers(), st.text(max_size=5), st.lists(st.integers(), max_size=3))
NAMES = st.one_of(st.text(min_size=1, max_size=4), st.text(alphabet="ab.", min_size=1, max_size=4))
INGREDIENTS = st.dictionaries(NAMES, VALUES, max_size=6)


def test_nested_options_become_names_with_dots() -> None:
    content = {"a": {"b": 1, "c": {"d": [1, 2]}}, "e": [{"f": 2}], "g": {}}
    assert flattened(content) == {"a.b": 1, "a.c.d": [1, 2], "e.0.f": 2, "g": {}}
    assert flattened({"b": 1}, "tagger x: ") == {"tagger x: b": 1}


@pytest.mark.parametrize(
    ("before", "today", "told"),
    [
        ({"tagger d: pt": 35}, {"tagger d: pt": 40}, ["tagger d: pt 35 -> 40"]),
        ({"xs": 0.5}, {"xs": 0.50712345678}, ["xs 0.5 -> 0.50712346"]),
        ({"code of m": marked("a")}, {"code of m": marked("b")}, ["code of m changed"]),
        ({"v": ["a", "b"]}, {"v": ["b", "c"]}, ["v: + c, - a"]),
        ({"v": [115.0, 135]}, {"v": [85.0, 135]}, ["v [115, 135] -> [85, 135]"]),
        ({"v": [1, 1]}, {"v": [1]}, ["v [1, 1] -> [1]"]),
        ({"v": [1]}, {"v": []}, ["v: - 1"]),
        ({"v": [*range(99)]}, {"v": [*range(98)]}, ["v: - 98"]),
        ({"v": ["a", "b"]}, {"v": ["b", "a"]}, ["v: in another order"]),
        (
            {"lhe": [i / 7 for i in range(9)]},
            {"lhe": [0.0, *(i / 9 for i in range(1, 9))]},
            ["lhe: 8 of 9 numbers are others"],
        ),
        ({"v": [*range(99)]}, {"v": [*range(98), 7000]}, ["v: + 7000, - 98"]),
        ({}, {"w: a": 1, "w: b": 2}, ["w is new"]),
        ({"w: a": 1}, {"w: a": 1, "w: b": 2}, ["w: b is new"]),
        ({"w: a": 1, "x": 1}, {}, ["w is gone", "x is gone"]),
        ({"w: p.a": 1, "w: p.b": 2}, {"w: p": None}, ["w: p is gone"]),
        ({"w: p": None}, {"w: p.a": 1, "w: p.b": 2}, ["w: p is new"]),
        ({"w: p": {}}, {"w: p.a": 1}, ["w: p.a is new"]),
        ({"golden JSON": ""}, {"golden JSON": marked("a")}, ["golden JSON none -> given"]),
    ],
)
def test_a_difference_in_words(before: Any, today: Any, told: list[str]) -> None:
    assert list(differences(before, today)) == told


def test_a_long_value_is_cut() -> None:
    (told,) = differences({"a": "x" * 500}, {"a": "y"})
    assert len(told) < 80


@given(INGREDIENTS, INGREDIENTS)
def test_told_exactly_when_they_differ(before: dict[str, Any], today: dict[str, Any]) -> None:
    """Nothing stale is without a reason, and nothing current has one."""
    assert bool(differences(before, today)) == (before != today)


def test_digest_does_not_depend_on_the_order_of_keys() -> None:
    assert digest({"a": 1, "b": [2]}) == digest({"b": [2], "a": 1}) != digest({"a": 1})
