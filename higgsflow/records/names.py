"""What things are called in the outputs of a job, and which of them are those of today.

What is stored is known by what it is, a digest without names: the events of a variation by that
of its product, a column by its own, a source of weights by the one that stands here. So a thing
that is only called otherwise today is found again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from higgsflow.model.noun import Noun
from higgsflow.model.source import NOMINAL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from higgsflow.records.job_record import Product


class Names(Noun):
    """How a configuration calls what jobs count and write.

    Attributes:
        weights, collections, corrections: what each source is, by its name.
        taggers: their names, step by step; what each is stands in the digest of every product.
    """

    weights: dict[str, str] = {}
    collections: dict[str, str] = {}
    corrections: dict[str, str] = {}
    taggers: tuple[tuple[str, ...], ...] = ()


class Called(Noun):
    """Names in the file of a job of what is called otherwise today, by the names of today."""

    variations: dict[str, str] = {}
    columns: dict[str, str] = {}

    def variation(self, name: str) -> str:
        """What a variation of today is called in the file."""
        return self.variations.get(name, name)

    def column(self, name: str) -> str:
        """What a column of today is called in the file."""
        return self.columns.get(name, name)


def matches(have: Mapping[str, Product], wanted: Mapping[str, Product]) -> dict[str, str]:
    """For each wanted variation what it is called among those that a job has made.

    Those that are not there are left out. One that has its name of today is taken first.
    """
    by_digest: dict[str, list[str]] = {}
    for name, product in have.items():
        if name != NOMINAL:
            by_digest.setdefault(product.digest, []).append(name)
    found = {}
    for variation, product in wanted.items():
        others = () if variation == NOMINAL else by_digest.get(product.digest, ())
        for name in (variation, *others):
            if name in have and have[name].covers(product):
                found[variation] = name
                break
    return found


def counterparts(stored: Mapping[str, str], today: Mapping[str, str]) -> dict[str, str]:
    """By the names of today what a job called the same; both say what each name stands for.

    What is not there is left out, and of several that are the same any will do.
    """
    by_content = {content: name for name, content in stored.items()}
    return {
        name: name if stored.get(name) == content else by_content[content]
        for name, content in today.items()
        if content in by_content
    }
