"""What a thing is, whatever it and the things that it names are called.

A digest of what determines its numbers. Names count where numbers depend on them: random draws are
those of a name, and code of a user that looks at the name of the sample or of its tagger may do
anything with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

from higgsflow.code import mentions
from higgsflow.ingredients import digest
from higgsflow.taggers.base import CANDIDATE_IDX
from higgsflow.taggers.function import FunctionTagger
from higgsflow.weight_columns import factor_column, full_column
from higgsflow.weight_columns import input_columns as weight_inputs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from higgsflow.ingredients import Ingredients
    from higgsflow.model.shift import Shift
    from higgsflow.model.systematic import IndependentCollection, WeightSystematic
    from higgsflow.plan import Plan
    from higgsflow.taggers.base import Tagger

# by which the code of a class may get at the values of its fields, and of what it is given
_WHOLE = ("model_dump", "model_dump_json", "model_copy", "spec", "__dict__")


@dataclass(frozen=True)
class Identities:
    """Digests without names, of everything that has one.

    Attributes:
        taggers: step by step.
        variations: of independent collections only.
        variables, columns: of output columns, those of interest and those of weights.
    """

    weights: dict[str, str]
    corrections: dict[str, str]
    collections: dict[str, str]
    taggers: tuple[tuple[str, ...], ...]
    variations: dict[str, str]
    variables: dict[str, str]
    columns: dict[str, str]


@dataclass(frozen=True)
class Parts:
    """The ingredients of each thing that has a name, kind by kind; of taggers step by step.

    A correction and the collection of its other directions may have one name.
    """

    weights: dict[str, Ingredients]
    corrections: dict[str, Ingredients]
    collections: dict[str, Ingredients]
    taggers: list[list[tuple[str, Ingredients]]]


def identities(plan: Plan, parts: Parts) -> Identities:
    """What everything is, given its ingredients."""
    corrections = {
        name: digest(_of_shift(source, parts.corrections[name]))
        for name, source in plan.systematics.corrections.items()
    }
    collections = {
        name: digest(_of_collection(source, parts.collections[name], corrections))
        for name, source in plan.systematics.independent_collections.items()
    }
    variations = {
        variation: digest([collections[name], direction])
        for name, source in plan.systematics.independent_collections.items()
        for direction, variation in zip(source.directions, source.variations, strict=True)
    }
    weights = _of_weights(plan, parts.weights)
    taggers = dict(chain(*parts.taggers))
    return Identities(
        weights=weights,
        corrections=corrections,
        collections=collections,
        taggers=tuple(
            tuple(digest(_of_tagger(t, taggers[t.name], plan)) for t in step) for step in plan.steps
        ),
        variations=_with_weights_under(plan, variations, weights),
        variables={name: digest(what) for name, what in _variables(plan).items()},
        columns=_columns(plan, weights),
    )


def _of_shift(source: Shift, said: Ingredients) -> dict[str, Any]:
    """What a correction of the nominal events is, given its ingredients."""
    draws = {"draws are those of": source.name} if source.draws else {}
    return {**said, **draws}


def _of_collection(
    source: IndependentCollection, said: Ingredients, corrections: Mapping[str, str]
) -> dict[str, Any]:
    """What an independent collection is, given its ingredients and what the corrections are."""
    # corrections are known by their order, also where two are the same
    of_correction = [n for n, name in enumerate(corrections) if name == source.of_correction]
    return {**_of_shift(source, said), "nominal_correction": of_correction}


def _with_weights_under(
    plan: Plan, variations: Mapping[str, str], weights: Mapping[str, str]
) -> dict[str, str]:
    """The same with the weights of which another direction is the central one under each of them.

    Elsewhere that is of no account: another shift makes nothing again but itself.
    """
    found = {}
    for variation, own in variations.items():
        under = sorted(
            [weights[weight.name], weight.under[variation]]
            for weight in plan.weights
            if variation in weight.under
        )
        found[variation] = digest([own, under]) if under else own
    return found


def _of_weights(plan: Plan, said: Mapping[str, Ingredients]) -> dict[str, str]:
    """What each weight is.

    Counters are kept for every combination of the bins of sources that preserve sums: two of these
    that are the same are not one.
    """
    found: dict[str, str] = {}
    for weight in plan.weights:
        one = digest(_of_weight(weight, said[weight.name], plan))
        twins = list(found.values()).count(one) if weight.preserved is not None else 0
        found[weight.name] = digest([one, twins]) if twins else one
    return found


def _of_weight(weight: WeightSystematic, said: Ingredients, plan: Plan) -> dict[str, Any]:
    """What a weight is, but for the names of tags, taggers and variations that it names."""
    own = {n: value for n, value in said.items() if n != "under" and not n.startswith("under.")}
    taggers = {t.name: position for position, t in enumerate(chain(*plan.steps))}
    made = _made(plan)
    return {
        **own,
        # its columns may have swapped their names
        "made columns": [made[name] for name in weight_inputs(weight) if name in made],
        "modifies_taggers": sorted(plan.tags.index(tag) for tag in weight.modifies_taggers),
        "preserve.after": sorted(str(taggers.get(name, name)) for name in weight.cuts_before),
        # of the variations that it is under; the word stays, so that what is made is current
        "under": {},
    }


def _columns(plan: Plan, weights: Mapping[str, str]) -> dict[str, str]:
    """What the output columns of weights are."""
    found = {}
    for weight in plan.weights:
        for direction in weight.directions:
            own = (weights[weight.name], direction)
            found[factor_column(weight, direction)] = digest(["factor", *own])
            found[full_column(weight, direction)] = digest(["full", *own])
    return {name: found[name] for name in plan.weight_columns}


def _of_tagger(tagger: Tagger, said: Ingredients, plan: Plan) -> dict[str, Any]:
    """What a tagger is, but for its name and the names that it may give to columns."""
    added = tagger.adds(plan.context)
    naming = tagger.names_columns if tagger in plan.steps[-1] else ()
    own = {name: value for name, value in said.items() if name not in ("name", *naming)}
    columns = list(added.values()) if naming else dict(added)
    name = {"name": tagger.name} if _sees(tagger, ("name", *_WHOLE)) else {}
    return {**own, **name, "adds": columns}


def _variables(plan: Plan) -> dict[str, str]:
    """What each variable of interest is: the column of the input, or of a tagger.

    A column that an option names is the one that this tagger adds at this place.
    """
    made, passed_on = {CANDIDATE_IDX: CANDIDATE_IDX, **_made(plan)}, ("input", "gen")
    return {
        name: f"{kind}: {name}" if kind in passed_on else made[name]
        for name, kind in plan.variables.items()
    }


def _made(plan: Plan) -> dict[str, str]:
    """What each column that a tagger adds is: its name, or its place where an option names it.

    The latter in the last step only, where no code of another tagger may look at it.
    """
    made: dict[str, str] = {}
    for step in plan.steps:
        for position, tagger in enumerate(step):
            is_free = step is plan.steps[-1] and bool(tagger.names_columns)
            for place, name in enumerate(tagger.adds(plan.context)):
                own = f"{position}.{place} of the last step" if is_free else f"'{name}'"
                made.setdefault(name, f"added: {own}")
    return made


def sample_of(plan: Plan) -> str:
    """The name of the sample, where code of a tagger looks at it; else empty."""
    taggers = (tagger for step in plan.steps for tagger in step)
    seen = any(_is_told(tagger) and _sees(tagger, ("sample", *_WHOLE)) for tagger in taggers)
    return plan.context.sample if seen else ""


def _is_told(tagger: Tagger) -> bool:
    """Whether it is given the context at all."""
    return not isinstance(tagger, FunctionTagger) or tagger.takes_context


def _sees(tagger: Tagger, words: Sequence[str]) -> bool:
    """Whether the code of a user has one of these words; what is shipped looks at no name."""
    if isinstance(tagger, FunctionTagger):
        # a function is not told what its tagger is called
        return "sample" in words and mentions(tagger.function, words)
    reference = tagger.spec()["tagger"]
    return not reference.startswith("higgsflow.") and mentions(reference, words)
