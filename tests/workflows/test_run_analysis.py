from __future__ import annotations

import pkgutil
import subprocess
import sys
from typing import TYPE_CHECKING

import tasks
from tasks import session

if TYPE_CHECKING:
    import pytest
    from conftest import Lab


def test_its_output_is_the_summary(lab: Lab) -> None:
    task = lab.task()
    assert type(task.requires()).__name__ == "SummarizeAnalysis"
    assert task.output().path == str(lab.output("summary", "summary.json"))
    assert session.current.all_samples is True


def test_says_when_there_is_nothing_to_do(lab: Lab, capfd: pytest.CaptureFixture[str]) -> None:
    lab.without_data()
    assert lab.run()
    capfd.readouterr()
    assert lab.run()
    told = capfd.readouterr().out
    assert told == f"nothing to do, everything is current: {lab.output('summary')}\n"


CANDIDATES = '''

import awkward as ak
import numpy as np


@tagger(reads=["mass", "MET_pt"], adds={"value": "float64", "met": "float64"}, one_row_per="value")
def values(events):
    """The mass and MET of an event as if they were two objects of it."""
    both = ak.from_regular(np.stack([events.mass, events.MET_pt], axis=1))
    return both > 60, {"value": both, "met": events.MET_pt}
'''


def test_rows_of_candidates_are_the_same_however_jobs_cut_the_files(lab: Lab) -> None:
    lab.taggers.write_text(lab.taggers.read_text("utf-8") + CANDIDATES, encoding="utf-8")
    lab.content |= {
        "tag_sequence": ["toy_taggers:pair", "toy_taggers:values"],
        "variables_of_interest": ["m_gg", "value", "met"],
    }
    lab.content["systematics"]["independent_collections"] = {"met_scale": lab.met_scale(0.2)}
    found = {}
    for n_events, lab.version in ((40, "v1"), (7, "v2")):
        lab.jobs["n_events_per_output"] = n_events
        assert lab.run(version=lab.version)
        assert lab.run("VerifyStore", version=lab.version)
        names = (("Sig", "nominal"), ("Sig", "met_scale_up"), ("Data", "nominal"))
        found[lab.version] = [lab.table(s, variation=v).to_pydict() for s, v in names]
    assert found["v1"] == found["v2"]
    nominal, up, data = found["v1"]
    for rows in (nominal, up, data):
        each = zip(rows["m_gg"], rows["met"], rows["value"], rows["candidate_idx"], strict=True)
        assert all(v > 60 and v == (mass, met)[i] for mass, met, v, i in each)
        # all masses pass, and of some events both do
        assert rows["candidate_idx"].count(0) == len(set(rows["event"]))
        assert 0 < rows["candidate_idx"].count(1) < len(set(rows["event"]))
        assert min(met for met, i in zip(rows["met"], rows["candidate_idx"], strict=True) if i) > 60
    assert len(up["event"]) > len(nominal["event"])
    (sig,) = [s for s in lab.read("summary", "summary.json")["samples"] if s["sample"] == "Sig"]
    assert sig["n_candidates"] == len(nominal["event"])
    assert sig["n_selected"] == len(set(nominal["event"])) == sig["efficiency"] * 80
    assert sig["variations"]["nominal"]["yields"]["values"]["n"] == sig["n_candidates"]


def test_asking_for_help_of_any_stage_imports_nothing_that_takes_long() -> None:
    heavy = (
        "awkward", "correctionlib", "filelock", "matplotlib", "numpy", "pebble",
        "pyarrow", "pydantic", "rich", "uproot", "yaml",
    )  # fmt: skip
    stages = [f"tasks.{module.name}" for module in pkgutil.iter_modules(tasks.__path__)]
    code = f"import sys, workflows.run_analysis, {', '.join(stages)}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert {"workflows.run_analysis", "tasks.merge_sample"} <= set(done.stdout.split())
    assert sorted(set(heavy) & set(done.stdout.split())) == []
