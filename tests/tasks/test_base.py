from __future__ import annotations

import configparser
import importlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import pytest

from higgsflow.errors import UserError
from higgsflow.model.jobs import Batch
from tasks.base import ENGINES, AnalysisTask

if TYPE_CHECKING:
    from conftest import Lab

Captured = pytest.CaptureFixture[str]
ROOT = Path(__file__).resolve().parents[2]


def test_version_and_engine_come_from_the_configuration(lab: Lab) -> None:
    task = lab.task("MergeSample", sample="Sig")
    assert (task.version, task.workflow) == ("v1", "local")


def test_jobs_run_where_a_configuration_can_say() -> None:
    assert get_args(Batch) == ENGINES


def test_every_stage_is_where_law_finds_it() -> None:
    config = configparser.ConfigParser(allow_no_value=True)
    config.read(ROOT / "law.cfg")
    found = set()
    for folder in ("tasks", "workflows"):
        for path in sorted((ROOT / folder).glob("*.py")):
            module = importlib.import_module(f"{folder}.{path.stem}")
            kinds = (kind for kind in vars(module).values() if isinstance(kind, type))
            of_here = [kind for kind in kinds if kind.__module__ == module.__name__]
            if any(issubclass(k, AnalysisTask) and not k.exclude_index for k in of_here):
                found.add(module.__name__)
    assert found == set(config["modules"])


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({}, "MergeSample needs --sample\n  known: Data, Sig"),
        ({"sample": "Sgi"}, "no sample 'Sgi' in analysis 'toy'. Did you mean 'Sig'?"),
        ({"sample": "Sig", "year": "2071"}, "no year '2071' in sample 'Sig'. Did you mean '2017'?"),
        (
            {"sample": "Sig", "variation": ("nominla",)},
            "no variation 'nominla' in Sig (2017). Did you mean 'nominal'?",
        ),
        ({"sample": "Sig", "workflow": "slrum"}, "no engine 'slrum'"),
    ],
)
def test_an_unknown_name_ends_the_program_before_anything_runs(
    lab: Lab, capfd: Captured, parameters: dict[str, Any], message: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        lab.task("MergeSample", **parameters)
    assert ended.value.code == 1
    told = capfd.readouterr().err
    assert told.startswith(message)
    assert len(told.splitlines()) <= 3


def test_a_failure_the_user_can_put_right_has_no_traceback(lab: Lab, capfd: Captured) -> None:
    task = lab.task("MergeSample", sample="Sig", year="2017")
    task.on_failure(UserError("what", "where", "remedy"))
    assert capfd.readouterr().err == "MergeSample Sig 2017 failed: what\n  where\n  remedy\n"
    # what is wrong in more places is told in a line, and luigi's page has all of it
    again = UserError("what", "elsewhere", "remedy")
    assert task.on_failure(again) == str(again)
    assert capfd.readouterr().err == "MergeSample Sig 2017 failed: what, elsewhere\n"
    task.on_failure(ZeroDivisionError("division"))
    told = capfd.readouterr().err
    assert told.startswith("MergeSample Sig 2017 failed: ")
    assert told.rstrip().endswith("ZeroDivisionError: division")


def test_what_only_follows_from_a_change_is_not_told(lab: Lab, capfd: Captured) -> None:
    lab.without_data()
    assert lab.run()
    lab.content["tag_sequence"][1][0]["options"] = {"threshold": 80.0}
    lab.sig["xs"] = 0.7
    capfd.readouterr()
    assert lab.run()
    told = [line for line in capfd.readouterr().err.splitlines() if " again: " in line]
    assert told[:2] == [
        "ProcessSample Sig 2017 again: tagger high_met: threshold 60 -> 80 (2 of 2 chunks)",
        "UpdateScale1fb Sig 2017 again: xs 0.5 -> 0.7",
    ]
    assert [line.partition(" again: ")[0] for line in told[2:]] == ["MergeSample Sig 2017"]
    assert "scale1fb " in told[2]
    assert "changed" not in told[2]


def test_what_somebody_else_keeps_beside_the_outputs_is_told_without_a_traceback(lab: Lab) -> None:
    """What is known of input files is shared by all versions of an analysis."""
    task = lab.task("IndexSample", sample="Sig", year="2017")
    error = PermissionError(13, "Permission denied", str(task.file_index / "06" / "06a2.json"))
    told = task.on_failure(error)
    assert told.startswith(f"cannot read {task.file_index}/06/06a2.json")
    elsewhere = PermissionError(13, "Permission denied", "/elsewhere")
    assert task.on_failure(elsewhere).startswith("PermissionError")


def test_a_file_of_the_store_that_vanishes_is_told_without_a_traceback(lab: Lab) -> None:
    """As of a store that somebody moves while batch jobs are waited for."""
    assert lab.run("ProcessSample", sample="Sig")
    task = lab.task("ProcessSample", sample="Sig", year="2017")
    index = lab.output("index", "Sig", "2017", "index.json")
    index.unlink()
    with pytest.raises(FileNotFoundError) as error:
        _ = task.chunks
    assert task.on_failure(error.value).splitlines() == [
        f"{index} vanished while the command ran",
        "  run the command again",
    ]


def test_what_was_asked_for_is_about_its_sample_and_year_alone(lab: Lab) -> None:
    """Such as which jobs are cancelled, and whose proxies are looked at."""
    lab.sig["files"]["2018"] = str(lab.files / "Sig_2018_*.root")
    task = lab.task("MergeSample", sample="Sig")
    pairs = task.model.samples.pairs

    def asked(**params: str) -> set[str]:
        return {pair.name for pair in pairs if task.is_about(pair, params)}

    assert asked() == {"Sig (2017)", "Sig (2018)", "Data (2017)"}
    assert asked(sample="Sig", year="") == {"Sig (2017)", "Sig (2018)"}
    assert asked(sample="Sig", year="2018") == {"Sig (2018)"}
    assert asked(sample="", year="2017") == {"Sig (2017)", "Data (2017)"}
