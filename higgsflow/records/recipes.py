"""What determined the outputs of jobs, kept once for a sample, a year and a configuration.

Records of jobs hold digests only: ten thousand of them share a recipe.
"""

from __future__ import annotations

import functools
import hashlib
import math
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from higgsflow.ingredients import digest, marked, named
from higgsflow.model.noun import Noun
from higgsflow.model.source import NOMINAL
from higgsflow.output.atomic import remove_stale_once, write_text
from higgsflow.records.adoption import link
from higgsflow.records.job_record import Product
from higgsflow.records.names import Names
from higgsflow.there import is_file, is_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Recipe(Noun):
    """What determines the events of every variation of one sample and year.

    Attributes:
        common: ingredients of all variations.
        own: of each systematic that changes events, in addition.
        sources: the systematic of each variation; empty for the nominal one.
        weights: ingredients of each source of weights.
        made_by: the source of each column that holds factors.
        products: the digests of all this, as they stand in the records of jobs.
        names: what the sources and taggers are called.
    """

    common: dict[str, Any]
    own: dict[str, dict[str, Any]]
    sources: dict[str, str]
    weights: dict[str, dict[str, Any]]
    made_by: dict[str, str]
    products: dict[str, Product]
    names: Names = Names()

    def named(self) -> dict[str, list[str]]:
        """What everything is called, as ingredients: by what it is, all names that it has."""
        nominal = self.products[NOMINAL]
        of_columns = {n: d for n, d in nominal.columns.items() if n not in self.made_by}
        taggers = {
            name: f"{nominal.digest}.{step}.{position}"
            for step, names in enumerate(self.names.taggers)
            for position, name in enumerate(names)
        }
        kinds = {
            "systematic": {**self.names.weights, **self.names.collections},
            "correction": self.names.corrections,
            "tagger": taggers,
            "column": of_columns,
        }
        return {k: n for kind, names in kinds.items() for k, n in named(kind, names).items()}

    def as_ingredients(self) -> dict[str, Any]:
        """What the outputs of jobs are and what everything in them is called."""
        return {**self.named(), "what jobs make": marked(self.made)}

    @property
    def made(self) -> str:
        """A digest of what jobs make, whatever it is called."""
        contents = ((p.digest, sorted(p.columns.values())) for p in self.products.values())
        return digest(sorted(contents))


class RecipeBook:
    """The folder of the recipes of one sample and year."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, recipe: Recipe) -> None:
        """Writes a recipe, or lets one that is there be the latest again: it was taken back."""
        text = recipe.model_dump_json()
        path = self._folder / f"{hashlib.sha256(text.encode()).hexdigest()[:16]}.json"
        if is_file(path):
            if self._latest()[0][1] != path:
                # of a colleague's file the time may not be ours to change
                with suppress(OSError):
                    path.touch()
            return
        if is_folder(self._folder):
            # of who was killed while it wrote one
            remove_stale_once(self._folder)
        write_text(path, text)

    def take_over(self, other: RecipeBook) -> None:
        """Keeps the recipes of a sample whose outputs are adopted: they tell what changes next."""
        for _, path in other._latest():
            target = self._folder / path.name
            if not is_file(target):
                link(path, target)

    def of(self, variation: str, product: Product) -> Recipe | None:
        """The recipe by which the events of a variation were made; None where none was kept."""
        return next((r for r in self._recipes() if _makes(r, variation, product)), None)

    def age_of(self, variation: str, product: Product) -> float:
        """How many recipes are later than that of some events; infinite where none was kept."""
        recipes = enumerate(self._recipes())
        return next((n for n, r in recipes if _makes(r, variation, product)), math.inf)

    def that_made(self, made: str) -> Recipe | None:
        """The recipe of what jobs have made, given its digest; None where none was kept."""
        return next((r for r in self._recipes() if r.made == made), None)

    def _recipes(self) -> Iterator[Recipe]:
        """The latest first."""
        for time, path in self._latest():
            recipe = _read(path, time)
            if recipe is not None:
                yield recipe

    def _latest(self) -> list[tuple[int, Path]]:
        """The files with their times, the latest first."""
        found = self._folder.glob("*.json") if is_folder(self._folder) else ()
        return sorted(((path.stat().st_mtime_ns, path) for path in found), reverse=True)


def _makes(recipe: Recipe, variation: str, product: Product) -> bool:
    found = recipe.products.get(variation)
    # a job that was narrowed to fewer columns does not exist: its product is whole
    return found is not None and found.covers(product) and product.covers(found)


@functools.lru_cache(maxsize=100)
def _read(path: Path, mtime_ns: int) -> Recipe | None:
    del mtime_ns
    try:
        return Recipe.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        # a recipe explains; nothing depends on it
        return None
