"""How summary.json is laid out: a line for each field, sample, total and finding.

Of 90 samples and years with 200 variations it has 180 MB; indented it would have 300. It is
written and read one sample after the other: all of them at once took three gigabytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from higgsflow.model.noun import Noun
from higgsflow.model.systematic import NOMINAL
from higgsflow.report.content import SampleSummary, Summary

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_SAMPLES, _END = b'"samples":[\n', b"]"


def lines(summary: Summary) -> Iterator[str]:
    """The text of a summary, in pieces."""
    before = "{\n"
    for name in type(summary).model_fields:
        value = getattr(summary, name)
        yield before
        if isinstance(value, tuple) and value and isinstance(value[0], Noun):
            yield f'"{name}":[\n'
            yield from _one_by_one(value)
            yield "\n]"
        else:
            yield summary.model_dump_json(include={name})[1:-1]
        before = ",\n"
    yield "\n}"


def _one_by_one(nouns: Sequence[Noun]) -> Iterator[str]:
    for number, noun in enumerate(nouns):
        yield ",\n" if number else ""
        yield noun.model_dump_json()


def read(path: Path) -> Summary:
    """The summary in a file, also where that is of an earlier version or indented.

    Raises:
        ValidationError: for one that is damaged.
    """
    rest: list[bytes] = []
    samples = tuple(_samples(path, rest))
    summary = Summary.model_validate_json(b"".join(rest))
    found = summary.changed(samples=samples) if samples else summary
    _make_sense_of_nominal(found.samples)
    return found


def _samples(path: Path, rest: list[bytes]) -> Iterator[SampleSummary]:
    """The samples that have a line each; all other lines go to the rest."""
    is_sample = False
    with path.open("rb") as file:
        for line in file:
            is_sample = is_sample and not line.startswith(_END)
            if is_sample:
                yield SampleSummary.model_validate_json(line.rstrip(b",\n"))
            else:
                rest.append(line)
                is_sample = line == _SAMPLES


def _make_sense_of_nominal(samples: Sequence[SampleSummary]) -> None:
    """Raises for cut flows that are shown and damaged; those of variations wait until asked for."""
    for sample in samples:
        if NOMINAL in sample.variations:
            tuple(sample.variations[NOMINAL].flows)
