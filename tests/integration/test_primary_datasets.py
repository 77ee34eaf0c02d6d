"""Several datasets of one detector hold the same events: each counts once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from higgsflow.report.histograms import fill_histograms
from higgsflow.result import Result

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Lab

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def datasets(
    lab: Lab, make_toy_columns: Callable[..., Any], make_root_file: Callable[..., Any]
) -> tuple[Lab, dict[str, Any]]:
    """Three datasets of the same collisions, each with those that fired its triggers."""
    parts = [make_toy_columns(seed, is_data=True) for seed in (31, 32)]
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    rng = np.random.default_rng(3)
    fired = {f"HLT_{x}": rng.random(len(columns["event"])) < 0.4 for x in "abc"}
    of_dataset = {"First": ("HLT_a",), "Second": ("HLT_b", "HLT_a"), "Third": ("HLT_c",)}
    samples = lab.content["samples"]["samples"]
    samples.clear()
    for name, triggers in of_dataset.items():
        mask = np.logical_or.reduce([fired[t] for t in triggers])
        path = make_root_file(
            lab.folder / f"{name}.root",
            Events={key: values[mask] for key, values in {**columns, **fired}.items()},
        )
        samples[name] = {
            "kind": "data", "process": "Data", "files": {"2017": str(path)},
            "triggers": list(triggers),
        }  # fmt: skip
    lab.content["samples"]["primary_datasets"] = list(of_dataset)
    lab.content["samples"]["years"]["2017"]["apply_golden_json"] = False
    lab.content["systematics"] = {}
    lab.content["tag_sequence"][0] = {
        "name": "pair", "tagger": "toy_taggers:pair", "options": {"low": 0.0}
    }  # fmt: skip
    return lab, {**columns, **fired}


def events_of(lab: Lab, name: str) -> list[int]:
    return [int(event) for event in lab.table(name)["event"].to_numpy()]


def forget_the_list(lab: Lab) -> None:
    """Triggers are asked of what it names only."""
    del lab.content["samples"]["primary_datasets"]
    for sample in lab.content["samples"]["samples"].values():
        del sample["triggers"]


def test_each_event_is_of_the_first_dataset_whose_triggers_it_fired(datasets: Any) -> None:
    lab, truth = datasets
    assert lab.run()
    a, b, c = (truth[f"HLT_{x}"] for x in "abc")
    expected = {"First": a, "Second": b & ~a, "Third": c & ~a & ~b}
    for name, mask in expected.items():
        assert events_of(lab, name) == truth["event"][mask].tolist()
        sums = lab.read("jobs", name, "2017", "jobs.json")["factor_sums"]
        n_read = lab.read("jobs", name, "2017", "jobs.json")["completeness"]["n_done"]
        assert sums["events_of_other_datasets"] == n_read - mask.sum()


def test_without_the_list_shared_events_are_refused(datasets: Any, capfd: Captured) -> None:
    lab, _ = datasets
    forget_the_list(lab)
    assert not lab.run()
    told = capfd.readouterr().err
    assert "First (2017) and Second (2017) both hold event 1:" in told
    assert "primary_datasets" in told
    assert "Traceback" not in told
    assert not lab.output("summary", "summary.json").exists()


def test_data_of_several_processes_that_share_events_are_not_added(datasets: Any) -> None:
    lab, truth = datasets
    forget_the_list(lab)
    lab.content["blinding"] = {"unblind": True}
    samples = lab.content["samples"]["samples"]
    for sample in samples.values():
        # by itself a sample is a process of its own
        del sample["process"]
    assert lab.run()
    summary = Result(lab.output("summary", "summary.json")).summary
    n = {name: len(events_of(lab, name)) for name in samples}
    assert n["First"] == truth["HLT_a"].sum() < n["Second"]
    assert list(summary.kept_apart) == ["Second", "Third"]
    assert "First (2017) and Third (2017) both hold event 1:" in summary.kept_apart["Third"]
    filled = fill_histograms(summary)
    assert filled.books[0].data.values(flow=True).sum() == n["First"]
    assert any(note.startswith("Second (2017) is not drawn: First") for note in filled.notes)
    counted = {row.name: row.yields for row in summary.totals if row.group == "all"}
    assert {name: sum(y.n for y in counted[f"data: {name}"].values()) for name in samples} == n
    assert "Second (2017) is not drawn" in lab.output("summary", "report.html").read_text("utf-8")


def test_data_of_several_processes_with_different_events_are_drawn_together(lab: Lab) -> None:
    lab.content["blinding"] = {"unblind": True}
    samples = lab.content["samples"]["samples"]
    for seed, name in enumerate(("Early", "Late")):
        files = {"2017": str(lab.files / f"Data_2017_{seed}.root")}
        samples[name] = {"kind": "data", "files": files}
    del samples["Data"]
    assert lab.run()
    summary = Result(lab.output("summary", "summary.json")).summary
    assert summary.kept_apart == {}
    n = sum(lab.table(name).num_rows for name in ("Early", "Late"))
    assert fill_histograms(summary).books[0].data.values(flow=True).sum() == n


def test_order_of_the_list_makes_events_again(datasets: Any) -> None:
    lab, truth = datasets
    assert lab.run()
    lab.content["samples"]["primary_datasets"] = ["Third", "Second", "First"]
    assert lab.run()
    assert events_of(lab, "Third") == truth["event"][truth["HLT_c"]].tolist()
    assert events_of(lab, "First") == []


def test_chosen_datasets_leave_nothing_to_one_that_takes_no_part(datasets: Any) -> None:
    lab, truth = datasets
    lab.content["samples"]["sample_list"] = ["Third"]
    assert lab.run()
    assert events_of(lab, "Third") == truth["event"][truth["HLT_c"]].tolist()


def test_trigger_that_a_file_lacks_is_an_error_unless_it_may(
    datasets: Any, capfd: Captured
) -> None:
    lab, _ = datasets
    second = lab.content["samples"]["samples"]["Second"]
    second["triggers"].append("HLT_bb")
    assert not lab.run()
    told = capfd.readouterr().err
    assert "no column 'HLT_bb', which primary_datasets needs" in told
    second["triggers"][-1] = "HLT_bb?"
    assert lab.run()


def test_unknown_name_in_the_list_is_known_before_anything_runs(
    datasets: Any, capfd: Captured
) -> None:
    lab, _ = datasets
    lab.content["samples"]["primary_datasets"][1] = "Secondd"
    with pytest.raises(SystemExit):
        lab.task()
    assert "Did you mean 'Second'?" in capfd.readouterr().err


def test_dataset_without_triggers_is_known_before_anything_runs(
    datasets: Any, capfd: Captured
) -> None:
    lab, _ = datasets
    del lab.content["samples"]["samples"]["Third"]["triggers"]
    with pytest.raises(SystemExit):
        lab.task()
    assert "primary dataset 'Third' has no triggers" in capfd.readouterr().err
