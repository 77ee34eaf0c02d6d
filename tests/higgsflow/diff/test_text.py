from __future__ import annotations

from typing import TYPE_CHECKING

from higgsflow.diff.content import (
    ColumnDifference,
    Difference,
    Move,
    PairDifference,
    TagDifference,
    TypeDifference,
)
from higgsflow.diff.text import render

if TYPE_CHECKING:
    from collections.abc import Sequence

TAG = TagDifference(tag="tth_leptonic", n_a=10, n_b=12, yield_a=5.0, yield_b=6.25)
MOVE = Move(origin="tth_leptonic", target="absent", n=3, events=("1:2:3", "1:2:4", "1:2:5"))
COLUMN = ColumnDifference(
    name="m_gg", n_changed=7, n_one_nan=1, max_difference=0.5, mean_difference=0.01,
    max_relative=0.004, worst="297050:12:123456789",
)  # fmt: skip
PAIR = PairDifference(
    sample="ttH_M125", year="2016UL_preVFP", variation="photon_pt_scale_down", n_a=1_000_000,
    n_b=1_000_001, n_matched=999_999, duplicates_a=0, duplicates_b=2, tags=(TAG,),
    moves=(MOVE,) * 25,
    n_columns=12, columns=(COLUMN,) * 3, columns_a=tuple(f"column_{i}" for i in range(30)),
    columns_b=(),
)  # fmt: skip
SAME = PairDifference(
    sample="Data", year="2017", variation="nominal", n_a=5, n_b=5, n_hidden=4, n_matched=5,
    duplicates_a=0, duplicates_b=0, tags=(TAG,), moves=(), n_columns=2, columns=(), columns_a=(),
    columns_b=(),
)  # fmt: skip


def test_tables_fit_the_screen_and_tell_what_differs() -> None:
    text = render(
        Difference(a="store/demo/v1", b="other.root", tolerance=1e-6, pairs=(PAIR, SAME),
                   only_a=("ttH_M125 2018 nominal",))
    )  # fmt: skip
    lines = text.splitlines()
    assert max(map(len, lines)) <= 100
    assert lines[:2] == ["A: store/demo/v1", "B: other.root"]
    for words in (
        "+1.25", "1:2:3, 1:2:4", "297050:12:123456789", "and 5 more moves: --json has them",
        "columns of A only: column_0", "and 18 more", "only in A: ttH_M125 2018 nominal",
        "1 of 2 compared differ within 1e-06",
        "data in the blinded window are not compared: 4 rows of both sides",
    ):  # fmt: skip
        assert words in text


def test_the_same_is_said_in_a_line() -> None:
    text = render(Difference(a="a", b="b", tolerance=0.0, pairs=(SAME,)))
    assert text.splitlines()[-1] == "the same: 1 compared"
    assert "tth_leptonic" not in text


def test_columns_that_were_not_compared_are_told_also_where_the_rest_is_the_same() -> None:
    more = {
        "n_hidden": None, "columns_a": ("m_gg",), "columns_b": ("mass", "score"),
        "types": (TypeDifference(name="pt", a="float64", b="float32"),),
    }  # fmt: skip
    pair = SAME.model_copy(update=more)
    lines = render(Difference(a="a", b="b", tolerance=0.0, pairs=(pair,))).splitlines()
    assert lines[-5:] == [
        "Data 2017 nominal",
        "  columns of A only: m_gg",
        "  columns of B only: mass, score",
        "  columns of another type: pt float64 -> float32",
        "the same: 1 compared",
    ]


def test_of_many_the_variations_that_are_the_same_have_a_row_together() -> None:
    """Those of 90 samples and years with 200 variations filled 18,000 lines."""
    same = [SAME.changed(variation=f"scale_{i}", n_columns=i) for i in range(30)]
    differs = PAIR.changed(sample="Data", year="2017", variation="scale_9_up")
    rows = overview((*same[:9], differs, *same[9:], SAME.changed(sample="Muon", n_a=7)))
    assert [row[2:4] for row in rows] == [
        ["30", "variations"], ["scale_9_up", "1000000"], ["nominal", "7"]
    ]  # fmt: skip
    assert rows[0][4:] == ["150", "150", "150", "0", "0", "0", "29", "same"]
    assert len(overview(same[:5])) == 5


def test_of_many_that_differ_some_are_told_in_full() -> None:
    pairs = [PAIR.changed(variation=f"scale_{i}", n_a=1) for i in range(25)]
    rows = overview(pairs)
    assert [(*row[2:5], row[-1]) for row in rows] == [("25", "variations", "25", "differs")]
    lines = render(Difference(a="a", b="b", tolerance=0.0, pairs=tuple(pairs))).splitlines()
    assert sum(line.startswith(" tth_leptonic") and "+1.25" in line for line in lines) == 20
    assert "and 5 more: --json has them, --sample and --variation narrow it" in lines


def overview(pairs: Sequence[PairDifference]) -> list[list[str]]:
    """The rows of the first table."""
    lines = render(Difference(a="a", b="b", tolerance=0.0, pairs=tuple(pairs)), 140).splitlines()
    first = next(i for i, line in enumerate(lines) if "variation" in line) + 2
    return [line.split() for line in lines[first : lines.index("", first)]]
