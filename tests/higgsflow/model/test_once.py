import json

import pytest

from higgsflow.model.once import each_once, keys_once


def test_names_stay_as_they_are() -> None:
    assert each_once(("b", "a")) == ("b", "a")
    assert each_once(()) == ()


def test_second_one_is_named() -> None:
    with pytest.raises(ValueError, match="'a' is given twice"):
        each_once(("a", "b", "a"))


def test_keys_of_json_stand_once() -> None:
    text = '{"b": 1, "a": {"b": 2, "c": 3}}'
    assert json.loads(text, object_pairs_hook=keys_once) == {"b": 1, "a": {"b": 2, "c": 3}}
    with pytest.raises(ValueError, match="'b' is given twice"):
        json.loads(text.replace("c", "b"), object_pairs_hook=keys_once)
