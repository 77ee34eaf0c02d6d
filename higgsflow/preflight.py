"""What can be known of systematics before any event is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from higgsflow.corrections.files import check
from higgsflow.errors import InvalidConfiguration, UnknownName
from higgsflow.weights import target_columns

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from higgsflow.model.systematic import (
        IndependentCollection,
        NominalCorrection,
        Systematics,
        WeightSystematic,
    )


def check_systematics(systematics: Systematics, late: Iterable[WeightSystematic]) -> None:
    """Raises where sources do not fit together."""
    for weight in late:
        if weight.preserved is not None:
            raise InvalidConfiguration(
                f"'{weight.name}' keeps sums before any cut, but needs what taggers make",
                "",
                "use columns of the input, or leave out what it preserves",
            )
    for weight in systematics.weights.values():
        for variation in weight.under:
            if variation not in systematics.variations:
                where = f"under of '{weight.name}'"
                raise UnknownName("variation", variation, systematics.variations, where)
    for source in systematics.independent_collections.values():
        if source.of_correction:
            _check_other_direction(source, systematics)


def _check_other_direction(source: IndependentCollection, systematics: Systematics) -> None:
    known = systematics.corrections
    if source.of_correction not in known:
        raise UnknownName("correction", source.of_correction, known, f"what '{source.name}' varies")
    correction = known[source.of_correction]
    for direction in source.directions:
        if direction not in correction.directions:
            where = f"correction '{correction.name}'"
            raise UnknownName("direction", direction, correction.directions, where)
    for column in source.branch_modified:
        if column not in correction.branch_modified:
            where = f"what correction '{correction.name}' changes"
            raise UnknownName("column", column, correction.branch_modified, where)


def check_tags(systematics: Systematics, tags: tuple[str, ...]) -> None:
    """Raises for a tag that a weight is restricted to, but nobody gives."""
    for weight in systematics.weights.values():
        for tag in weight.modifies_taggers:
            if tag not in tags:
                raise UnknownName("tag", tag, tags, f"modifies_taggers of '{weight.name}'")


def check_one_object(weight: WeightSystematic, target: str, added: Collection[str]) -> None:
    """Raises if taggers do not add every column that a correction needs of an object."""
    for name in target_columns(weight, target):
        if name not in added:
            raise UnknownName("column", name, added, f"what taggers add for '{weight.name}'")


def check_files(systematics: Systematics) -> None:
    """Raises where a correction file does not hold what is asked of it."""
    for source in systematics.sources:
        for correction in source.corrections:
            check(correction, tuple(correction.variations) or ("central",), source.name)


def check_not_carried(correction: NominalCorrection, available: Collection[str], url: str) -> None:
    """Raises where the input carries a correction already that would be applied again."""
    column = correction.already_in
    if column is not None and not correction.undo and column in available:
        raise InvalidConfiguration(
            f"'{correction.name}' would be applied twice: {url} carries it, in '{column}'",
            "",
            f"say `undo: true` to divide by '{column}' first, or leave the correction out",
        )
