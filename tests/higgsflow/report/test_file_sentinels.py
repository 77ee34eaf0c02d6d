from __future__ import annotations

from typing import Any

from higgsflow.report.content import FileSummary, SampleSummary
from higgsflow.report.file_sentinels import about_shared_files


def sample(name: str, *uuids: str, **change: Any) -> Any:
    files = tuple(FileSummary(url=f"/{u}", uuid=u, ranges=((0, 5),), sum_g=5.0) for u in uuids)
    known = {"sample": name, "year": "2017", "kind": "simulation", "files": files, **change}
    return SampleSummary.model_construct(**known)


def test_a_file_of_two_simulated_samples_is_told() -> None:
    """Whatever `higgsflow check` says, for who does not ask it."""
    samples = [sample("ttH", "a", "b", "c"), sample("tHq", "c+1", "d", "b+2"), sample("ggH", "e")]
    (found,) = about_shared_files(samples)
    assert (found.kind, found.where, found.severity) == ("counted twice", "ttH (2017)", "warning")
    assert found.text == "2 files of it also in tHq (2017): events count in both"


def test_a_file_that_stands_for_another_year_is_a_note() -> None:
    (found,) = about_shared_files([sample("ttH", "a"), sample("ttH", "a", year="2018")])
    assert (found.where, found.severity) == ("ttH (2017)", "note")
    assert found.text.startswith("1 file of it also in ttH (2018)")


def test_alternatives_and_datasets_may_share_files() -> None:
    """The one is added to nothing, the events of the other are compared themselves."""
    datasets = [sample(name, "b", kind="data") for name in ("EGamma", "Muon")]
    samples = [sample("ttH", "a"), sample("ttH_up", "a", alternative=True), *datasets]
    assert not list(about_shared_files(samples))


def test_a_file_of_data_and_simulation_is_told() -> None:
    (found,) = about_shared_files([sample("Data", "a", kind="data"), sample("ttH", "a")])
    assert found.where == "Data (2017)"
