from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

from higgsflow.records.job_record import Product
from higgsflow.records.recipes import Recipe, RecipeBook

if TYPE_CHECKING:
    from pathlib import Path


def recipe(digest: str, threshold: float = 1.0) -> Recipe:
    return Recipe(
        common={"tagger met: threshold": threshold},
        own={},
        sources={"nominal": ""},
        weights={},
        made_by={},
        products={"nominal": Product(digest=digest, columns={"m": ""})},
    )


def test_finds_what_events_were_made_by(tmp_path: Path) -> None:
    book = RecipeBook(tmp_path / "recipes")
    for found in (recipe("a"), recipe("b", 2.0), recipe("b", 2.0)):
        book.keep(found)
    assert len(list((tmp_path / "recipes").iterdir())) == 2
    assert book.of("nominal", Product(digest="a", columns={"m": ""})) == recipe("a")
    assert book.of("nominal", Product(digest="c", columns={"m": ""})) is None
    assert book.of("jes_up", Product(digest="a", columns={"m": ""})) is None
    for columns in ({}, {"m": "", "pt": "c"}):
        assert book.of("nominal", Product(digest="a", columns=columns)) is None


def test_one_that_is_kept_again_is_the_latest(tmp_path: Path) -> None:
    book, parts = RecipeBook(tmp_path), [Product(digest=d, columns={"m": ""}) for d in "abc"]
    for n, found in enumerate((recipe("a"), recipe("b"))):
        book.keep(found)
        newest = max(tmp_path.iterdir(), key=lambda path: path.stat().st_mtime_ns)
        os.utime(newest, (1000 + n, 1000 + n))
    assert [book.age_of("nominal", part) for part in parts] == [1, 0, math.inf]
    book.keep(recipe("a"))
    assert [book.age_of("nominal", part) for part in parts] == [0, 1, math.inf]
    times = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    book.keep(recipe("a"))
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == times


def test_finds_what_made_all_that_jobs_make(tmp_path: Path) -> None:
    book = RecipeBook(tmp_path)
    book.keep(recipe("a"))
    assert book.that_made(recipe("a").made) == recipe("a")
    assert book.that_made(recipe("b").made) is None


WRITES = """
import os, signal, sys
from pathlib import Path
from higgsflow.output.atomic import written_atomically

with written_atomically(Path(sys.argv[1])):
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_process_has_half_written_is_removed(tmp_path: Path) -> None:
    killed = subprocess.run([sys.executable, "-c", WRITES, str(tmp_path / "a.json")], check=False)
    assert killed.returncode == -signal.SIGKILL
    (half,) = tmp_path.iterdir()
    RecipeBook(tmp_path).keep(recipe("a"))
    assert not half.exists()


def test_a_damaged_recipe_explains_nothing_and_hurts_nobody(tmp_path: Path) -> None:
    book = RecipeBook(tmp_path)
    assert book.of("nominal", Product(digest="a", columns={})) is None
    (tmp_path / "x.json").write_text('{"common": 3}', encoding="utf-8")
    book.keep(recipe("a"))
    assert book.of("nominal", Product(digest="a", columns={"m": ""})) == recipe("a")


def test_an_adopted_sample_takes_over_all_recipes_with_their_times(tmp_path: Path) -> None:
    """The latest one that made something explains it."""
    old, new = RecipeBook(tmp_path / "old"), RecipeBook(tmp_path / "new")
    old.keep(recipe("a"))
    new.take_over(old)
    new.take_over(old)
    (kept,), (taken,) = ((tmp_path / name).iterdir() for name in ("old", "new"))
    assert (taken.name, taken.read_bytes()) == (kept.name, kept.read_bytes())
    assert taken.stat().st_mtime_ns == kept.stat().st_mtime_ns
    new.take_over(RecipeBook(tmp_path / "nowhere"))
