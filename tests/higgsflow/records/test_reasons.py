from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from higgsflow.records.chunk_store import ChunkStore
from higgsflow.records.job_record import JobRecord, Product
from higgsflow.records.names import Names
from higgsflow.records.reasons import GONE, NEVER, JobReasons, taken_back
from higgsflow.records.recipes import Recipe, RecipeBook

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from higgsflow.events.chunks import Chunk

    Finish = Callable[..., JobRecord]
    Chunks = tuple[Chunk, ...]
    Why = Callable[..., dict[str, int]]

CUT = "tagger diphoton: lead_pt_min"


def recipe(threshold: float = 35.0, shift: float = 0.1, **weights: dict[str, Any]) -> Recipe:
    """An object systematic `jes` with one direction, and weights with one column each."""
    factors = {f"weight_{name}_up": f"{name} {given}" for name, given in weights.items()}
    products = {
        "nominal": Product(digest=f"{threshold}", columns={"m": "", **factors}),
        "jes_up": Product(digest=f"{threshold} {shift}", columns={"m": ""}),
    }
    return Recipe(
        common={CUT: threshold, "code of mine": "#a"},
        own={"jes": {"kwargs.shift": shift}},
        sources={"nominal": "", "jes_up": "jes"},
        weights=weights,
        made_by={f"weight_{name}_up": name for name in weights},
        products=products,
    )


@pytest.fixture
def why(tmp_path: Path, chunks: Chunks) -> Callable[..., dict[str, int]]:
    """The reasons after jobs were made by recipes that are known."""

    def ask(today: Recipe, *known: Recipe, variations: tuple[str, ...] = ()) -> dict[str, int]:
        book = RecipeBook(tmp_path / "recipes")
        for one in known:
            book.keep(one)
        asked = JobReasons(ChunkStore(tmp_path), today, book)
        return asked.of(chunks, variations or tuple(today.products))

    return ask


def test_what_was_never_made(why: Why, chunks: Chunks, finish: Finish) -> None:
    assert why(recipe()) == {NEVER: 3}
    finish(chunks[0], recipe().products)
    assert why(recipe(), recipe()) == {NEVER: 2}


def test_nominal_events_that_only_a_variation_was_made_without(
    why: Why, chunks: Chunks, finish: Finish
) -> None:
    """As by `--variation jes_up`; they are of no systematic."""
    for chunk in chunks:
        finish(chunk, {"jes_up": recipe().products["jes_up"]})
    assert why(recipe(), recipe()) == {"nominal was never made": 3}


def test_what_is_current_has_no_reason(why: Why, chunks: Chunks, finish: Finish) -> None:
    for chunk in chunks:
        finish(chunk, recipe().products)
    assert why(recipe(), recipe()) == {}


@pytest.mark.parametrize(
    ("today", "reasons"),
    [
        (recipe(threshold=40.0), [f"{CUT} 35 -> 40"]),
        (recipe(shift=0.2), ["systematic jes: kwargs.shift 0.1 -> 0.2"]),
        (
            recipe(threshold=40.0, shift=0.2),
            [f"{CUT} 35 -> 40", "systematic jes: kwargs.shift 0.1 -> 0.2"],
        ),
        (recipe(pileup={"branches.up": "puUp"}), ["systematic pileup is new"]),
    ],
)
def test_names_what_has_changed(
    why: Why, chunks: Chunks, finish: Finish, today: Recipe, reasons: list[str]
) -> None:
    """Once for all chunks and variations."""
    for chunk in chunks:
        finish(chunk, recipe().products)
    assert why(today, recipe()) == dict.fromkeys(reasons, 3)


@pytest.mark.parametrize(("n", "as_one"), [(3, False), (4, True)])
def test_another_version_of_the_program_is_one_reason_after_those_of_the_user(
    why: Why, chunks: Chunks, finish: Finish, n: int, as_one: bool
) -> None:
    before, today = (
        found.model_copy(
            update={"common": {f"code of higgsflow.m{k}": mark for k in range(n)} | found.common}
        )
        for found, mark in ((recipe(), "#a"), (recipe(threshold=40.0), "#b"))
    )
    for chunk in chunks:
        finish(chunk, before.products)
    cut = f"{CUT} 35 -> 40"
    modules = [f"code of higgsflow.m{k} changed" for k in range(n)]
    one = [cut, f"the program is another: {n} of its modules changed"]
    assert list(why(today, before)) == (one if as_one else [*modules, cut])


def test_what_is_the_same_in_words_has_a_reason_too(
    why: Why, chunks: Chunks, finish: Finish
) -> None:
    """As after an upgrade to a version that makes digests otherwise."""
    before, today = recipe(threshold=35.0), recipe(threshold=40.0)
    today = today.model_copy(update={"common": before.common})
    for chunk in chunks:
        finish(chunk, before.products)
    assert why(today, before) == {
        "the program is another: it knows what was made by other digests": 3
    }


@pytest.mark.parametrize(
    ("after", "told"),
    [
        (["a"], ["tagger b is gone"]),
        (["a", "b", "c"], ["tagger c is new"]),
        (["b", "a"], ["order of the taggers: in another order"]),
    ],
)
def test_what_came_or_went_is_not_told_of_the_order_too(
    why: Why, chunks: Chunks, finish: Finish, after: list[str], told: list[str]
) -> None:
    before, today = (
        recipe(threshold).model_copy(
            update={
                "common": {f"tagger {name}: made by": "" for name in names}
                | {"order of the taggers": names}
            }
        )
        for threshold, names in ((1.0, ["a", "b"]), (2.0, after))
    )
    for chunk in chunks:
        finish(chunk, before.products)
    assert list(why(today, before)) == told


def test_a_change_is_told_against_what_was_wanted_last(
    why: Why, chunks: Chunks, finish: Finish
) -> None:
    """Which jobs need not have made last: a change that was taken back made nothing."""
    first, other = recipe(), recipe(threshold=40.0)
    for made in (first, other):
        for chunk in chunks:
            finish(chunk, made.products, made.products["nominal"].digest)
    assert why(recipe(threshold=50.0), first, other) == {f"{CUT} 40 -> 50": 3}
    assert why(recipe(threshold=50.0), first) == {f"{CUT} 35 -> 50": 3}


def test_what_was_taken_back_is_told_with_that_nothing_is_made() -> None:
    today = recipe(shift=0.2, pileup={"up": "a"})
    told = taken_back(recipe(threshold=40.0, pileup={"up": "b"}), today)
    assert told == tuple(
        f"{one}, which was made before: nothing to make again"
        for one in (
            f"{CUT} 40 -> 35",
            "systematic jes: kwargs.shift 0.1 -> 0.2",
            "systematic pileup: up b -> a",
        )
    )


def test_another_weight_is_the_reason_for_the_nominal_only(
    why: Why, chunks: Chunks, finish: Finish
) -> None:
    before, today = recipe(pileup={"up": "a"}), recipe(pileup={"up": "b"})
    for chunk in chunks:
        finish(chunk, before.products)
    assert why(today, before) == {"systematic pileup: up a -> b": 3}
    assert why(today, before, variations=("jes_up",)) == {}


def test_a_new_systematic_and_a_damaged_output(
    tmp_path: Path, why: Why, chunks: Chunks, finish: Finish
) -> None:
    whole = recipe().products
    for chunk in chunks:
        finish(chunk, {"nominal": whole["nominal"]})
    next(tmp_path.glob(f"{chunks[0].id}.*.parquet")).write_bytes(b"cut off")
    assert why(recipe(), recipe()) == {GONE: 1, "systematic jes is new": 2}


def test_a_configuration_that_nobody_kept_is_said_to_be_unknown(
    why: Why, chunks: Chunks, finish: Finish
) -> None:
    for chunk in chunks:
        finish(chunk, recipe(threshold=1.0).products)
    (reason,) = why(recipe(), recipe())
    assert "not known any more" in reason


def called(name: str, threshold: float, **sources: str) -> Recipe:
    """The recipe with `jes` under another name, and perhaps another systematic under that one."""
    found = recipe(threshold)
    products = {"nominal": found.products["nominal"], f"{name}_up": found.products["jes_up"]}
    names = Names(collections={name: "shift of jets", **sources})
    more = {
        f"{other}_up": Product(digest=content, columns={}) for other, content in sources.items()
    }
    return found.model_copy(
        update={
            "own": {name: found.own["jes"], **{other: {"is": 1} for other in sources}},
            "sources": {"nominal": "", f"{name}_up": name, **{f"{o}_up": o for o in sources}},
            "products": {**products, **more},
            "names": names,
        }
    )


def test_what_changed_is_told_of_a_renamed_systematic_too(
    why: Why, chunks: Chunks, finish: Finish
) -> None:
    before = called("jes", 35.0)
    for chunk in chunks:
        finish(chunk, before.products)
    assert why(called("jec", 40.0), before) == {f"{CUT} 35 -> 40": 3}
    today = called("jec", 35.0, jes="something else")
    assert why(today, before) == {"systematic jes is new": 3}
