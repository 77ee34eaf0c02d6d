from __future__ import annotations

from higgsflow.model.documented import documented, nouns_of
from higgsflow.model.noun import Noun


def test_description_may_go_on_in_the_next_line() -> None:
    class Described(Noun):
        """A noun.

        Attributes:
            a, b: two that are alike, and told
                in two lines.
            c: another: one.
        """

    both = "two that are alike, and told in two lines."
    assert documented(Described) == {"a": both, "b": both, "c": "another: one."}


class Part(Noun):
    """A part."""

    number: int


class Whole(Noun):
    """Of parts.

    Attributes:
        parts: by name.
    """

    parts: dict[str, tuple[Part, ...]]
    other: Whole | None = None


class Kind(Whole):
    """A kind of it.

    Attributes:
        more: than it has.
    """

    more: int


def test_a_noun_is_made_of_those_in_its_fields_however_deep() -> None:
    assert nouns_of(Whole) == {Whole, Part}


def test_a_kind_says_what_it_is_a_kind_of_says() -> None:
    assert documented(Kind) == {"parts": "by name.", "more": "than it has."}
