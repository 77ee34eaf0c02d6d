import pytest

from higgsflow.model.once import each_once


def test_names_stay_as_they_are() -> None:
    assert each_once(("b", "a")) == ("b", "a")
    assert each_once(()) == ()


def test_second_one_is_named() -> None:
    with pytest.raises(ValueError, match="'a' is given twice"):
        each_once(("a", "b", "a"))
