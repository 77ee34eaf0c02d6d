"""What jobs of one sample and year read, compute and write; made once, before anything runs.

Here the declarations of taggers and systematics meet: which columns to read, which weights can be
computed before the taggers, and whether every column that somebody wants is produced by somebody.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from higgsflow.errors import TaggerError, UnknownName, UserError
from higgsflow.events.columns import locate
from higgsflow.events.golden import load_golden
from higgsflow.events.lumisections import check_certified
from higgsflow.model.columns import Need, required
from higgsflow.model.context import Context
from higgsflow.model.systematic import WeightSystematic
from higgsflow.preflight import (
    check_files,
    check_not_carried,
    check_one_object,
    check_systematics,
    check_tags,
)
from higgsflow.taggers.base import COLLECTION
from higgsflow.taggers.sequence import Steps, load_steps
from higgsflow.variations import input_columns as collection_inputs
from higgsflow.weights import factor_column, full_column
from higgsflow.weights import input_columns as weight_inputs

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from higgsflow.events.index import SampleIndex
    from higgsflow.model.analysis import AnalysisModel
    from higgsflow.model.preserved import Bins
    from higgsflow.model.sample import SampleYear
    from higgsflow.model.systematic import NominalCorrection, Systematics

IDENTITY = ("run", "luminosityBlock", "event")
# columns that are written whatever the taggers add
RESERVED = (*IDENTITY, "tag_idx", "tag_category", "process_id", "year")
GENERATOR_WEIGHT = "genWeight"
INPUT_PREFIX = "input:"


@dataclass(frozen=True)
class Plan:
    """The declarations of one sample and year, put together.

    Attributes:
        early, late: weight sources computed before the sequence, and after it.
        first_corrections, rest_corrections: of the nominal events, before the skim and after it.
        first_needs: columns read for all events; rest_needs: for those that survive the skim.
        needed_by: who needs a column, for messages.
        variables: variables of interest with their types.
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

    @property
    def tags(self) -> tuple[str, ...]:
        """Names of the tags; tag_idx counts them."""
        return self.analysis.tag_sequence.tags

    @property
    def weights(self) -> tuple[WeightSystematic, ...]:
        """All weight sources, by name."""
        return tuple(self.systematics.weights.values())

    @property
    def binned_weights(self) -> tuple[tuple[WeightSystematic, Bins], ...]:
        """Weight sources that preserve sums in bins, of which outputs hold the bin."""
        kept = ((weight, weight.preserved) for weight in self.weights)
        return tuple((weight, bins) for weight, bins in kept if bins is not None and bins.column)

    @property
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
    added = _check_steps(steps, context)
    systematics = analysis.systematics_of(pair)
    late = tuple(w for w in systematics.weights.values() if _is_late(w, added))
    early = tuple(w for w in systematics.weights.values() if not _is_late(w, added))
    check_tags(systematics, analysis.tag_sequence.tags)
    _check_targets(systematics, added)
    check_systematics(systematics, late)
    variables = _variables(analysis, added)
    needs, needed_by = _needs(steps, context, systematics, added)
    inputs = required(*(v for v in variables if variables[v] == "input"))
    first_corrections, rest_corrections = _split(systematics, steps, context, early)
    first = _first_needs(steps, context, (*early, *first_corrections))
    rest = _unique((*needs, *inputs), without={need.name for need in first})
    for need in inputs:
        needed_by.setdefault(need.name, "variables_of_interest")
    return Plan(
        analysis=analysis, pair=pair, context=context, steps=steps, systematics=systematics,
        early=early, late=late, first_corrections=first_corrections,
        rest_corrections=rest_corrections, first_needs=first, rest_needs=rest,
        needed_by=needed_by, variables=variables,
    )  # fmt: skip


def check_index(plan: Plan, index: SampleIndex) -> None:
    """What can be known from the index before anything is processed.

    Raises:
        MissingColumn: if a file lacks a column that the plan needs.
        InvalidConfiguration: if the golden JSON is that of another year.
    """
    check_certified(plan.pair, index)
    first = {file.schema_id: file for file in reversed(index.files)}
    for schema_id, file in first.items():
        check_columns(plan, index.schemas[schema_id], file.url)


def check_columns(plan: Plan, available: Collection[str], url: str) -> None:
    """Raises `MissingColumn` if these columns of a file are not all that the plan needs."""
    locate((*plan.first_needs, *plan.rest_needs), available, url, plan.needed_by)
    for correction in plan.systematics.corrections.values():
        check_not_carried(correction, available, url)


def check_all(analysis: AnalysisModel) -> None:
    """Makes every plan of an analysis, for the errors that can be known without files."""
    analysis.refuse_main()
    for pair in analysis.samples.pairs:
        try:
            check_files(make_plan(analysis, pair).systematics)
            if pair.is_data and pair.era.apply_golden_json:
                load_golden(Path(str(pair.era.golden_json)))
        except UserError as error:
            if error.where:
                raise
            raise type(error)(error.what, f"for {pair.name}", error.remedy) from error


def _check_steps(steps: Steps, context: Context) -> dict[str, str]:
    """Lets every tagger check itself; returns all added columns with their types."""
    added: dict[str, str] = {}
    for step in steps:
        before = dict(added)
        for tagger in step:
            tagger.check(context)
            for name in tagger.needs():
                if name not in before:
                    where = f"the steps before '{tagger.name}'"
                    raise UnknownName("column", name, before, where)
            adds = tagger.adds(context)
            taken = sorted(name for name in adds if name in RESERVED or name.startswith("weight_"))
            if taken:
                raise TaggerError(
                    f"tagger '{tagger.name}' adds '{taken[0]}', which every output has already",
                    "",
                    "give the column another name",
                )
            added.update(adds)
    return added


def _is_late(weight: WeightSystematic, added: Collection[str]) -> bool:
    names = (*weight_inputs(weight), *weight.target_collections)
    if any(_is_one_object(target, added) for target in weight.target_collections):
        return True
    return bool(weight.modifies_taggers) or any(
        name in added or name.partition("_")[0] in added for name in names
    )


def _check_targets(systematics: Systematics, added: dict[str, str]) -> None:
    """Objects that a weight is of are its own collection, or one that a tagger adds."""
    made = [name for name, kind in added.items() if kind == COLLECTION]
    for weight in systematics.weights.values():
        read = {name.partition("_")[0] for name in weight_inputs(weight)}
        for target in weight.target_collections:
            if weight.correction is not None and _is_one_object(target, added):
                check_one_object(weight, target, added)
            elif target not in (*made, *read):
                where = f"target_collections of '{weight.name}'"
                raise UnknownName("collection", target, [*made, *read], where)


def _is_one_object(target: str, added: Collection[str]) -> bool:
    """Whether taggers add columns such as `lead_pt` for the object `lead`."""
    return target not in added and any(name.startswith(f"{target}_") for name in added)


def _variables(analysis: AnalysisModel, added: dict[str, str]) -> dict[str, str]:
    """Variables of interest with their types; `input:NAME` passes a column of the input on."""
    known = {name: kind for name, kind in added.items() if kind != COLLECTION}
    found = {}
    for name in analysis.variables_of_interest:
        if name.startswith(INPUT_PREFIX):
            found[name.removeprefix(INPUT_PREFIX)] = "input"
        elif name in known:
            found[name] = known[name]
        else:
            raise UnknownName("variable", name, known, "what the tag sequence adds")
    return found


def _needs(
    steps: Steps, context: Context, systematics: Systematics, added: Collection[str]
) -> tuple[list[Need], dict[str, str]]:
    """Every column to read, and who needs it."""
    needed: list[Need] = []
    owners: dict[str, str] = {}
    made: dict[str, str] = {}
    for step in steps:
        for tagger in step:
            needed.extend(n for n in tagger.reads(context) if not _made(n.name, made))
            owners.update(dict.fromkeys((n.name for n in tagger.reads(context)), tagger.name))
        made |= {name: kind for tagger in step for name, kind in tagger.adds(context).items()}
    for weight in systematics.weights.values():
        needed.extend(n for n in required(*weight_inputs(weight)) if not _made(n.name, added))
        owners.update(dict.fromkeys(weight_inputs(weight), f"systematic {weight.name}"))
    for source in (
        *systematics.corrections.values(),
        *systematics.independent_collections.values(),
    ):
        needed.extend(required(*collection_inputs(source)))
        for name in collection_inputs(source):
            owners.setdefault(name, f"systematic {source.name}")
    return needed, owners


def _made(name: str, added: Collection[str]) -> bool:
    return name in added or name.partition("_")[0] in added


def _first_needs(
    steps: Steps, context: Context, early: Iterable[WeightSystematic | NominalCorrection]
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
    return _unique(needs)


def _split(
    systematics: Systematics, steps: Steps, context: Context, early: Iterable[WeightSystematic]
) -> tuple[tuple[NominalCorrection, ...], tuple[NominalCorrection, ...]]:
    """Corrections up to the last one that matters before the skim, and the others."""
    needed = {need.name for tagger in steps[0] for need in tagger.reads(context)}
    needed |= {name for weight in early for name in weight_inputs(weight)}
    ordered = tuple(systematics.corrections.values())
    last = max((i + 1 for i, c in enumerate(ordered) if needed & set(c.changes)), default=0)
    return ordered[:last], ordered[last:]


def _unique(needs: Iterable[Need], without: Collection[str] = ()) -> tuple[Need, ...]:
    """Each column once; required wins over optional."""
    by_name: dict[str, Need] = {}
    for need in needs:
        known = by_name.get(need.name)
        if need.name not in without and (known is None or known.optional):
            by_name[need.name] = need
    return tuple(by_name.values())
