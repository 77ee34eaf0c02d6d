"""Every stage by its name on the command line, law's own switches, and their exit codes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conftest import LAW

if TYPE_CHECKING:
    from conftest import Lab

STAGES = (
    "GenerateDemoFiles",
    "IndexSample",
    "ProcessSample",
    "MonitorJobs",
    "UpdateScale1fb",
    "MergeSample",
    "SummarizeAnalysis",
    "VerifyStore",
    "RunAnalysis",
)


def test_stages_run_one_by_one_by_name(command_line: Lab) -> None:
    """Each makes its output and nothing that comes after it."""
    lab = command_line.without_data()
    of_sample = ("--sample", "Sig", "--year", "2017")
    outputs = {
        "IndexSample": "index/Sig/2017/index.json",
        "ProcessSample": "chunks/Sig/2017",
        "MonitorJobs": "jobs/Sig/2017/jobs.json",
        "UpdateScale1fb": "scale1fb/Sig/2017/scale1fb.json",
        "MergeSample": "merged/Sig/2017/nominal.parquet",
    }
    made = dict.fromkeys(outputs, False)
    for stage in outputs:
        done = lab.law_run(stage, *of_sample)
        assert (done.returncode, stage) == (0, stage), done.stderr
        made[stage] = True
        assert {name: lab.output(path).exists() for name, path in outputs.items()} == made
    done = lab.law_run("SummarizeAnalysis")
    assert (done.returncode, done.stderr) == (0, "")
    assert lab.output("summary", "report.html").is_file()


def test_runs_everything_and_prints_the_summary(command_line: Lab) -> None:
    lab = command_line.without_data()
    done = lab.law_run("RunAnalysis")
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("Sig (2017): 2/2 chunks, 80 of 80 events")
    assert "Traceback" not in done.stderr
    for word in ("scale1fb", "Cut flow", "pileup", "merged files"):
        assert word in done.stdout
    again = lab.law_run("RunAnalysis", PYTHONPROFILEIMPORTTIME="1")
    modules, told = imported(again.stderr)
    assert (again.returncode, told) == (0, [])
    assert again.stdout.startswith("nothing to do, everything is current:")
    # what would take longer to import than to see that there is nothing to do
    assert not modules & {"awkward", "correctionlib", "matplotlib", "pyarrow", "rich", "uproot"}
    assert "numpy" in modules


def imported(stderr: str) -> tuple[set[str], list[str]]:
    """The modules that Python says it has imported, and the lines that it did not write."""
    lines = stderr.splitlines()
    said = [line for line in lines if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip() for line in said}, [x for x in lines if x not in said]


def test_one_branch_runs_in_the_process_itself(command_line: Lab) -> None:
    lab = command_line
    done = lab.law_run("ProcessSample", "--sample", "Sig", "--year", "2017", "--branch", "1")
    assert done.returncode == 0, done.stderr
    assert len(list(lab.output("chunks", "Sig", "2017").glob("*.parquet"))) == 1
    other = ("--sample", "Sig", "--year", "2017", "--branch", "0")
    done = lab.law_run("ProcessSample", *other, PYTHONPROFILEIMPORTTIME="1")
    assert len(list(lab.output("chunks", "Sig", "2017").glob("*.parquet"))) == 2
    # the places of columns in files are known, and columns are numbers
    assert not imported(done.stderr)[0] & {"fsspec", "hist", "matplotlib", "uproot"}
    assert "higgsflow.plan" in imported(done.stderr)[0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--branch", "0"), "ProcessSample --branch needs --year\n  known: 2017\n"),
        (("--branch", "2", "--year", "2017"), "no branch 2 of Sig (2017)\n  known: 0 to 1\n"),
    ],
)
def test_a_branch_that_is_not_there(
    command_line: Lab, arguments: tuple[str, ...], message: str
) -> None:
    command_line.run("IndexSample", sample="Sig")
    done = command_line.law_run("ProcessSample", "--sample", "Sig", *arguments)
    assert (done.returncode, done.stderr) == (1, message)


def test_a_wrong_branch_is_told_also_before_the_index_is_made(command_line: Lab) -> None:
    done = command_line.law_run(
        "ProcessSample", "--sample", "Sig", "--year", "2017", "--branch", "2"
    )
    assert done.returncode == 1
    assert "no branch 2 of Sig (2017)\n  known: 0 to 1" in done.stderr
    assert "Traceback" not in done.stderr


def test_switches_of_law_show_and_remove_without_running(command_line: Lab) -> None:
    """Status, dependencies and outputs are shown without running; removal asks nothing with a."""
    lab = command_line.without_data()
    sample = ("--sample", "Sig", "--year", "2017")
    status = lab.law_run("MergeSample", *sample, "--print-status", "3")
    assert (status.returncode, status.stdout.count("absent")) == (0, 4)
    assert not lab.output("index").exists()
    assert lab.run("MergeSample", sample="Sig")
    status = lab.law_run("MergeSample", *sample, "--print-status", "3")
    assert (status.stdout.count("absent"), status.stdout.count("existent")) == (0, 4)
    assert "existent (2/2)" in status.stdout
    deps = lab.law_run("MergeSample", *sample, "--print-deps", "3")
    order = [deps.stdout.find(stage) for stage in STAGES[5:1:-1]]
    assert -1 not in order
    assert order == sorted(order)
    merged = lab.output("merged", "Sig", "2017", "nominal.json")
    shown = lab.law_run("MergeSample", *sample, "--print-output", "0")
    assert shown.stdout.splitlines()[-1] == f"file://{merged}"
    unanswered = lab.law_run("MergeSample", *sample, "--remove-output", "0")
    assert (unanswered.returncode, merged.exists()) == (1, True)
    assert unanswered.stderr.splitlines()[-1].strip().startswith("say 0,a for all of it")
    removed = lab.law_run("MergeSample", *sample, "--remove-output", "0,a")
    assert removed.returncode == 0
    assert not merged.exists()
    assert not merged.with_suffix(".parquet").exists()
    assert lab.output("scale1fb", "Sig", "2017", "scale1fb.json").exists()


@pytest.mark.parametrize("asked", [["--print-status", "0"], ["--fetch-output", "0,a,here"]])
def test_who_only_asks_writes_nothing_to_the_store(command_line: Lab, asked: list[str]) -> None:
    done = command_line.law_run("MergeSample", "--sample", "Sig", *asked)
    assert done.returncode == 0, done.stderr
    assert "MergeSample" in done.stdout
    assert not command_line.store.exists()


def test_help_fits_a_screen(command_line: Lab) -> None:
    for stage in ("ProcessSample", "RunAnalysis"):
        done = command_line.law("run", stage, "--help")
        lines = done.stdout.splitlines()
        assert done.returncode == 0
        assert len(lines) < 50
        assert max(len(line) for line in lines) <= 80
        assert lines[0].startswith(f"usage: law run {stage} [--help")
        assert "  --workflow WORKFLOW   where jobs run: local, htcondor or slurm;" in done.stdout
    # what it is for, and nothing of luigi's about a task that is required
    assert (
        "\n\nRuns the whole analysis: merges all samples, summarises and reports.\n" in done.stdout
    )
    assert "root task" not in done.stdout


def test_completion_knows_the_stages_and_nothing_else(command_line: Lab) -> None:
    index = Path(command_line.environment()["LAW_HOME"], "index").read_text(encoding="utf-8")
    listed = [line.split(":") for line in index.splitlines()]
    assert {family for module, family, _ in listed if not module.startswith("law.")} == set(STAGES)
    parameters = {family: words.split() for _, family, words in listed}
    assert {"sample", "year", "variation", "print-status"} <= set(parameters["MergeSample"])


def test_demo_files_are_made_by_name(command_line: Lab) -> None:
    lab = command_line
    arguments = ("--sample", "GJet", "--year", "2018")
    done = lab.law("run", "GenerateDemoFiles", *arguments)
    assert done.returncode == 0, done.stderr
    files = lab.store / "demo_files" / "GJet" / "2018"
    assert [path.name for path in sorted(files.glob("*.root"))] == [
        f"GJet_2018_{number}.root" for number in range(3)
    ]


def test_a_folder_that_is_gone_is_told(command_line: Lab) -> None:
    lab = command_line
    gone = (
        f"mkdir gone; cd gone; rmdir ../gone; exec {LAW} run RunAnalysis --analysis {lab.write()}"
    )
    done = lab.program("bash", "-c", gone)
    assert done.returncode == 1
    assert done.stderr == (
        "the folder where this command is given is gone\n"
        f"  {lab.folder}/gone\n"
        "  change into a folder that exists, and give the command again\n"
    )
