"""Columns of events that are copied when somebody looks at them."""

from __future__ import annotations

from typing import Any

import numpy as np

from higgsflow.events.late_numbers import LateNumbers, of_rows, with_numbers


class _Seen(dict[str, Any]):
    """Columns that say which of them was looked at."""

    def __init__(self) -> None:
        super().__init__(a=np.arange(5), b=np.arange(5) * 2.0)
        self.asked: list[str] = []

    def __getitem__(self, name: str) -> Any:
        self.asked.append(name)
        return super().__getitem__(name)


def test_a_column_is_copied_once_and_when_it_is_looked_at() -> None:
    every = _Seen()
    some = LateNumbers(every, np.array([4, 0]))
    assert (list(some), len(some), "a" in some, "c" in some) == (["a", "b"], 2, True, False)
    assert every.asked == []
    assert some["b"].tolist() == [8.0, 0.0]
    assert some["b"] is some["b"]
    assert every.asked == ["b"]


def test_of_some_of_them_nothing_else_is_copied() -> None:
    every = _Seen()
    some, rows = LateNumbers(every, np.array([4, 0, 3])), np.array([2, 0])
    for name, expected in (("a", [3, 4]), ("b", [6.0, 8.0])):
        assert of_rows(some, name, rows).tolist() == some[name].take(rows).tolist() == expected
        # of what is there already
        assert of_rows(some, name, np.array([1])).tolist() == [0]
        assert of_rows({name: some[name]}, name, rows).tolist() == expected
    assert every.asked == ["a", "a", "b", "b"]


def test_columns_are_replaced_and_added() -> None:
    every = _Seen()
    more = {"b": np.ones(2), "c": np.zeros(2)}
    both = with_numbers(LateNumbers(every, np.array([1, 2])), more)
    assert every.asked == []
    assert list(both) == ["a", "b", "c"]
    assert both["b"] is more["b"]
    assert of_rows(both, "c", np.array([1])).tolist() == [0.0]
    assert of_rows(both, "a", np.array([1])).tolist() == [2]
    assert list(with_numbers({"a": np.ones(2)}, more)) == ["a", "b", "c"]
