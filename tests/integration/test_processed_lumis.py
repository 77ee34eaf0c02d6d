"""Processed lumisections from files to summary, on the toy data.

The toy files have lumisections 1 to 4 of run 1, ten events each; 1 to 3 are certified.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import uproot

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Lab = Any


@pytest.fixture
def rewrite(make_root_file: Callable[..., Path]) -> Callable[..., None]:
    """Writes a file of data again, with other lumisections in its tree, or without that tree."""

    def write(path: Path, lumis: list[int] | None, run: int = 1) -> None:
        with uproot.open({str(path): None}) as file:
            events = {k: np.asarray(v) for k, v in file["Events"].arrays(library="np").items()}
        events["run"] = np.full_like(events["run"], run)
        trees = {"Events": events}
        if lumis is not None:
            blocks = np.array(lumis, np.uint32)
            columns = {"run": np.full_like(blocks, run), "luminosityBlock": blocks}
            trees["LuminosityBlocks"] = columns
        make_root_file(path, **trees)

    return write


def certify(lab: Lab, **runs: Any) -> None:
    path = lab.folder / "golden.json"
    path.write_text(json.dumps({r.removeprefix("r"): v for r, v in runs.items()}), encoding="utf-8")
    lab.content["samples"]["years"]["2017"]["golden_json"] = str(path)


def jobs(lab: Lab) -> Any:
    return lab.read("jobs", "Data", "2017", "jobs.json")["lumisections"]


def test_empty_lumisections_of_any_file_count(lab: Lab, rewrite: Callable[..., None]) -> None:
    first, _ = lab.own_files("Data")
    rewrite(first, [4, 3, 2, 1, 20, 30])
    certify(lab, r1=[[1, 3], [20, 21]], r5=[[1, 5]])
    assert lab.run("MonitorJobs", sample="Data", year="2017")
    assert lab.read("jobs", "Data", "2017", "processed_lumis.json") == {"1": [[1, 3], [20, 20]]}
    found = jobs(lab)
    assert found["missing"] == {"1": [[21, 21]], "5": [[1, 5]]}
    assert (found["n_certified"], found["n_processed"], found["coverage"]) == (10, 4, 40.0)
    assert found["notes"] == []


@pytest.mark.parametrize("n_events", [7, 40])
def test_events_serve_in_chunks_of_any_size(
    lab: Lab, rewrite: Callable[..., None], n_events: int
) -> None:
    for path in lab.own_files("Data"):
        rewrite(path, None)
    certify(lab, r1=[[2, 3], [20, 21]])
    lab.jobs.update(n_events_per_output=n_events, n_events_per_block=3)
    assert lab.run("MonitorJobs", sample="Data", year="2017")
    assert lab.read("jobs", "Data", "2017", "processed_lumis.json") == {"1": [[2, 3]]}
    assert jobs(lab)["notes"][0].startswith("2 of 2 files have no LuminosityBlocks")


def test_lost_json_is_made_again(lab: Lab) -> None:
    lab.run("MonitorJobs", sample="Data", year="2017")
    path = lab.output("jobs", "Data", "2017", "processed_lumis.json")
    path.unlink()
    assert lab.run("MonitorJobs", sample="Data", year="2017")
    assert json.loads(path.read_text(encoding="utf-8")) == {"1": [[1, 3]]}


def test_summary_has_the_coverage_of_samples_and_years(lab: Lab) -> None:
    certify(lab, r1=[[1, 3], [7, 7]])
    assert lab.run()
    summary = lab.read("summary", "summary.json")
    by_sample = {sample["sample"]: sample["lumisections"] for sample in summary["samples"]}
    assert by_sample["Sig"] is None
    for found in (by_sample["Data"], summary["lumisections"]["2017"]):
        assert (found["n_processed"], found["coverage"]) == (3, 75.0)
        assert found["missing"] == {"1": [[7, 7]]}
    assert list(summary["lumisections"]) == ["2017"]


def test_golden_json_of_another_year_stops_before_any_job(
    lab: Lab, capfd: pytest.CaptureFixture[str]
) -> None:
    assert lab.run("MonitorJobs", sample="Data", year="2017")
    certify(lab, r2=[[1, 3]], r9=[[1, 3]])
    before = lab.state()
    assert not lab.run("MonitorJobs", sample="Data", year="2017")
    assert "runs of the files: 1 to 1; of the golden JSON: 2 to 9" in capfd.readouterr().err
    assert not any("chunks" in name for name in lab.changed_since(before))


def test_index_refuses_the_golden_json_of_another_year(
    lab: Lab, capfd: pytest.CaptureFixture[str]
) -> None:
    certify(lab, r2=[[1, 3]])
    assert not lab.run("IndexSample", sample="Data", year="2017")
    assert "the golden JSON of another year?" in capfd.readouterr().err
