from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from higgsflow.records.row_sources import with_names, with_numbers

SOURCES = st.dictionaries(
    st.sampled_from(["nominal", "a_up", "a_down", "b_up"]), st.sampled_from("xyz")
)


def rows(*sources: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"chunk_id": str(i), "sources": one} for i, one in enumerate(sources)]


@given(st.lists(SOURCES))
def test_nothing_is_lost(sources: list[dict[str, str]]) -> None:
    known = rows(*sources)
    assert list(with_names(json.loads(json.dumps(list(with_numbers(known)))))) == known


def test_names_are_written_once_for_all_chunks() -> None:
    names = [f"s{i}_up" for i in range(200)]
    sources = [dict.fromkeys(names, f"{chunk:012x}.d") for chunk in range(1000)]
    first, second, *_ = found = list(with_numbers(rows(*sources)))
    assert first["sources"] == {"000000000000.d": names}
    assert second["sources"] == {"000000000001.d": 0}
    assert len(json.dumps(found)) < 70 * 1000


def test_two_jobs_of_a_chunk_have_a_list_each() -> None:
    found = list(with_numbers(rows({"nominal": "x", "a_up": "y"}, {"nominal": "z", "a_up": "z"})))
    assert [one["sources"] for one in found] == [
        {"x": ["nominal"], "y": ["a_up"]},
        {"z": ["nominal", "a_up"]},
    ]


def test_rows_of_earlier_versions_are_read() -> None:
    before = rows({"nominal": "x", "a_up": "y"}, {})
    assert list(with_names(before)) == before


@pytest.mark.parametrize("number", [-1, 1])
def test_a_number_of_nothing_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match="no list of variations"):
        list(with_names(rows({"x": ["nominal"]}, {"y": number})))


def test_rows_without_sources_are_left_to_who_checks_them() -> None:
    odd = [{"chunk": "c"}, "no row", None]
    assert list(with_names(odd)) == odd
