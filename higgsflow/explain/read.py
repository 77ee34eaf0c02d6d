"""Some events of a file as a job reads them: the columns before the skim, and the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from higgsflow.events.columns import assemble, locate
from higgsflow.events.replicas import open_replica
from higgsflow.events.tree import column_names, get_tree, read_arrays, reading

if TYPE_CHECKING:
    from higgsflow.model.columns import Need
    from higgsflow.plan import Plan


def read_events(plan: Plan, url: str, start: int, stop: int) -> tuple[Any, Any]:
    """The columns of `plan.first_needs`, and those of `plan.rest_needs`.

    Raises:
        InputFileError: when the file cannot be read there.
        MissingColumn: when it lacks a column.
    """
    with open_replica(url, plan.pair.replicas) as (file, address):
        tree = get_tree(file, address)
        with reading(address):
            available = column_names(tree)
        needs = (*plan.first_needs, *plan.rest_needs)
        sources = locate(needs, available, address, plan.needed_by)
        names = sorted(set(sources.values()))
        arrays = read_arrays(tree, names, start, stop, address)

    def chosen(wanted: tuple[Need, ...]) -> Any:
        there = [need.name for need in wanted if need.name in sources]
        return assemble({name: arrays[sources[name]] for name in there}, stop - start)

    return chosen(plan.first_needs), chosen(plan.rest_needs)
