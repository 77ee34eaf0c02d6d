"""What is seen of input files: one that several samples are made of."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from higgsflow.events.file_head import original_uuid
from higgsflow.report.aggregates import label
from higgsflow.report.content import Finding
from higgsflow.report.formatting import several

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from higgsflow.report.content import SampleSummary


def about_shared_files(samples: Sequence[SampleSummary]) -> Iterator[Finding]:
    """Files, by UUID, of two samples or years whose sums are added up.

    Of two samples of data events are compared themselves, and alternatives are added to nothing.
    """
    added = [sample for sample in samples if not sample.alternative]
    originals = [frozenset(original_uuid(file.uuid) for file in s.files) for s in added]
    for (one, mine), (other, others) in combinations(zip(added, originals, strict=True), 2):
        n_shared = len(mine & others)
        if n_shared and not one.kind == other.kind == "data":
            text = f"{several(n_shared, 'file')} of it also in {label(other)}: events count in both"
            # a file may stand for another year, or be split between samples by what it holds
            severity = "warning" if one.year == other.year else "note"
            yield Finding(kind="counted twice", where=label(one), text=text, severity=severity)
