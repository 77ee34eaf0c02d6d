"""What jobs of one sample and year read, compute and write; made once, before anything runs.

Here the declarations of taggers and systematics meet: which columns to read, which weights can be
computed before the taggers, and whether every column that somebody wants is produced by somebody.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from higgsflow.added_names import (
    check_added,
    check_counted_alike,
    check_input_stays,
    is_in_every_output,
)
from higgsflow.errors import InvalidConfiguration, UnknownName
from higgsflow.model.columns import Need, candidates, required
from higgsflow.model.context import Context
from higgsflow.needs import (
    all_needs,
    first_needs,
    is_made,
    is_one_object,
    needs_of_objects,
    of_first_step,
    seen_before_cuts,
    split_corrections,
    unique,
)
from higgsflow.preflight import (
    check_functions,
    check_made_of,
    check_one_object,
    check_systematics,
    check_tags,
)
from higgsflow.step_of_sums import step_of_sums
from higgsflow.taggers.base import CANDIDATE_IDX, COLLECTION
from higgsflow.taggers.candidates import candidate_of, check_candidates
from higgsflow.taggers.declared import check_declared
from higgsflow.taggers.sequence import Steps, load_steps
from higgsflow.weight_columns import factor_column, full_column
from higgsflow.weight_columns import input_columns as weight_inputs

if TYPE_CHECKING:
    from collections.abc import Collection

    from higgsflow.model.analysis import AnalysisModel
    from higgsflow.model.preserved import Bins
    from higgsflow.model.sample import SampleYear
    from higgsflow.model.shift import Shift
    from higgsflow.model.systematic import (
        IndependentCollection,
        NominalCorrection,
        Systematics,
        WeightSystematic,
    )

# what of a weight says how things are called and where they lie, not what they are
_NAMES = {"name", "samples", "years", "modifies_taggers", "under"}
_PLACES: dict[str, Any] = {
    "correction": {"file"},
    "working_point": {"efficiency": {"file"}},
    "preserve": {"after"},
}
INPUT_PREFIX, GENERATOR_PREFIX = "input:", "gen:"


@dataclass(frozen=True)
class Plan:
    """The declarations of one sample and year, put together.

    Attributes:
        early, late: weight sources computed before the sequence, and after it.
        first_corrections, rest_corrections: of the nominal events, before the skim and after it.
        first_needs: columns read for all events; rest_needs: for those that survive the skim.
        needed_by: who needs a column, for messages.
        variables: variables of interest with their types; `input` and `gen` of the file's.
        watched: collections that change what early factors of the central weight look at.
        kept_at: of late weights that preserve sums, the step before whose cuts they are counted.
        tells_central: whether outputs hold the central factor of each weight too, to explain it.
    """

    analysis: AnalysisModel
    pair: SampleYear
    context: Context
    steps: Steps
    systematics: Systematics
    early: tuple[WeightSystematic, ...]
    late: tuple[WeightSystematic, ...]
    first_corrections: tuple[NominalCorrection, ...]
    rest_corrections: tuple[NominalCorrection, ...]
    first_needs: tuple[Need, ...]
    rest_needs: tuple[Need, ...]
    needed_by: dict[str, str]
    variables: dict[str, str]
    watched: tuple[IndependentCollection, ...]
    kept_at: dict[str, int]
    tells_central: bool = False

    @property
    def may_read(self) -> tuple[str, ...]:
        """Columns of files that jobs read where they are there."""
        return candidates((*self.first_needs, *self.rest_needs))

    @property
    def tags(self) -> tuple[str, ...]:
        """Names of the tags; tag_idx counts them."""
        return self.analysis.tag_sequence.tags

    @cached_property
    def varying(self) -> frozenset[str]:
        """Columns that some variation changes."""
        sources = self.systematics.independent_collections.values()
        return frozenset(name for source in sources for name in source.changes)

    @cached_property
    def touched(self) -> dict[str, frozenset[str]]:
        """Per independent collection the early weights whose factors are made from its columns."""
        inputs = {weight.name: frozenset(weight_inputs(weight)) for weight in self.early}
        return {
            name: frozenset(w for w in inputs if not inputs[w].isdisjoint(source.changes))
            for name, source in self.systematics.independent_collections.items()
        }

    @property
    def generator_bins(self) -> dict[str, Bins]:
        """Bins of the generator in which sums are kept; of simulation only."""
        return {} if self.context.is_data else dict(self.analysis.generator_bins)

    @property
    def weights(self) -> tuple[WeightSystematic, ...]:
        """All weight sources, by name."""
        return tuple(self.systematics.weights.values())

    @cached_property
    def binned_weights(self) -> tuple[tuple[WeightSystematic, Bins], ...]:
        """Weight sources that preserve sums in bins, of which outputs hold the bin."""
        kept = ((weight, weight.preserved) for weight in self.weights)
        return tuple((weight, bins) for weight, bins in kept if bins is not None and bins.column)

    @cached_property
    def weight_columns(self) -> dict[str, WeightSystematic]:
        """Output columns of the nominal events that hold factors and full weights."""
        columns = {}
        for weight in self.weights:
            for direction in weight.directions:
                columns[factor_column(weight, direction)] = weight
                if weight.modify_central_weight:
                    columns[full_column(weight, direction)] = weight
        return columns


def make_plan(analysis: AnalysisModel, pair: SampleYear) -> Plan:
    """The plan of one sample and year.

    Raises:
        UserError: where declarations do not fit together; nothing was read yet.
    """
    context = Context(sample=pair.sample.name, year=pair.year, is_data=pair.is_data)
    steps = load_steps(analysis.tag_sequence)
    added = _check_steps(steps, context, analysis)
    systematics = analysis.systematics_of(pair)
    in_order = sorted(systematics.weights.values(), key=_without_names)
    late = tuple(weight for weight in in_order if _is_late(weight, added))
    early = tuple(weight for weight in in_order if not _is_late(weight, added))
    check_tags(systematics, analysis.tag_sequence.tags)
    _check_targets(systematics, added, made_of(steps, context))
    check_systematics(systematics)
    check_functions(systematics)
    kept_at = {w.name: step_of_sums(w, steps, context) for w in late if w.preserved is not None}
    variables = _variables(analysis, added)
    variables |= {CANDIDATE_IDX: "int32"} if candidate_of(steps) else {}
    needs, needed_by = all_needs(steps, context, systematics, added)
    passed_on = _passed_on(variables, context)
    watched = seen_before_cuts(systematics, early)
    seen: tuple[WeightSystematic | Shift, ...] = (*early, *watched)
    selected = of_first_step(late, steps, context)
    first_corrections, rest_corrections = split_corrections(
        systematics, steps, context, (*seen, *selected)
    )
    counted = _generator_columns(analysis, context)
    triggers = pair.dataset.needs if pair.dataset is not None else ()
    first_seen = first_needs(steps, context, (*seen, *first_corrections))
    first = unique((*first_seen, *counted, *triggers, *needs_of_objects(selected, added)))
    rest = unique((*needs, *passed_on), without={need.name for need in first})
    for owner, needed in (
        ("primary_datasets", triggers),
        ("generator_bins", counted),
        ("variables_of_interest", passed_on),
    ):
        needed_by |= {n.name: needed_by.get(n.name, owner) for n in needed}
    read = {n.name: needed_by.get(n.name, "the selection") for n in (*first, *rest)}
    check_input_stays(steps, context, read)
    return Plan(
        analysis=analysis, pair=pair, context=context, steps=steps, systematics=systematics,
        early=early, late=late, first_corrections=first_corrections,
        rest_corrections=rest_corrections, first_needs=first, rest_needs=rest,
        needed_by=needed_by, variables=variables, watched=watched, kept_at=kept_at,
    )  # fmt: skip


def _without_names(weight: WeightSystematic) -> str:
    """Orders weights: factors multiply to the same last bit whatever weights are called."""
    return weight.model_dump_json(exclude={**dict.fromkeys(_NAMES, True), **_PLACES})


def _passed_on(variables: dict[str, str], context: Context) -> tuple[Need, ...]:
    """Columns of the input that are written as they are; data have none of the generator."""
    kinds = ("input",) if context.is_data else ("input", "gen")
    return required(*(name for name, kind in variables.items() if kind in kinds))


def _generator_columns(analysis: AnalysisModel, context: Context) -> tuple[Need, ...]:
    """The columns of bins of the generator, which simulation has."""
    if context.is_data:
        return ()
    return required(*(bins.column for bins in analysis.generator_bins.values()))


def _check_steps(steps: Steps, context: Context, analysis: AnalysisModel) -> dict[str, str]:
    """Lets every tagger check itself; returns all added columns with their types."""
    added: dict[str, str] = {}
    for step in steps:
        before = dict(added)
        for tagger in step:
            tagger.check(context)
            check_declared(tagger, context, before)
            for name in tagger.needs():
                if name not in before:
                    where = f"the steps before '{tagger.name}'"
                    raise UnknownName("column", name, before, where)
            added.update(tagger.adds(context))
    check_added(steps, context)
    check_counted_alike(steps, context)
    check_candidates(steps, context, analysis)
    return added


def _is_late(weight: WeightSystematic, added: Collection[str]) -> bool:
    names = (*weight_inputs(weight), *weight.target_collections)
    if any(is_one_object(target, added) for target in weight.target_collections):
        return True
    return bool(weight.modifies_taggers) or any(is_made(name, added) for name in names)


def made_of(steps: Steps, context: Context) -> dict[str, str]:
    """Of the collections and objects that taggers add those that are said to be of another."""
    return {n: s for step in steps for t in step for n, s in t.made_of(context).items()}


def described(steps: Steps, context: Context) -> dict[str, str]:
    """What taggers say of the columns that they add."""
    return {n: text for step in steps for t in step for n, text in t.describes(context).items()}


def _check_targets(
    systematics: Systematics, added: dict[str, str], sources: dict[str, str]
) -> None:
    """Objects that a weight is of are its own collection, or one that a tagger adds of it."""
    made = [name for name, kind in added.items() if kind == COLLECTION]
    for weight in systematics.weights.values():
        check_made_of(weight, sources)
        read = {name.partition("_")[0] for name in weight_inputs(weight)}
        for target in weight.target_collections:
            if weight.correction is not None and is_one_object(target, added):
                check_one_object(weight, target, added)
            elif target not in (*made, *read):
                where = f"target_collections of '{weight.name}'"
                raise UnknownName("collection", target, [*made, *read], where)


def _variables(analysis: AnalysisModel, added: dict[str, str]) -> dict[str, str]:
    """Variables of interest with their types; `input:NAME` passes a column of the input on.

    `gen:NAME` does so for one that only simulation has: a float64, and NaN in data.
    """
    known = {name: kind for name, kind in added.items() if kind != COLLECTION}
    found = {}
    for name in analysis.variables_of_interest:
        if is_in_every_output(name.rpartition(":")[2]):
            raise InvalidConfiguration(
                f"variable of interest '{name}' is in every output already", "", "take it out"
            )
        if name.startswith(INPUT_PREFIX):
            found[name.removeprefix(INPUT_PREFIX)] = "input"
        elif name.startswith(GENERATOR_PREFIX):
            found[name.removeprefix(GENERATOR_PREFIX)] = "gen"
        elif name in known:
            found[name] = known[name]
        else:
            raise UnknownName(
                "variable", name, known,
                "what the tag sequence adds ('input:NAME' is a column of the input)",
            )  # fmt: skip
    return found
