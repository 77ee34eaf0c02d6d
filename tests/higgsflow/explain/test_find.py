from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from higgsflow.catalog.load import load_analysis
from higgsflow.errors import UserError
from higgsflow.explain import find
from higgsflow.explain.explanation import explain_event
from higgsflow.explain.find import (
    EventId,
    Place,
    event_id,
    files_of,
    find_elsewhere,
    find_event,
    lumisections_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Lab

    from higgsflow.model.sample import SampleYear


def test_an_event_by_its_numbers() -> None:
    assert event_id("1:23:4567") == EventId(1, 23, 4567)
    assert str(event_id(" 1:23:4567 ")) == "1:23:4567"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1:2",
        "1:2:x",
        "-1:2:3",
        "1:2:3:4",
        "99999999999:1:1",
        "4294967296:1:1",
        "1:1:18446744073709551616",
    ],
)
def test_what_is_no_event_is_told(text: str) -> None:
    with pytest.raises(UserError, match="is no event\n  say RUN:LUMI:EVENT"):
        event_id(text)


@pytest.fixture
def pair(lab: Lab) -> SampleYear:
    """Two files: events 1000 to 1039 and 2000 to 2039 of lumisections 1 to 4 of run 1."""
    return load_analysis(lab.write()).samples.pair("Sig", "2017")


@pytest.fixture
def files(lab: Lab) -> list[str]:
    return [str(path) for path in sorted(lab.files.glob("Sig_2017_*.root"))]


@pytest.mark.parametrize("step", [1_000_000, 7])
def test_finds_the_file_and_the_entry_some_entries_at_a_time(
    pair: SampleYear, files: list[str], step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(find, "_STEP", step)
    assert find_event(pair, files, EventId(1, 1, 1000)) == (Place(files[0], 0),)
    assert find_event(pair, files, EventId(1, 4, 2037)) == (Place(files[1], 37),)
    assert lumisections_of(pair, files).cms == {"1": ((1, 4),)}


@pytest.mark.parametrize(
    ("wanted", "where", "advice"),
    [
        (EventId(1, 3, 1000), "lumisections of run 1: 1-4", "that number is there as 1:1:1000"),
        (EventId(1, 3, 5), "lumisections of run 1: 1-4", "lumisection 3 is there, without that"),
        (EventId(1, 9, 5), "lumisections of run 1: 1-4", "the nearest lumisection is 4"),
        (EventId(2, 1, 5), "no run 2 there; runs: 1", "is it an event of another sample or year?"),
    ],
)
def test_what_is_nearest_to_an_event_that_is_not_there(
    pair: SampleYear, files: list[str], wanted: EventId, where: str, advice: str
) -> None:
    with pytest.raises(UserError) as caught:
        find_event(pair, files, wanted)
    lines = str(caught.value).split("\n  ")
    assert lines[0] == f"no event {wanted} in the 2 files of Sig (2017)"
    assert lines[1] == where
    assert lines[2].startswith(advice)


def test_numbers_beyond_those_with_a_sign(
    pair: SampleYear, tmp_path: Path, make_root_file: Callable[..., Path]
) -> None:
    """Some files hold event numbers as signed integers."""
    large = 2**63 + 5
    columns = {
        "run": np.array([1, 1], np.int32),
        "luminosityBlock": np.array([1, 2], np.int32),
        "event": np.array([7, large], np.uint64).astype(np.int64),
    }
    path = str(make_root_file(tmp_path / "f.root", Events=columns))
    assert find_event(pair, [path], EventId(1, 2, large)) == (Place(path, 1),)


def test_files_are_those_of_the_catalogue_or_of_the_index(lab: Lab, files: list[str]) -> None:
    analysis = load_analysis(lab.write())
    assert list(files_of(analysis, analysis.samples.pair("Sig", "2017"))) == files


def test_files_that_a_task_makes_are_known_once_they_are_indexed(lab: Lab) -> None:
    lab.without_data()
    assert lab.run("IndexSample", sample="Sig", year="2017")
    lab.sig["files"]["2017"] = "task:GenerateDemoFiles"
    analysis = load_analysis(lab.write())
    pair = analysis.samples.pair("Sig", "2017")
    assert [url.rpartition("/")[2] for url in files_of(analysis, pair)] == [
        "Sig_2017_0.root",
        "Sig_2017_1.root",
    ]
    lab.output("index", "Sig", "2017", "index.json").unlink()
    with pytest.raises(UserError, match="first: law run IndexSample --analysis toy --sample Sig"):
        files_of(analysis, pair)


def test_all_places_of_an_event_are_found(lab: Lab, pair: SampleYear, files: list[str]) -> None:
    wanted = EventId(1, 1, 1000)
    assert find_event(pair, [*files, files[0]], wanted) == (Place(files[0], 0),) * 2
    # of data also in other data of the year; numbers of simulation begin anew in each sample
    samples = lab.content["samples"]["samples"]
    samples["More"] = {**samples["Data"], "process": "More"}
    analysis = load_analysis(lab.write())
    data = analysis.samples.pair("Data", "2017")
    urls = files_of(analysis, data)
    ((other, places),) = find_elsewhere(analysis, data, EventId(1, 1, 21_000))
    assert (other.name, places) == ("More (2017)", find_event(data, urls, EventId(1, 1, 21_000)))
    assert list(find_elsewhere(analysis, pair, wanted)) == []


def test_other_data_that_cannot_be_read_are_told_beside_the_event(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(lab.taggers.parent))
    samples = lab.content["samples"]["samples"]
    samples["More"] = {**samples["Data"], "process": "More", "files": {"2017": "/not/there.root"}}
    found = explain_event(load_analysis(lab.write()), "Data", "2017", "1:1:21000")
    assert found.also == ()
    assert any(note.startswith("whether it is in More (2017) too") for note in found.notes)
    samples["More"]["files"] = samples["Data"]["files"]
    found = explain_event(load_analysis(lab.write()), "Data", "2017", "1:1:21000")
    assert [(one.sample, one.entry) for one in found.also] == [("More", found.entry)]
