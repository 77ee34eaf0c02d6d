"""What the outputs of jobs are made by, as the stage of the jobs and those after it see it."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from tasks import session
from tasks.variation_task import VariationTask

if TYPE_CHECKING:
    from higgsflow.records.recipes import Recipe, RecipeBook
    from higgsflow.renaming import Renamings


class RecipeTask(VariationTask):
    """Base of the stage whose outputs a recipe determines."""

    exclude_index = True

    @functools.cached_property
    def recipe(self) -> Recipe:
        """What today's configuration wants, and what determines it."""
        from higgsflow.digests import recipe

        return recipe(self.plan)

    @functools.cached_property
    def renamings(self) -> Renamings:
        """How to read outputs of jobs by the names of today."""
        from higgsflow.renaming import Renamings

        return Renamings(self.recipe, self.plan.systematics)

    @property
    def recipes(self) -> RecipeBook:
        """What the outputs of jobs were made by, now and before."""
        return self.recipes_of(self.sample)

    def recipes_of(self, sample: str) -> RecipeBook:
        """The same of another sample of this year, which may not be configured any more."""
        from higgsflow.records.recipes import RecipeBook

        return RecipeBook(session.stage_folder(self.model, "jobs", sample, self.year) / "recipes")

    @functools.cached_property
    def kept_recipe(self) -> Recipe:
        """The recipe, of which the store knows from now on."""
        self.recipes.keep(self.recipe)
        return self.recipe
