"""The merged nominal files that pictures are filled from, and why others are not."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from higgsflow.errors import StoreError
from higgsflow.model.systematic import NOMINAL
from higgsflow.output.merged_events import about, column_types
from higgsflow.report import aggregates

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from higgsflow.report.content import SampleSummary, Summary

# the columns that every picture needs
TAG, WEIGHT = "tag_idx", "weight_central"


@dataclass(frozen=True)
class DrawnFile:
    """A merged file that can be read, and the columns it has."""

    sample: SampleSummary
    path: Path
    types: Mapping[str, Any]


def readable(summary: Summary, notes: list[str]) -> Iterator[DrawnFile]:
    """The files that can be drawn; why others cannot goes to the notes."""
    for sample in summary.samples:
        found = _file_of(summary, sample)
        if isinstance(found, DrawnFile):
            yield found
        else:
            notes.append(f"{aggregates.label(sample)} is not drawn: {found}")


def _file_of(summary: Summary, sample: SampleSummary) -> DrawnFile | str:
    """The merged nominal file, or why it cannot be drawn."""
    if sample.kind == "data" and sample.process in summary.kept_apart:
        return summary.kept_apart[sample.process]
    if sample.alternative:
        return "it is an alternative"
    if NOMINAL not in sample.merged:
        return "the summary names no merged nominal file"
    path = Path(sample.merged[NOMINAL])
    try:
        types = column_types(path)
    except StoreError as error:
        return f"{error.what}: {error.where}"
    absent = [name for name in (TAG, WEIGHT, *(summary.blinded or ())[:1]) if name not in types]
    if absent:
        why = ", which says what is blinded" if absent[0] not in (TAG, WEIGHT) else ""
        return f"no column {absent[0]}{why}, in {path}"
    return DrawnFile(sample, path, types)


def meanings_of(variables: Sequence[str], files: Sequence[DrawnFile]) -> dict[str, str]:
    """What merged files say of their columns: of each, the first that has it."""
    first = {v: next((f for f in files if v in f.types), None) for v in variables}
    said: dict[str, str] = {}
    for path in dict.fromkeys(file.path for file in first.values() if file is not None):
        said = about(path).get("columns", {}) | said
    return said


def all_data_are_read(summary: Summary, files: tuple[DrawnFile, ...]) -> bool:
    """Whether there are data, and a file of each sample and year of them can be drawn."""
    n_read = sum(file.sample.kind == "data" for file in files)
    return n_read == sum(sample.kind == "data" for sample in summary.samples) > 0


def not_simulated(summary: Summary, files: tuple[DrawnFile, ...]) -> Iterator[str]:
    """Years whose data have nothing to be compared with, which pictures of several years add."""
    data, simulated = (
        {f.sample.year for f in files if (f.sample.kind == "data") is is_data}
        for is_data in (True, False)
    )
    alone = [year for year in aggregates.years(summary) if year in data - simulated]
    if alone and simulated:
        text = f"data of {', '.join(alone)} have no simulation to be compared with"
        yield f"{text}: pictures of more years add them all the same"
