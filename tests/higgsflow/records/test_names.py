from __future__ import annotations

import pytest

from higgsflow.records.job_record import Product
from higgsflow.records.names import Called, counterparts, matches


def product(digest: str, **columns: str) -> Product:
    return Product(digest=digest, columns=columns)


def test_events_are_found_under_the_name_that_they_had() -> None:
    have = {"nominal": product("n"), "jes_up": product("u"), "jes_down": product("d")}
    wanted = {"nominal": product("n"), "jec_up": product("u"), "jec_down": product("d")}
    assert matches(have, wanted) == {
        "nominal": "nominal",
        "jec_up": "jes_up",
        "jec_down": "jes_down",
    }


def test_swapped_names_find_the_events_of_each_other() -> None:
    have = {"a_up": product("1"), "b_up": product("2")}
    wanted = {"a_up": product("2"), "b_up": product("1")}
    assert matches(have, wanted) == {"a_up": "b_up", "b_up": "a_up"}


def test_two_names_of_the_same_are_both_found() -> None:
    have = {"a_up": product("1")}
    assert matches(have, {"a_up": product("1"), "b_up": product("1")}) == {
        "a_up": "a_up",
        "b_up": "a_up",
    }


@pytest.mark.parametrize("other", [product("2"), product("1", mass="other"), product("1")])
def test_what_is_not_the_same_is_not_found(other: Product) -> None:
    assert matches({"a_up": other}, {"b_up": product("1", mass="m")}) == {}


def test_a_column_counts_by_what_it_is() -> None:
    have = {"a_up": product("1", mass="m", more="x")}
    assert matches(have, {"b_up": product("1", m_gg="m")}) == {"b_up": "a_up"}


@pytest.mark.parametrize(("have", "wanted"), [("a_up", "nominal"), ("nominal", "a_up")])
def test_the_nominal_events_are_called_nominal_and_nothing_else(have: str, wanted: str) -> None:
    assert matches({have: product("1")}, {wanted: product("1")}) == {}


def test_counterparts_keep_their_name_where_they_can() -> None:
    stored = {"a": "1", "b": "1", "c": "3"}
    assert counterparts(stored, {"a": "1", "b": "1", "d": "3", "e": "5"}) == {
        "a": "a",
        "b": "b",
        "d": "c",
    }


def test_what_is_not_renamed_is_called_as_it_is() -> None:
    called = Called(variations={"new": "old"}, columns={"x": "y"})
    assert [called.variation(n) for n in ("new", "other")] == ["old", "other"]
    assert [called.column(n) for n in ("x", "other")] == ["y", "other"]
