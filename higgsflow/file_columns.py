"""Whether files hold what a plan reads of them, by what the index says; nothing is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from higgsflow.added_names import check_not_in_file
from higgsflow.events.columns import locate
from higgsflow.events.kinds import (
    check_alike,
    check_identity,
    check_lists,
    check_numbers,
    check_same,
)
from higgsflow.events.lumisections import check_certified
from higgsflow.needs import IDENTITY
from higgsflow.preflight import check_not_carried
from higgsflow.source_kinds import check_source

if TYPE_CHECKING:
    from collections.abc import Mapping

    from higgsflow.events.index import SampleIndex
    from higgsflow.plan import Plan


def check_index(plan: Plan, index: SampleIndex) -> None:
    """What can be known from the index before anything is processed.

    Raises:
        MissingColumn: if a file lacks a column that the plan needs.
        InputFileError: if a column is of another kind or type in another file.
        InvalidConfiguration: if the golden JSON is that of another year.
    """
    check_certified(plan.pair, index)
    first = {file.schema_id: file for file in reversed(index.files)}
    in_order = [(file.url, index.schemas[file.schema_id]) for file in reversed(first.values())]
    as_stored = (*IDENTITY, *(name for name, kind in plan.variables.items() if kind == "input"))
    for url, types in in_order:
        read = check_columns(plan, types, url)
        check_alike(types, in_order[0], read, url)
        check_same(types, in_order[0], as_stored, url)


def check_columns(plan: Plan, types: Mapping[str, str], url: str) -> tuple[str, ...]:
    """The columns of a file that the plan needs, given the types of all that it has.

    Raises:
        MissingColumn: if these are not all that the plan needs.
        InputFileError: if one cannot be what is needed, by its type.
        InvalidConfiguration: if a systematic takes numbers of objects for those of events.
        TaggerError: if a tagger adds what is read of it, but may be meant of the file.
    """
    found = locate((*plan.first_needs, *plan.rest_needs), types, url, plan.needed_by)
    for correction in plan.systematics.corrections.values():
        check_not_carried(correction, types, url)
    check_not_in_file(plan, types, url)
    read = tuple(sorted(set(found.values())))
    by_name = {name: types[column] for name, column in found.items()}
    for source in plan.systematics.sources:
        check_source(source, by_name, url)
    check_identity(types, IDENTITY, url)
    check_numbers(types, read, url)
    check_lists(types, read, url)
    return read
