"""Everything that can be known before an analysis runs, in one report."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from higgsflow.catalog.store import file_index_in, folder_of, store_of
from higgsflow.check.configuration import check_configuration
from higgsflow.check.duplicates import copies, files_of_several
from higgsflow.check.first_file import Listed, check_first_file, list_files, look_into_all
from higgsflow.check.namesake import check_namesake
from higgsflow.check.problem import Problem, problem_of, together
from higgsflow.check.site import check_kernels, check_proxy, check_store
from higgsflow.errors import InputFileError
from higgsflow.model.noun import Noun
from higgsflow.model.printed import Printed
from higgsflow.model.sample import SampleYear, SimulatedSample, for_year

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from higgsflow.catalog.files import InputFile
    from higgsflow.model.analysis import AnalysisModel
    from higgsflow.plan import Plan

_FACTORS = ("bf", "filter_efficiency", "k_factor")


class PairCheck(Noun):
    """One sample and year.

    Attributes:
        xs: cross section with all its factors [pb]; None for data.
        luminosity: of the year [fb^-1].
        golden_json: name of the file; empty where none is applied.
        n_files: None where a task is to make them.
        size: bytes of all files, where their listing tells it.
        n_entries: of the first file; None where none was opened.
        n_columns: that are read; of the input, by name.
        n_passes: of the tag sequence, one for each variation.
        n_weights: systematics that are weights.
        trigger: columns that data are asked for; empty where none is applied.
        is_ready: nothing stands in its way.
    """

    sample: str
    year: str
    is_data: bool
    xs: float | None
    luminosity: float
    golden_json: str
    n_files: int | None
    size: int | None
    n_entries: int | None
    n_columns: int | None
    n_passes: int | None
    n_weights: int | None
    trigger: tuple[str, ...]
    is_ready: bool


class CheckReport(Printed, Noun):
    """All samples and years of an analysis, and what is wrong."""

    analysis: str
    pairs: tuple[PairCheck, ...]
    problems: tuple[Problem, ...]

    def __str__(self) -> str:
        # what the command shows; tables wait until somebody prints one
        from higgsflow.check.table import render  # noqa: PLC0415

        return render(self).strip("\n")

    @property
    def is_ready(self) -> bool:
        """Whether the analysis can run."""
        return not any(problem.serious for problem in self.problems)


def check_analysis(analysis: AnalysisModel) -> CheckReport:
    """Looks at configuration, files, columns, years and the machine; reads no events.

    Of each sample and year the first file is opened; what was found is kept for the index.
    """
    plans, problems = check_configuration(analysis)
    pairs = analysis.samples.pairs
    store = store_of(analysis)
    listed = {pair.name: list_files(pair, store) for pair in pairs}
    cache = file_index_in(folder_of(analysis))
    needed = {plan.pair.name: plan.may_read for plan in plans.values()}
    entries, unread = _first_files(pairs, listed, cache, needed)
    data = {pair.name for pair in pairs if pair.is_data}
    # what is added to nothing counts nothing twice
    added = [pair.name for pair in pairs if not pair.is_alternative]
    problems += [found.problem for found in listed.values() if found.problem is not None]
    problems += [
        *unread,
        *_held_against(plans, entries),
        *(_not_looked_at(name) for name, found in listed.items() if found.is_produced),
        *files_of_several({name: listed[name].files for name in added}, data),
        *copies({name: entries[name] for name in added if name in entries}, data),
        *check_namesake(analysis),
        *check_store(analysis),
        *check_proxy(analysis),
        *check_kernels(),
    ]
    bad = {subject for p in problems if p.serious for subject in p.subjects}
    rows = [
        _row(pair, plans.get((pair.sample.name, pair.year)), listed[pair.name], entries)
        for pair in pairs
    ]
    return CheckReport(
        analysis=analysis.name,
        pairs=tuple(
            row.model_copy(update={"is_ready": f"{row.sample} ({row.year})" not in bad})
            for row in rows
        ),
        problems=together(problems),
    )


def check_first(plan: Plan, files: Sequence[InputFile], cache: Path) -> list[Problem]:
    """What is wrong with the first file of a sample and year, before all of them are indexed."""
    asked = [(file, plan.pair) for file in files[:1]]
    (found,) = look_into_all(asked, cache, {plan.pair.name: plan.may_read})
    if isinstance(found, InputFileError):
        return [problem_of(found, "files", plan.pair.name)]
    return list(check_first_file(plan, found))


def _first_files(
    pairs: Sequence[SampleYear],
    listed: Mapping[str, Listed],
    cache: Path,
    needed: Mapping[str, Collection[str]],
) -> tuple[dict[str, dict[str, Any]], list[Problem]]:
    """The entry of the first file of each sample and year, and those that cannot be read."""
    having = [pair for pair in pairs if listed[pair.name].files]
    asked = [(listed[pair.name].files[0], pair) for pair in having]
    entries, problems = {}, []
    for pair, found in zip(having, look_into_all(asked, cache, needed), strict=True):
        if isinstance(found, InputFileError):
            problems.append(problem_of(found, "files", pair.name))
        else:
            entries[pair.name] = found
    return entries, problems


def _held_against(
    plans: Mapping[tuple[str, str], Plan], entries: Mapping[str, dict[str, Any]]
) -> list[Problem]:
    found: list[Problem] = []
    for plan in plans.values():
        if plan.pair.name in entries:
            found += check_first_file(plan, entries[plan.pair.name])
    return found


def _not_looked_at(name: str) -> Problem:
    """Nobody can know what is in files that are not there yet."""
    what = "files that a task makes are not there yet: their columns were not looked at"
    return Problem(about="columns", what=what, subjects=(name,), serious=False)


def _row(
    pair: SampleYear, plan: Plan | None, listed: Listed, entries: Mapping[str, dict[str, Any]]
) -> PairCheck:
    sizes = [file.size for file in listed.files]
    golden = pair.era.golden_json if pair.is_data and pair.era.apply_golden_json else None
    needs = () if plan is None else (*plan.first_needs, *plan.rest_needs)
    return PairCheck(
        sample=pair.sample.name,
        year=pair.year,
        is_data=pair.is_data,
        xs=cross_section(pair),
        luminosity=pair.era.luminosity,
        golden_json="" if golden is None else golden.rpartition("/")[2],
        n_files=None if listed.is_produced else len(listed.files),
        size=None if None in sizes or not sizes else sum(s or 0 for s in sizes),
        n_entries=entries.get(pair.name, {}).get("n_entries"),
        n_columns=len(needs) if plan else None,
        n_passes=len(plan.systematics.variations) if plan else None,
        n_weights=len(plan.weights) if plan else None,
        trigger=tuple(need.name for need in needs if need.name.startswith("HLT_")),
        is_ready=True,
    )


def cross_section(pair: SampleYear) -> float | None:
    """Cross section times its factors [pb]; None for data."""
    sample = pair.sample
    if not isinstance(sample, SimulatedSample):
        return None
    values = [for_year(getattr(sample, name), pair.year, name) for name in ("xs", *_FACTORS)]
    return float(math.prod(values))
