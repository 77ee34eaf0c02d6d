import re
from typing import Any

import pytest
from pydantic import Field, ValidationError

from higgsflow.model.noun import Name, Noun, safe_name, text_of


class Jet(Noun):
    threshold: float = 25.0
    label: Name = "jets"
    by_alias: int = Field(default=1, alias="other")


def test_noun_is_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Jet().threshold = 30.0  # type: ignore[misc]


def test_equal_content_is_equal() -> None:
    assert Jet(threshold=25) == Jet()
    assert hash(Jet()) == hash(Jet(threshold=25))


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("thresholdd", "unknown key 'thresholdd', did you mean 'threshold'?"),
        ("zzz", "unknown key 'zzz', known: by_alias, label, other, threshold"),
        (2017, "unknown key '2017'"),
    ],
)
def test_unknown_key_is_named_with_the_nearest(key: object, hint: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Jet.model_validate({key: 1})
    assert hint in str(caught.value)


class Event(Noun):
    leading: Jet = Jet()
    others: tuple[Jet, ...] = ()
    second: Jet | None = None


@pytest.mark.parametrize("key", ["threshold", "other"])
def test_key_of_a_noun_within_it_says_where_it_belongs(key: str) -> None:
    """As one that is indented too little."""
    with pytest.raises(ValidationError) as caught:
        Event.model_validate({key: 1})
    assert f"unknown key '{key}', it belongs in `leading` or `second`" in str(caught.value)


class Vector(Noun):
    branch: int = 0


class Column(Noun):
    branches: int = 0
    vector: Vector | None = None


def test_key_of_a_noun_within_it_may_be_one_of_its_own_that_is_misspelled() -> None:
    told = "unknown key 'branch', it belongs in `vector`, or did you mean 'branches'?"
    with pytest.raises(ValidationError, match=re.escape(told)):
        Column.model_validate({"branch": 1})


def test_key_of_a_noun_within_it_is_offered_where_it_is_much_like_it() -> None:
    told = "unknown key 'threshld', did you mean 'threshold' in `leading` or `second`?"
    with pytest.raises(ValidationError, match=re.escape(told)):
        Event.model_validate({"threshld": 1})


def test_alias_is_a_known_key() -> None:
    assert Jet.model_validate({"other": 3}).by_alias == 3


@pytest.mark.parametrize("name", ["ttH_M125", "2016UL_preVFP", "a.b-c+d", "X"])
def test_names_that_files_and_columns_can_have_are_taken_as_they_are(name: str) -> None:
    assert safe_name(name) == name


@pytest.mark.parametrize(
    "name", ["", " ", "a b", "../a", "a..b", "/a", "-a", ".a", "_a", "a\n", "a;b", "a*", "größe"]
)
def test_unsafe_names_are_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="cannot be a name"):
        Jet(label=name)


def test_trusted_noun_is_as_if_validated() -> None:
    class Pair(Noun):
        a: int = 1
        b: float = 2.0

    made = Pair.trusted(a=3, b=4.0)
    assert made == Pair(a=3, b=4.0)
    assert hash(made) == hash(Pair(a=3, b=4.0))
    assert made.model_dump_json() == Pair(a=3, b=4.0).model_dump_json()
    assert made.model_copy(update={"a": 5}) == Pair(a=5, b=4.0)
    assert made.changed(a=5) == Pair(a=5, b=4.0)
    assert made.a == 3


@pytest.mark.parametrize("pt_min", [float("inf"), float("-inf"), float("nan"), 25.0])
def test_keys_tell_unlike_nouns_apart(pt_min: float) -> None:
    class Cut(Noun):
        pt_min: float

    assert text_of(Cut(pt_min=pt_min)) == text_of(Cut(pt_min=pt_min))
    others = [Cut(pt_min=x) for x in (float("inf"), float("-inf"), float("nan"), 25.0)]
    assert sum(text_of(other) == text_of(Cut(pt_min=pt_min)) for other in others) == 1


def test_keys_are_those_of_the_noun_that_is_asked_for() -> None:
    class Cut(Noun):
        pt_min: float

    for step in range(1000):
        # a noun may get the identity of one that is gone
        assert f"pt_min={float(step)}" in text_of(Cut(pt_min=step))


class Many(Noun):
    one: float | None = None
    by_alias: int = Field(default=1, alias="other")
    switch: bool = False
    either: bool | int = 1
    anything: Any = None


@pytest.mark.parametrize("key", ["one", "by_alias", "other"])
@pytest.mark.parametrize(("truth", "shown"), [(True, "true"), (False, "false")])
def test_true_is_no_number(key: str, truth: bool, shown: str) -> None:
    """YAML reads `yes` as true, and pydantic true as 1."""
    with pytest.raises(ValidationError, match=rf"{key}\n.*a number is needed \(it is {shown}"):
        Many.model_validate({key: truth})


@pytest.mark.parametrize("key", ["switch", "either", "anything"])
def test_true_is_true_where_it_may_be(key: str) -> None:
    assert getattr(Many.model_validate({key: True}), key) is True


def test_a_name_fits_into_a_file_system() -> None:
    assert safe_name("x" * 200)
    with pytest.raises(ValueError, match=r"'x{40}\.\.\.' cannot be a name: it has 201 characters"):
        safe_name("x" * 201)
