from __future__ import annotations

from higgsflow.diff.content import Difference, PairDifference

SAME = PairDifference(
    sample="S", year="2017", variation="nominal", n_a=3, n_b=3, n_matched=3, duplicates_a=0,
    duplicates_b=0, tags=(), moves=(), n_columns=1, columns=(), columns_a=(), columns_b=("new",),
)  # fmt: skip


def test_what_one_side_alone_has_is_a_difference() -> None:
    assert SAME.is_same
    more = SAME.model_copy(update={"n_b": 4})
    assert (more.only_a, more.only_b, more.is_same) == (0, 1, False)


def test_two_sides_are_the_same_if_all_of_them_is() -> None:
    both = Difference(a="a", b="b", tolerance=0.0, pairs=(SAME,))
    assert both.is_same
    assert not both.model_copy(update={"only_b": ("S 2018 nominal",)}).is_same


def test_print_shows_what_the_command_does() -> None:
    shown = str(Difference(a="one", b="other", tolerance=0.0, pairs=()))
    assert shown.splitlines()[:2] == ["A: one", "B: other"]
