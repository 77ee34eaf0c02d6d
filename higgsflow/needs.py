"""Which columns jobs read: those that counters before any cut ask for, and the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from higgsflow.model.columns import Need, required
from higgsflow.model.systematic import WeightSystematic
from higgsflow.variations import input_columns as collection_inputs
from higgsflow.weight_columns import input_columns as weight_inputs

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from higgsflow.model.context import Context
    from higgsflow.model.shift import Shift
    from higgsflow.model.systematic import IndependentCollection, NominalCorrection, Systematics
    from higgsflow.taggers.sequence import Steps

IDENTITY = ("run", "luminosityBlock", "event")
GENERATOR_WEIGHT = "genWeight"


def is_made(name: str, added: Collection[str]) -> bool:
    """Whether taggers add a column, or the collection it is of."""
    return name in added or name.partition("_")[0] in added


def is_one_object(target: str, added: Collection[str]) -> bool:
    """Whether taggers add columns such as `lead_pt` for the object `lead`."""
    return target not in added and any(name.startswith(f"{target}_") for name in added)


def all_needs(
    steps: Steps, context: Context, systematics: Systematics, added: Collection[str]
) -> tuple[list[Need], dict[str, str]]:
    """Every column to read, and who needs it."""
    needed: list[Need] = []
    owners: dict[str, str] = {}
    made: dict[str, str] = {}
    for step in steps:
        for tagger in step:
            needed.extend(n for n in tagger.reads(context) if not is_made(n.name, made))
            owners.update(dict.fromkeys((n.name for n in tagger.reads(context)), tagger.name))
        made |= {name: kind for tagger in step for name, kind in tagger.adds(context).items()}
    for weight in systematics.weights.values():
        needed.extend(n for n in required(*weight_inputs(weight)) if not is_made(n.name, added))
        owners.update(dict.fromkeys(weight_inputs(weight), f"systematic {weight.name}"))
    for source in (
        *systematics.corrections.values(),
        *systematics.independent_collections.values(),
    ):
        needed.extend(required(*collection_inputs(source)))
        for name in collection_inputs(source):
            owners.setdefault(name, f"systematic {source.name}")
    return needed, owners


def first_needs(
    steps: Steps, context: Context, early: Iterable[WeightSystematic | Shift]
) -> tuple[Need, ...]:
    """Columns that the counters before any cut ask for."""
    needs = list(required(*IDENTITY))
    if not context.is_data:
        needs.extend(required(GENERATOR_WEIGHT))
    for tagger in steps[0]:
        needs.extend(tagger.reads(context))
    for source in early:
        if isinstance(source, WeightSystematic):
            needs.extend(required(*weight_inputs(source)))
        else:
            needs.extend(required(*collection_inputs(source)))
    return unique(needs)


def seen_before_cuts(
    systematics: Systematics, early: Iterable[WeightSystematic]
) -> tuple[IndependentCollection, ...]:
    """Collections under which central factors are others: sums before any cut are too."""
    inputs = {
        name for weight in early if weight.modify_central_weight for name in weight_inputs(weight)
    }
    return tuple(
        source
        for source in systematics.independent_collections.values()
        if inputs & set(source.changes)
    )


def of_first_step(
    weights: Iterable[WeightSystematic], steps: Steps, context: Context
) -> tuple[WeightSystematic, ...]:
    """Weights of objects that the first step selects: what they look at is read before it."""
    made = {name for tagger in steps[0] for name in tagger.adds(context)}
    return tuple(w for w in weights if not made.isdisjoint(w.target_collections))


def needs_of_objects(
    weights: Iterable[WeightSystematic], added: Collection[str]
) -> tuple[Need, ...]:
    """The columns of their objects that weights look at."""
    names = (
        name
        for weight in weights
        for name in weight_inputs(weight)
        if name.startswith(f"{weight.input_collection}_") and not is_made(name, added)
    )
    return required(*names)


def split_corrections(
    systematics: Systematics,
    steps: Steps,
    context: Context,
    early: Iterable[WeightSystematic | Shift],
) -> tuple[tuple[NominalCorrection, ...], tuple[NominalCorrection, ...]]:
    """Corrections up to the last one that matters before the skim, and the others."""
    needed = {need.name for tagger in steps[0] for need in tagger.reads(context)}
    for source in early:
        if isinstance(source, WeightSystematic):
            needed |= set(weight_inputs(source))
        else:
            needed |= {*collection_inputs(source), *source.changes}
    ordered = tuple(systematics.corrections.values())
    last = max((i + 1 for i, c in enumerate(ordered) if needed & set(c.changes)), default=0)
    return ordered[:last], ordered[last:]


def unique(needs: Iterable[Need], without: Collection[str] = ()) -> tuple[Need, ...]:
    """Each column once; required wins over optional."""
    by_name: dict[str, Need] = {}
    for need in needs:
        known = by_name.get(need.name)
        if need.name not in without and (known is None or known.optional):
            by_name[need.name] = need
    return tuple(by_name.values())
