"""What the columns of merged events mean, each with its unit at the end: `text [unit]`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from higgsflow.archive import configuration_digest
from higgsflow.code import own_digest
from higgsflow.output.nanoaod_units import nanoaod_unit
from higgsflow.output.provenance import Origin
from higgsflow.plan import described
from higgsflow.taggers.base import CANDIDATE_IDX
from higgsflow.taggers.candidates import candidate_of
from higgsflow.weight_columns import factor_column, full_column

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from higgsflow.plan import Plan
    from higgsflow.records.sample_jobs import SampleJobs

_WEIGHTS = {
    "weight_central": "events at the luminosity of the year: generator weight times central "
    "factors, scale1fb and luminosity; 1 for data",
    "weight_central_no_lumi": "events per inverse femtobarn: weight_central over luminosity; "
    "1 for data [fb]",
    "weight_central_initial": "generator weight as it was read; 1 for data",
}
_IDENTITY = {
    "run": "run number",
    "luminosityBlock": "luminosity section of the run",
    "event": "event number",
}


def origin_of(plan: Plan, jobs: SampleJobs, left_out: Collection[str]) -> Origin:
    """What the merged files of a sample and year say of where they come from.

    `left_out` are uuids of files that were processed, but do not count.
    """
    counted = [part for part in jobs.ranges if part.uuid not in left_out]
    files = dict.fromkeys(part.uuid for part in counted)
    return Origin(
        configuration=configuration_digest(plan.analysis),
        own_code=own_digest(plan.analysis.code_references),
        files=tuple(files),
        ranges=_joined(sorted((part.uuid, part.start, part.stop) for part in counted)),
        tags=plan.tags,
        descriptions=describe(plan),
    )


def _joined(ranges: Iterable[tuple[str, int, int]]) -> tuple[tuple[str, int, int], ...]:
    """Neighbours as one; they come in order."""
    found: list[tuple[str, int, int]] = []
    for uuid, start, stop in ranges:
        if found and found[-1][0] == uuid and found[-1][2] == start:
            found[-1] = (uuid, found[-1][1], stop)
        else:
            found.append((uuid, start, stop))
    return tuple(found)


def describe(plan: Plan) -> dict[str, str]:
    """The description of every output column of a sample and year."""
    tags = ", ".join(f"{position} {tag}" for position, tag in enumerate(plan.tags))
    return {
        **_IDENTITY,
        **_variables(plan),
        "tag_idx": f"position of the tag: {tags}; -1 for none",
        "tag_category": "category that the tag's own tagger gave; 0 where it gives none",
        **_WEIGHTS,
        **_systematics(plan),
        "process_id": "number of the sample, the same in every year and analysis",
        "year": "data-taking year",
    }


def _variables(plan: Plan) -> dict[str, str]:
    """What taggers say of their columns; columns of the input are named as such."""
    said = described(plan.steps, plan.context)
    found = {}
    if what := candidate_of(plan.steps):
        said[CANDIDATE_IDX] = f"which {what} of its event a row is, counted from 0 before any cut"
    for name, kind in plan.variables.items():
        text = _of_input(name) if kind in ("input", "gen") else said.get(name, "")
        if text:
            found[name] = text
    return found


def _of_input(name: str) -> str:
    unit = nanoaod_unit(name)
    return f"column {name} of the input" + (f" [{unit}]" if unit else "")


def _systematics(plan: Plan) -> dict[str, str]:
    found = {}
    for weight in plan.weights:
        for direction in weight.directions:
            what = f"systematic {weight.name}, direction {direction}"
            found[factor_column(weight, direction)] = f"factor of {what}"
            found[full_column(weight, direction)] = f"weight_central with {what} in place"
    return {name: text for name, text in found.items() if name in plan.weight_columns}
