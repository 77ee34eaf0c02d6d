"""What can be known of a configuration without its input files."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from higgsflow.added_names import is_in_every_output
from higgsflow.catalog.addresses import PRODUCED
from higgsflow.catalog.files import PRODUCERS
from higgsflow.check.problem import Problem, problem_of, refuse
from higgsflow.corrections.files import check
from higgsflow.errors import UnknownName, UserError, nearest
from higgsflow.events.golden import load_golden
from higgsflow.model.quantities import LHC_DELIVERS
from higgsflow.model.sample import SimulatedSample, for_year
from higgsflow.model.systematic import Systematics
from higgsflow.plan import Plan, made_of, make_plan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from higgsflow.model.analysis import AnalysisModel
    from higgsflow.model.sample import SampleYear


def check_configuration(
    analysis: AnalysisModel,
) -> tuple[dict[tuple[str, str], Plan], list[Problem]]:
    """The plans of the samples and years that have one, and what is wrong with the others."""
    plans: dict[tuple[str, str], Plan] = {}
    problems = [
        *_tried(analysis.refuse_main, "code"),
        *_folders(analysis),
        *_luminosities(analysis),
        *_blinding(analysis),
    ]
    for pair in analysis.samples.pairs:
        try:
            plan = make_plan(analysis, pair)
        except UserError as error:
            problems += [p.model_copy(update={"subjects": (pair.name,)}) for p in
                         _apart(analysis, pair) or [problem_of(error, "declarations")]]  # fmt: skip
            continue
        plans[pair.sample.name, pair.year] = plan
        problems += [*_files(plan), *_targets(plan)]
    for pair in analysis.samples.pairs:
        problems += [*_producers(pair), *_golden(pair), *_cross_section(pair)]
    return plans, problems


def check_all(analysis: AnalysisModel, asked: str = "") -> dict[tuple[str, str], Plan]:
    """The plan of each sample and year; refuses an analysis that cannot run.

    Args:
        analysis: all of it is looked at.
        asked: how it was called, for the message.

    Raises:
        UserError: that tells the only problem, or the first one and how to see the others.
    """
    plans, problems = check_configuration(analysis)
    refuse(problems, asked or analysis.name)
    return plans


def _tried(call: Callable[[], object], about: str, *subjects: str) -> Iterator[Problem]:
    try:
        call()
    except UserError as error:
        yield problem_of(error, about, *subjects)


def _apart(analysis: AnalysisModel, pair: SampleYear) -> list[Problem]:
    """Every tagger sequence, variable and systematic that is wrong by itself."""
    sample = pair.sample.model_copy(update={"systematics": Systematics()})
    plain = pair.model_copy(update={"sample": sample})
    nothing = {"systematics": Systematics(), "variables_of_interest": ()}
    bare = analysis.model_copy(update=nothing)
    found = list(_tried(lambda: make_plan(bare, plain), "tag sequence"))
    if found:
        return found
    for name in analysis.variables_of_interest:
        one = bare.model_copy(update={"variables_of_interest": (name,)})
        found += _tried(lambda one=one: make_plan(one, plain), "variables")  # type: ignore[misc]
    for part in _one_by_one(analysis.systematics_of(pair)):
        one = bare.model_copy(update={"systematics": part})
        found += _tried(lambda one=one: make_plan(one, plain), "systematics")  # type: ignore[misc]
    return found


def _one_by_one(systematics: Systematics) -> Iterator[Systematics]:
    """Each source alone, with the corrections and collections that it may name."""
    corrections = systematics.corrections
    for name, collection in systematics.independent_collections.items():
        yield Systematics.model_construct(
            weights={}, independent_collections={name: collection}, corrections=corrections
        )
    for name, weight in systematics.weights.items():
        yield Systematics.model_construct(
            weights={name: weight},
            independent_collections=systematics.independent_collections if weight.under else {},
            corrections=corrections,
        )


def _files(plan: Plan) -> Iterator[Problem]:
    for source in plan.systematics.sources:
        for correction in source.corrections:
            directions = tuple(correction.variations) or ("central",)
            path, where = Path(str(correction.file)), f"the correction of '{source.name}'"
            absent = list(_misspelt(path, "correction files", where, plan.pair.name))
            yield from absent or _tried(
                lambda c=correction, d=directions, n=source.name: check(c, d, n),  # type: ignore[misc]
                "correction files",
                plan.pair.name,
            )


def _targets(plan: Plan) -> Iterator[Problem]:
    """Objects of another collection by their name, as GoodJet of Jet, where no tagger says it."""
    needs = (*plan.first_needs, *plan.rest_needs)
    known = made_of(plan.steps, plan.context)
    collections = {need.name.partition("_")[0] for need in needs if "_" in need.name}
    for weight in plan.weights:
        own = weight.input_collection
        unsaid = (name for name in weight.target_collections if name not in known)
        for target in unsaid if own is not None else ():
            others = sorted(name for name in collections if target.endswith(name))
            if others and not target.endswith(str(own)):
                yield Problem(
                    about="systematics",
                    what=f"'{weight.name}' looks at columns of {own}, for the objects '{target}'",
                    where=f"these are of {max(others, key=len)}, by their name",
                    remedy=f"is another one meant, or not {own}? Taggers say it by `made_of`",
                    subjects=(plan.pair.name,),
                    serious=False,
                )


def _producers(pair: SampleYear) -> Iterator[Problem]:
    for address in pair.addresses:
        name = address.removeprefix(PRODUCED)
        if name not in (address, *PRODUCERS):
            error = UnknownName("producing task", name, PRODUCERS, f"the files of {pair.name}")
            yield problem_of(error, "files", pair.name)


def _golden(pair: SampleYear) -> Iterator[Problem]:
    if pair.is_data and pair.era.apply_golden_json:
        path = Path(str(pair.era.golden_json))
        where = f"years.{pair.year} of the catalogue"
        absent = list(_misspelt(path, "golden JSON", where, pair.name))
        yield from absent or _tried(lambda: load_golden(path), "golden JSON", pair.name)


def _misspelt(path: Path, about: str, where: str, subject: str) -> Iterator[Problem]:
    """A file that is not there, where one beside it has a name like it."""
    # what may not be looked at is told by who reads it
    with suppress(PermissionError):
        beside = [] if path.exists() else [file.name for file in path.parent.glob("*.json*")]
        if guess := nearest(path.name, beside):
            remedy = f"did you mean '{guess}'?"
            what = f"no file {path}"
            yield Problem(about=about, what=what, where=where, remedy=remedy, subjects=(subject,))


def _folders(analysis: AnalysisModel) -> Iterator[Problem]:
    """Folders of modules that are not there; what is missed of them is told by itself."""
    for folder in analysis.python_path:
        if not Path(folder).is_dir():
            yield Problem(
                about="code", what=f"no folder {folder}", where="python_path", serious=False
            )


def _luminosities(analysis: AnalysisModel) -> Iterator[Problem]:
    """Years whose luminosity looks as if it were in other units."""
    for year, content in analysis.samples.years.items():
        if content.luminosity > LHC_DELIVERS:
            yield Problem(
                about="luminosity",
                what=f"year {year} has {content.luminosity:g} fb^-1, more than the LHC will have",
                remedy=f"is it in pb^-1? Then say {content.luminosity / 1000:g}",
                serious=False,
            )


def _blinding(analysis: AnalysisModel) -> Iterator[Problem]:
    """A window of a column that no output has: not to show it, the report draws nothing."""
    column = analysis.blinding.column
    written = [name.rpartition(":")[2] for name in analysis.variables_of_interest]
    if analysis.hides_data and not (column in written or is_in_every_output(column)):
        guess = nearest(column, written)
        hint = f"did you mean '{guess}'? Else " if guess else ""
        yield Problem(
            about="blinding",
            what=f"nothing will be drawn: no output has '{column}', which says what is blinded",
            where="blinding.column",
            remedy=f"{hint}add it to variables_of_interest, or say `unblind: true`",
            serious=False,
        )


def _cross_section(pair: SampleYear) -> Iterator[Problem]:
    sample = pair.sample
    if isinstance(sample, SimulatedSample) and not sample.negative_denominator:
        xs = for_year(sample.xs, pair.year, f"xs of {sample.name}")
        if xs < 0:
            yield Problem(
                about="cross section",
                what=f"the cross section of {pair.name} is negative: {xs:g} pb",
                remedy="say negative_denominator: true if it is an interference",
                subjects=(pair.name,),
            )
