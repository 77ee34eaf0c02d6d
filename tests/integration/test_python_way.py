"""An analysis as Python objects: the example of the README, scripts, notebooks, and YAML."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import luigi
import numpy as np
import pytest

from higgsflow import Analysis, JobsManager, SamplesManager, TagSequence
from higgsflow.model.analysis import AnalysisModel

if TYPE_CHECKING:
    from conftest import Lab

ROOT = Path(__file__).resolve().parents[2]

SCRIPT = """
import sys
from higgsflow import Analysis, JobsManager, SamplesManager, TagSequence, tagger

CUT = 60.0


@tagger(reads=["MET_pt"], adds={"met": "float64"})
def my_tag(events):
    return events.MET_pt > CUT, {"met": events.MET_pt}


def my_weight(events):
    return {"up": 0 * events.MET_pt + 1.5, "down": 0 * events.MET_pt + 0.5}


def main(batch="local"):
    return Analysis(
        name="mine",
        samples=SamplesManager(["Sig"], catalog=sys.argv[1]),
        systematics={"weights": {"w": {"method": "from_function", "function": my_weight}}},
        tag_sequence=TagSequence(tag_list=[my_tag]),
        variables_of_interest=["met"],
        jobs_manager=JobsManager(batch=batch, n_events_per_output=40),
        blinding={"unblind": True},
    ).run()


if __name__ == "__main__":
    result = main()
    events = result.events("Sig", "2017")
    assert min(events.met) > CUT and len(events) > 0
    assert set(events.weight_w_up) == {1.5}
    print(result)
"""


def run_script(lab: Lab, text: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    path = lab.folder / "script.py"
    path.write_text(text, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, str(path), *arguments],
        env=environment, cwd=lab.folder, capture_output=True, text=True, check=False, timeout=200,
    )  # fmt: skip


def test_tagger_of_a_script_that_fails_advises_what_can_be_done(lab: Lab) -> None:
    """No command can import it."""
    text = SCRIPT.replace("events.MET_pt > CUT", "events.no_such_method()", 1)
    assert text != SCRIPT
    done = run_script(lab, text, str(catalog(lab)), "local")
    said = done.stdout + done.stderr
    assert done.returncode == 1
    assert "no column 'no_such_method'" in said
    assert f"{lab.folder / 'script.py'}, line " in said
    assert "to see it again: run the script or cell that holds 'my_tag', 'my_weight'" in said
    assert "law run ProcessSample" not in said


def catalog(lab: Lab) -> Path:
    """The samples of the lab as a catalogue of its own."""
    import yaml

    path = lab.folder / "catalog.yaml"
    path.write_text(yaml.safe_dump(lab.content["samples"]), encoding="utf-8")
    return path


def example() -> str:
    """The first Python example of the README, for one year."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.search(r"```python\n(.*?)```", text, re.DOTALL)
    assert found is not None
    years = 'years=["2016", "2017", "2018"]'
    assert years in found[1]
    return found[1].replace(years, 'years=["2017"]')


def test_the_example_of_the_readme_runs(lab: Lab) -> None:
    checks = """
assert set(events.fields) >= {"m_gg", "m_jj", "weight_central", "weight_pileup_up", "tag_idx"}
assert len(events) > 100
assert flow.total.n > flow.passed.n > 0
assert [(s.sample, s.year) for s in result.summary.samples] == [
    ("ttH_M125", "2017"), ("tHq_M125", "2017"), ("Data", "2017")]
up = result.events("ttH_M125", "2017", "photon_pt_scale_up", columns=["m_gg"])
assert up.fields == ["m_gg"]
"""
    done = run_script(lab, example() + checks)
    assert done.returncode == 0, done.stderr
    assert (lab.store / "analysis" / "v1" / "summary" / "report.html").is_file()


def test_code_in_main_runs_locally(lab: Lab) -> None:
    done = run_script(lab, SCRIPT, str(catalog(lab)))
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].startswith("Result(mine, 1 sample and year, report: ")
    other = SCRIPT.replace("events.MET_pt > CUT", "events.MET_pt > 99")
    changed = run_script(lab, other, str(catalog(lab)))
    assert changed.returncode == 0, changed.stderr
    assert "nothing to do" not in changed.stdout
    kept = (lab.store / "mine" / "v1" / "made_by").glob("*/*.py")
    assert {path.read_text(encoding="utf-8") for path in kept} == {SCRIPT, other}


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_a_script_may_begin_other_processes_than_forked_ones(lab: Lab, method: str) -> None:
    """As many do for GPUs, and Python 3.14 by itself: code in main needs forked ones."""
    main = '__name__ == "__main__":\n'
    text = SCRIPT.replace(
        main, f"{main}    import multiprocessing as m\n    m.set_start_method('{method}')\n"
    )
    assert text != SCRIPT
    done = run_script(lab, text, str(catalog(lab)))
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].startswith("Result(mine, 1 sample and year, report: ")


def objects(lab: Lab, **changes: Any) -> Analysis:
    """The toy analysis as objects."""
    sys.path.insert(0, str(lab.taggers.parent))
    import toy_taggers

    arguments: dict[str, Any] = {
        "name": "toy",
        "samples": SamplesManager(["Sig"], catalog=lab.content["samples"]),
        "systematics": {
            "weights": {"pileup": lab.pileup()},
            "independent_collections": {
                "met_scale": {**lab.met_scale(), "function": toy_taggers.shift_met}
            },
        },
        "tag_sequence": TagSequence(
            tag_list=[toy_taggers.pair, [toy_taggers.high_met, toy_taggers.rest]]
        ),
        "variables_of_interest": ["m_gg", "met"],
        "jobs_manager": JobsManager(n_events_per_output=40, n_workers=2),
        "report": lab.content["report"],
    }
    return Analysis(**{**arguments, **changes})


def test_results_can_be_looked_at(lab: Lab) -> None:
    result = objects(lab).run()
    assert len(result.events("Sig", "2017")) == lab.table().num_rows
    up = result.events("Sig", "2017", "met_scale_up", columns=["met", "event"])
    nominal = result.events("Sig", "2017", columns=["met", "event"])
    np.testing.assert_allclose(up.met, 1.1 * np.asarray(nominal.met), rtol=1e-6)
    assert result.cut_flow("Sig", "2017", "pair").total.n == 80
    assert result.sample("Sig", "2017").kind == "simulation"
    assert result.report.is_file()


def test_python_and_yaml_do_the_same(lab: Lab) -> None:
    """One is run after the other: there is nothing left to do."""
    lab.content["systematics"]["independent_collections"] = {"met_scale": lab.met_scale()}
    assert lab.without_data().run()
    before = lab.state()
    objects(lab).run()
    assert lab.changed_since(before) <= {"analysis.yaml"}


def test_a_changed_analysis_of_the_same_name_runs_again(lab: Lab) -> None:
    """In one process, as in a notebook: nothing of the first one is remembered."""
    first = objects(lab).run()
    before = lab.state()
    objects(lab).run()
    assert lab.changed_since(before) == set()
    assert "met" in first.events("Sig", "2017").fields
    second = objects(lab, variables_of_interest=["m_gg"], systematics={}).run()
    fields = second.events("Sig", "2017").fields
    assert "met" not in fields
    assert "weight_pileup_up" not in fields
    assert set(second.sample("Sig", "2017").merged) == {"nominal"}


def test_a_run_leaves_ctrl_c_to_the_session(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    within = []
    build = luigi.build

    def looked_at(*args: Any, **kwargs: Any) -> Any:
        within.append(signal.getsignal(signal.SIGINT))
        return build(*args, **kwargs)

    signal.signal(signal.SIGINT, signal.default_int_handler)
    monkeypatch.setattr(luigi, "build", looked_at)
    objects(lab).run()
    assert within[0] is not signal.default_int_handler
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_stages_can_be_run_again_from_the_command_line(command_line: Lab) -> None:
    """By the name of the analysis, and by the path of what was written to the store."""
    lab = command_line
    objects(lab, name="notebook").run()
    merged = lab.store / "notebook" / "v1" / "merged" / "Sig" / "2017" / "nominal.parquet"
    snapshot = lab.store / "notebook" / "v1" / "analysis.yaml"
    for analysis in ("notebook", str(snapshot)):
        merged.unlink()
        done = lab.law("run", "MergeSample", "--analysis", analysis, "--sample", "Sig")
        assert done.returncode == 0, done.stderr
        assert done.stderr == "MergeSample Sig 2017 again: nominal.parquet is gone\n"
        assert merged.is_file()


def test_yaml_to_python_to_yaml(lab: Lab) -> None:
    sys.path.insert(0, str(lab.taggers.parent))
    analysis = Analysis.from_yaml(lab.write())
    analysis.to_yaml(lab.folder / "copy.yaml")
    again = Analysis.from_yaml(lab.folder / "copy.yaml")
    assert again == analysis
    again.to_yaml(lab.folder / "copy2.yaml")
    texts = [(lab.folder / name).read_text("utf-8") for name in ("copy.yaml", "copy2.yaml")]
    assert texts[0] == texts[1]


def test_python_to_yaml_to_python(lab: Lab) -> None:
    analysis = objects(lab)
    analysis.to_yaml(lab.folder / "copy.yaml")
    again = Analysis.from_yaml(lab.folder / "copy.yaml")
    # where this process finds the taggers, another one is told
    assert again.python_path == (str(lab.taggers.parent),)
    for name in AnalysisModel.model_fields.keys() - {"python_path"}:
        mine, theirs = getattr(analysis, name), getattr(again, name)
        if name == "samples":
            mine, theirs = mine.model_dump(), theirs.model_dump()
        assert mine == theirs, name


def test_the_shipped_demo_is_the_same_both_ways(tmp_path: Path) -> None:
    analysis = Analysis.from_yaml("demo")
    analysis.to_yaml(tmp_path / "copy.yaml")
    assert Analysis.from_yaml(tmp_path / "copy.yaml") == analysis
