"""What can be known of systematics before any event is read."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

from higgsflow.corrections.shipped import SHIPPED
from higgsflow.errors import InvalidConfiguration, UnknownName, shorten
from higgsflow.model.number_options import check_numbers
from higgsflow.model.reference import resolve
from higgsflow.model.shift import NominalCorrection, Shift
from higgsflow.model.source import CENTRAL
from higgsflow.model.systematic import WeightSystematic
from higgsflow.preserved import bin_column
from higgsflow.weight_columns import factor_column, full_column, target_columns

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from higgsflow.corrections.shipped import Shifted
    from higgsflow.model.source import Systematic
    from higgsflow.model.systematic import IndependentCollection, Systematics


# columns that every merged file has
_CENTRAL = ("weight_central", "weight_central_no_lumi", "weight_central_initial")


def check_systematics(systematics: Systematics) -> None:
    """Raises where sources do not fit together."""
    _check_columns(systematics)
    for weight in systematics.weights.values():
        for variation in weight.under:
            if variation not in systematics.variations:
                where = f"under of '{weight.name}'"
                raise UnknownName("variation", variation, systematics.variations, where)
    for source in systematics.independent_collections.values():
        if source.of_correction:
            _check_other_direction(source, systematics)


def _check_columns(systematics: Systematics) -> None:
    """No two columns of weights are called the same, such as full_x up and the full weight of x."""
    owners = dict.fromkeys(_CENTRAL, "every output")
    for weight in systematics.weights.values():
        columns = [factor_column(weight, direction) for direction in (CENTRAL, *weight.directions)]
        columns += [bin_column(weight)] if weight.preserved is not None else []
        if weight.modify_central_weight:
            columns += [full_column(weight, direction) for direction in weight.directions]
        for column in columns:
            owner = owners.setdefault(column, f"'{weight.name}'")
            if owner != f"'{weight.name}'":
                raise InvalidConfiguration(
                    f"{owner} and '{weight.name}' both make the column '{column}'",
                    "",
                    f"give '{weight.name}' another name",
                )


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
    _check_missing_momentum(source, systematics)


def _check_missing_momentum(source: IndependentCollection, systematics: Systematics) -> None:
    """Raises where a later correction moves missing momentum, of which a direction has but pt."""
    in_order = tuple(systematics.corrections.values())
    place = [correction.name for correction in in_order].index(source.of_correction)
    for later in in_order[place + 1 :]:
        moved = later.met.columns if later.met is not None and later.acts_on(is_data=False) else ()
        if shared := sorted(set(moved) & set(source.branch_modified)):
            raise InvalidConfiguration(
                f"'{later.name}' moves missing momentum after '{source.of_correction}' did",
                f"'{source.name}' varies {', '.join(shared)} of the latter",
                f"let '{source.of_correction}' come after '{later.name}'",
            )


def check_functions(systematics: Systematics) -> None:
    """Raises for a function that is not there, or cannot do what it is asked with its `kwargs`."""
    # twenty sources have one function, and jobs ask too
    signatures: dict[str, inspect.Signature | None] = {}
    for source in systematics.sources:
        if source.function is not None:
            if source.function not in signatures:
                signatures[source.function] = _signature_of(source.function)
            if signature := signatures[source.function]:
                _check_call(source, signature)
            if isinstance(source, Shift) and source.function in SHIPPED:
                _check_shipped(source, SHIPPED[source.function])


def _check_shipped(source: Shift, gives: Shifted) -> None:
    """Of a function of this program it is known what it shifts."""
    where = f"what {source.function} gives, for '{source.name}'"
    for column in source.branch_modified:
        if column != gives.column:
            raise UnknownName("column", column, (gives.column,), where)
    for direction in (CENTRAL,) if isinstance(source, NominalCorrection) else source.directions:
        if direction not in gives.directions:
            raise UnknownName("direction", direction, gives.directions, where)


def _signature_of(function: str) -> inspect.Signature | None:
    """What a function takes; None of code that is not Python, which does not tell it."""
    try:
        return inspect.signature(resolve(function))
    except (TypeError, ValueError):
        return None


def _check_call(source: Systematic, signature: inspect.Signature) -> None:
    """A weight is given the events, a shift the direction too."""
    n_given = 1 if isinstance(source, WeightSystematic) else 2
    others = list(signature.parameters.values())[n_given:]
    if not any(p.kind is p.VAR_KEYWORD for p in others):
        named = [p.name for p in others if p.kind is not p.VAR_POSITIONAL]
        for option in source.kwargs:
            if option not in named:
                raise UnknownName("option", option, named, f"the function of '{source.name}'")
    check_numbers(source.kwargs, signature.parameters, f"the function of '{source.name}'")
    try:
        signature.bind(*[None] * n_given, **source.kwargs)
    except TypeError as error:
        what = f"'{source.name}' cannot be called as configured: {error}"
        takes = "events" if n_given == 1 else "events and direction"
        where, remedy = str(source.function), f"it is given {takes}, and kwargs"
        raise InvalidConfiguration(what, where, remedy) from error


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


def check_made_of(weight: WeightSystematic, sources: Mapping[str, str]) -> None:
    """Raises where factors of a collection are given to objects that a tagger makes of another.

    `sources` has the collection that each collection, or object, of a tagger is made of.
    """
    own = _collection_of_factors(weight)
    asked = set(_ancestry(own, sources))
    for target in weight.target_collections if own else ():
        if target in sources and asked.isdisjoint(_ancestry(target, sources)):
            fitting = [name for name in sources if not asked.isdisjoint(_ancestry(name, sources))]
            raise InvalidConfiguration(
                f"'{weight.name}' has factors of {own}, and '{target}' is made of "
                f"{sources[target]}",
                f"in target_collections; made of {own} are: {shorten(fitting) or 'none'}",
                f"name one of these, or say `input_collection: {sources[target]}`",
            )


def _collection_of_factors(weight: WeightSystematic) -> str:
    """The collection whose columns make its factors; empty where that is not said."""
    if weight.input_collection is not None:
        return weight.input_collection
    names = {n.partition("_")[0] for n in (*weight.branches.values(), *weight.asked_columns)}
    return min(names) if len(names) == 1 else ""


def _ancestry(name: str, sources: Mapping[str, str]) -> tuple[str, ...]:
    """A collection, the one that it is made of, and so on."""
    found = [name]
    while (source := sources.get(found[-1])) is not None and source not in found:
        found.append(source)
    return tuple(found)


def check_not_carried(correction: NominalCorrection, available: Collection[str], url: str) -> None:
    """Raises where the input carries a correction already that would be applied again."""
    column = correction.already_in
    if column is not None and not correction.undo and column in available:
        raise InvalidConfiguration(
            f"'{correction.name}' would be applied twice: {url} carries it, in '{column}'",
            "",
            f"say `undo: true` to divide by '{column}' first, or leave the correction out",
        )
