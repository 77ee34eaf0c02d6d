from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest

from higgsflow.catalog.load import load_analysis
from higgsflow.errors import UserError
from higgsflow.forecast import entries as room
from higgsflow.forecast.entries import entries_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Lab

    from higgsflow.forecast.entries import Entries


def found(lab: Lab) -> Entries:
    analysis = load_analysis(lab.write())
    return entries_of(analysis, analysis.samples.pair("Sig", "2017"))


def test_files_that_are_few_are_all_looked_into(lab: Lab) -> None:
    entries = found(lab)
    assert (entries.n_entries, len(entries.files), entries.is_remote) == (80, 2, False)
    assert entries.index is not None
    parts = [(part.start, part.stop) for part in entries.first(50).ranges]
    assert parts == [(0, 40), (0, 10)]
    assert entries.first(1000).n_entries == 80
    assert len(entries.first(40).ranges) == 1


def test_of_many_files_the_first_one_tells(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "_ALL", 1)
    entries = found(lab)
    assert entries.index is None
    assert len(entries.files) == 1
    # from the sizes, which are about the same
    assert 70 < entries.n_entries < 90


def test_files_of_a_task_are_those_of_the_index(lab: Lab) -> None:
    assert lab.run("IndexSample", sample="Sig", year="2017")
    lab.sig["files"]["2017"] = "task:GenerateDemoFiles"
    assert found(lab).n_entries == 80
    shutil.rmtree(lab.output("index"))
    with pytest.raises(UserError, match="first: law run IndexSample --analysis toy --sample Sig"):
        found(lab)


def test_a_sample_without_events_is_told(
    lab: Lab, make_root_file: Callable[..., Path], make_toy_columns: Callable[..., dict[str, Any]]
) -> None:
    events = {name: values[:0] for name, values in make_toy_columns(1, is_data=False).items()}
    lab.sig["files"]["2017"] = str(make_root_file(lab.folder / "empty.root", Events=events))
    with pytest.raises(UserError, match="no events to probe in Sig"):
        found(lab)
