from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from higgsflow.catalog.load import load_analysis
from higgsflow.events.chunks import Chunk, Range
from higgsflow.forecast.entries import entries_of
from higgsflow.forecast.probe import blocks_of, probe

if TYPE_CHECKING:
    import pytest
    from conftest import Lab


def test_jobs_on_a_quarter_and_on_all_events_in_one_block_and_in_four(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path, str(lab.taggers.parent)])
    analysis = load_analysis(lab.write())
    entries = entries_of(analysis, analysis.samples.pair("Sig", "2017"))
    before = lab.state()
    found = probe(analysis, "Sig", "2017", entries.first(1000))
    few, many = found.few[0], found.many[0]
    runs = (found.first, few, many, found.cut)
    # short ones are repeated, since they differ
    assert len(found.few) == len(found.many) == 5
    assert {run.output_bytes for run in found.many} == {many.output_bytes}
    assert [run.n_events for run in runs] == [20, 20, 80, 80]
    # of two files, which are one block where both fit into it
    assert [run.n_blocks for run in runs] == [1, 1, 1, 8]
    assert all(run.cpu > 0 and run.wall > 0 and run.peak_memory_mb > 0 for run in runs)
    assert many.output_bytes > few.output_bytes > 0
    assert found.cut.table_bytes == many.table_bytes > few.table_bytes
    # nothing is kept
    assert lab.state() == before


def test_blocks_are_of_one_file_or_of_small_ones() -> None:
    parts = [Range(url="f", uuid="u", start=0, stop=n) for n in (100, 0, 101, 20, 30, 1)]
    assert blocks_of(Chunk(ranges=tuple(parts)), 50) == 2 + 1 + 3 + 1 + 1
