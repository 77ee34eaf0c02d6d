"""The first input file of a sample and year, held against what will be asked of all of them."""

from __future__ import annotations

import importlib
import multiprocessing
import threading
import time
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from higgsflow.added_names import check_not_in_file
from higgsflow.catalog.addresses import PRODUCED
from higgsflow.catalog.files import InputFile, resolve_files
from higgsflow.check.problem import Problem, problem_of
from higgsflow.check.selections import check_selection
from higgsflow.cores import n_cores
from higgsflow.demo.names import file_paths
from higgsflow.errors import NOTHING_LIKE_IT, InputFileError, MissingColumn, UserError, shorten
from higgsflow.events.columns import locate
from higgsflow.events.golden import load_golden
from higgsflow.events.index import SampleIndex, classify
from higgsflow.events.kinds import check_lists, check_numbers, kind_of
from higgsflow.events.lumisections import check_certified
from higgsflow.events.sample_index import look_into
from higgsflow.model.noun import Noun
from higgsflow.preflight import check_not_carried
from higgsflow.servers import give_up
from higgsflow.source_kinds import check_source

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from higgsflow.events.index import FileIndex
    from higgsflow.model.sample import SampleYear
    from higgsflow.plan import Plan

    Asked = tuple[InputFile, SampleYear]

_DEMO = "GenerateDemoFiles"
_HLT = "HLT_"
_MOST_UNLIKE = 5  # columns of a file that are told one by one
_MOMENT = 0.05  # seconds
_WAITING = 16  # files opened at a time when waiting is what takes long


class Listed(Noun):
    """The files of a sample and year, before they are opened; none where a task is to make them.

    Attributes:
        is_produced: whether a task is to make them, and has not yet.
        problem: why there are none.
    """

    files: tuple[InputFile, ...] = ()
    is_produced: bool = False
    problem: Problem | None = None


def list_files(pair: SampleYear, store: Path) -> Listed:
    """What the addresses of a sample and year lead to, in the store what tasks have made."""
    given = [a for a in pair.addresses if not a.startswith(PRODUCED)]
    try:
        if f"{PRODUCED}{_DEMO}" in pair.addresses:
            given += _made(pair, store)
        if not given:
            return Listed(is_produced=True)
        return Listed(files=resolve_files(given, pair.name))
    except UserError as error:
        return Listed(problem=problem_of(error, "files", pair.name))


def _made(pair: SampleYear, store: Path) -> list[str]:
    """The files of the demo, once all of them are there."""
    paths = file_paths(store, pair.sample.name, pair.year)
    return [str(path) for path in paths] if all(path.exists() for path in paths) else []


def look_into_all(
    asked: Sequence[Asked], cache: Path, needed: Mapping[str, Collection[str]] | None = None
) -> list[dict[str, Any] | InputFileError]:
    """The entry of each file (file, sample and year), or why it cannot be read; side by side.

    Entries, and where the needed columns of each sample and year are, are kept in the cache that
    indexing uses, so that nothing is looked at twice.
    """
    columns = [(needed or {}).get(pair.name, ()) for _, pair in asked]
    caches = [cache] * len(asked)
    if len(asked) < 2:
        return list(map(_entry, asked, caches, columns))
    with _executor(len(asked), any("://" in file.url for file, _ in asked)) as executor:
        looks = [executor.submit(_entry, *one) for one in zip(asked, caches, columns, strict=True)]
        try:
            return [look.result() for look in looks]
        except KeyboardInterrupt:
            executor.shutdown(wait=False, cancel_futures=True)
            # one may be about to ask
            while not all(look.done() for look in looks):
                give_up()
                time.sleep(_MOMENT)
            raise


def _executor(n_files: int, is_remote: bool) -> Executor:
    """Processes where opening is work; threads where it is waiting, or where there are others."""
    n_processes = min(n_files, n_cores())
    if is_remote or n_processes == 1 or threading.active_count() > 1:
        # imported when somebody first looks into it, which threads must not do at the same time
        dir(importlib.import_module("uproot"))
        return ThreadPoolExecutor(min(n_files, _WAITING))
    context = multiprocessing.get_context("fork")
    return ProcessPoolExecutor(n_processes, mp_context=context)


def _entry(asked: Asked, cache: Path, needed: Collection[str]) -> dict[str, Any] | InputFileError:
    file, pair = asked
    try:
        return look_into(file, pair, cache, needed)
    except InputFileError as error:
        return error


def check_first_file(plan: Plan, entry: dict[str, Any]) -> Iterator[Problem]:
    """What a file lacks, or has that it should not have, one by one."""
    pair = plan.pair
    try:
        file = classify(entry, pair.declared_kind)
    except InputFileError as error:
        yield problem_of(error, "files", pair.name)
    else:
        yield from _golden(pair, file, entry["columns"])
        yield from check_selection(plan, file)
        if file.n_entries == 0:
            what = f"no events in the first file of {pair.name}"
            yield Problem(about="files", what=what, where=file.url, serious=False)
    yield from missing_columns(plan, entry["columns"], entry["url"])
    yield from _several_per_event(plan, entry["columns"], entry["url"])
    yield from _of_others(plan, entry["columns"], entry["url"])
    try:
        check_not_in_file(plan, entry["columns"], entry["url"])
    except UserError as error:
        yield problem_of(error, "tag sequence", pair.name)


def missing_columns(plan: Plan, available: dict[str, str], url: str) -> Iterator[Problem]:
    """Every column that is declared, but not in a file, or not as it is needed."""
    yield from _absent(plan, available, url)
    needs = (*plan.first_needs, *plan.rest_needs)
    sources = (next((c for c in need.candidates if c in available), "") for need in needs)
    read = sorted({*sources} - {""})
    for check in (check_numbers, check_lists):
        try:
            check(available, read, url)
        except UserError as error:
            yield problem_of(error, "columns", plan.pair.name)
    for correction in plan.systematics.corrections.values():
        try:
            check_not_carried(correction, available, url)
        except UserError as error:
            yield problem_of(error, "columns", plan.pair.name)


def _absent(plan: Plan, available: dict[str, str], url: str) -> Iterator[Problem]:
    """Those that are not there, of who needs them; many that nothing is like together."""
    by_owner: dict[tuple[str, str], list[MissingColumn]] = {}
    for need in (*plan.first_needs, *plan.rest_needs):
        try:
            locate((need,), available, url, plan.needed_by)
        except MissingColumn as error:
            about = "trigger" if need.name.startswith(_HLT) else "columns"
            by_owner.setdefault((about, error.needed_by), []).append(error)
    unlike = [
        error for errors in by_owner.values() for error in errors if error.remedy == NOTHING_LIKE_IT
    ]
    if is_another_kind := len(unlike) > _MOST_UNLIKE:
        # of several names the first will do
        names = [error.wanted.partition(" or ")[0] for error in unlike]
        yield _none_of(names, available, url, plan.pair.name)
    for (about, owner), errors in by_owner.items():
        told = [e for e in errors if not (is_another_kind and e in unlike)]
        if len(told) == 1:
            yield problem_of(told[0], about, plan.pair.name)
        elif told:
            listed = ", ".join(f"'{error.wanted}'" for error in told)
            what = f"no columns {listed}, which {owner} needs"
            # those of the first: names of one source are much alike
            yield problem_of(told[0], about, plan.pair.name).model_copy(update={"what": what})


def _none_of(names: Sequence[str], available: dict[str, str], url: str, subject: str) -> Problem:
    """What is told of a file of another kind, which lacks most of what is read."""
    return Problem(
        about="columns",
        what=f"{len(names)} columns are not there: {shorten(names)}",
        where=f"in {url}",
        remedy=f"is it another file, or of another format? It has {shorten(available) or 'none'}",
        subjects=(subject,),
    )


def _several_per_event(plan: Plan, types: dict[str, str], url: str) -> Iterator[Problem]:
    """Columns of objects among the variables of interest that are passed on, and among bins."""
    passed_on = (name for name, kind in plan.variables.items() if kind in ("input", "gen"))
    variable = "variables_of_interest", "let a tagger add a column with one value per event"
    bins = "generator_bins", "take a column of the file with one value per event"
    asked = dict.fromkeys(passed_on, variable)
    asked |= {one.column: bins for one in plan.generator_bins.values()}
    for name, (asked_by, remedy) in asked.items():
        if kind_of(types.get(name, "")) == "list":
            yield Problem(
                about="columns",
                what=f"'{name}' has several values per event",
                where=f"{asked_by}, in {url}",
                remedy=remedy,
                subjects=(plan.pair.name,),
            )


def _of_others(plan: Plan, types: dict[str, str], url: str) -> Iterator[Problem]:
    """Systematics made from numbers of objects where those of events are needed, or of others."""
    for source in plan.systematics.sources:
        try:
            check_source(source, types, url)
        except UserError as error:
            yield problem_of(error, "columns", plan.pair.name)


def _golden(pair: SampleYear, file: FileIndex, columns: dict[str, str]) -> Iterator[Problem]:
    index = SampleIndex(files=(file,), schemas={file.schema_id: columns})
    if pair.is_data and pair.era.apply_golden_json:
        try:
            load_golden(Path(str(pair.era.golden_json)))
        except UserError:
            # that it cannot be read is told by what looks at the configuration
            return
    try:
        check_certified(pair, index)
    except UserError as error:
        # other files may hold certified runs: the index of all of them decides
        found = problem_of(error, "golden JSON", pair.name)
        yield found.model_copy(update={"serious": False})
