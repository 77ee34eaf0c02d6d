from __future__ import annotations

from typing import Any

import pytest

from higgsflow.corrections.words import check_words
from higgsflow.errors import UnknownName


def category(*keys: Any, of: str = "syst", value: Any = 1.0, default: Any = None) -> dict[str, Any]:
    content = [{"key": key, "value": value} for key in keys]
    return {"nodetype": "category", "input": of, "content": content, "default": default}


IN_BINS = {
    "nodetype": "binning",
    "input": "pt",
    "edges": [0, 1, 2],
    "content": [category("up"), category("down")],
    "flow": category("nominal"),
}


@pytest.mark.parametrize("data", [category("nominal", "up"), IN_BINS, [category("up")]])
def test_word_of_no_category_names_the_nearest(data: Any) -> None:
    check_words(data, {"syst": "up", "year": "2017"}, "correction 'c'")
    with pytest.raises(UnknownName, match=r"no syst 'upp' in correction 'c'\. Did you mean 'up'"):
        check_words(data, {"syst": "upp"}, "correction 'c'")


@pytest.mark.parametrize(
    "data",
    [
        None,
        1.0,
        category("nominal", default=1.0),
        category("a", of="year"),
        category("a", of="year", value=category("nominal", default=1.0)),
    ],
)
def test_nothing_is_said_where_any_word_may_be_right(data: Any) -> None:
    check_words(data, {"syst": "upp"}, "correction 'c'")


def test_numbers_are_no_words() -> None:
    check_words(category(1, 2, of="n"), {"n": 3, "syst": None}, "correction 'c'")
