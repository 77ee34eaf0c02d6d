"""Every command of README and docs: parsed by the real parsers, and run where it can run.

They run in order, in one folder, on the demo with two samples of one year, so that what a page says
after another finds what a reader would have by then.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml

from tests.documented import Command, blocks, commands, inline_commands

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
PROGRAMS = ("higgsflow", "law", "pytest")
# what other tests run
TESTED_BY = {
    "pytest": "tests",
    ".ci/gates all": "tests/test_gates.py",
    ".ci/run": ".ci/run",
    "pre-commit install": ".pre-commit-config.yaml",
    # of the oldest releases, from a registry
    "uv pip compile --resolution lowest-direct --python 3.10 setup.cfg -o lowest.txt": "setup.cfg",
    "HIGGSFLOW_PYTHON=python3.10 PIP_CONSTRAINT=$PWD/lowest.txt source setup.sh && pytest": "tests",
    "higgsflow-luigid": "tests/tasks/execution/test_page_server.py",
    # into another environment
    "pip install /path/to/higgsflow": "tests/test_installation.py",
    "export LAW_CONFIG_FILE=$VIRTUAL_ENV/etc/higgsflow/law.cfg && law index": (
        "tests/test_installation.py"
    ),
    'eval "$(register-python-argcomplete higgsflow)"': "tests/test_setup.py",
}
SMALL = {"sample_list": ["ttH_M125", "Data"], "years": ["2017"]}
RUN = [c for c in commands() if not c.elsewhere and c.line not in TESTED_BY]


def test_every_command_is_of_a_program_that_is_known() -> None:
    for command in commands():
        assert command.words[0] in PROGRAMS or command.line in TESTED_BY, command
    assert all((ROOT / where).exists() for where in TESTED_BY.values())
    assert len(RUN) > 20


@pytest.mark.parametrize(
    "command", [*commands(), *inline_commands()], ids=lambda c: f"{c.page}: {c.line}"
)
def test_options_and_stages_exist(command: Command) -> None:
    parse = {"law": parse_law, "higgsflow": parse_higgsflow}.get(command.words[0])
    if parse is not None:
        parse(command.words[1:])


def parse_higgsflow(words: list[str]) -> None:
    from higgsflow.cli.program import COMMANDS, make_parser

    assert words[0] in COMMANDS
    # a name alone, within a sentence, stands for the command whatever its arguments
    if words[1:]:
        make_parser().parse_args(words)


def parse_law(words: list[str]) -> None:
    """By the parser of luigi, which ends with code 2 for what it does not know."""
    from luigi.cmdline_parser import CmdlineParser

    from workflows.why import stages

    assert words[0] == "run"
    assert words[1] in stages()
    CmdlineParser(words[1:])


@dataclass(frozen=True)
class Reader:
    """Somebody who copies commands into a shell."""

    folder: Path
    environment: dict[str, str]
    prepared: set[str] = field(default_factory=set)

    def types(self, line: str) -> tuple[int, str]:
        """The exit code, and all that was said."""
        done = subprocess.run(
            ["bash", "-c", line],
            env=self.environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=900,
        )
        return done.returncode, f"{line}\n{done.stdout}\n{done.stderr}"

    def must(self, line: str) -> str:
        """What was said by a command that has to end well."""
        code, said = self.types(line)
        assert code == 0, said
        return said


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Reader:
    """In a folder with a checkout whose demo is small, and a `mine.yaml`."""
    folder = tmp_path_factory.mktemp("reader")
    checkout = folder / "checkout"
    for name in ("higgsflow", "tasks", "workflows", "config"):
        shutil.copytree(ROOT / name, checkout / name, ignore=shutil.ignore_patterns("__pycache__"))
    choose_samples(checkout / "config" / "demo.yaml", **SMALL)
    found = Reader(
        folder,
        {
            **os.environ,
            "PATH": os.pathsep.join([str(BIN), os.environ["PATH"]]),
            "PYTHONPATH": str(checkout),
            "LAW_HOME": str(folder / "law_home"),
            "LAW_CONFIG_FILE": str(ROOT / "law.cfg"),
            "HIGGSFLOW_STORE": str(folder / "store"),
        },
    )
    found.must("law index -q && higgsflow new mine && mkdir -p path/to")
    choose_samples(folder / "mine" / "mine.yaml", sample_list=["ttH_M125"])
    found.must("cp mine/* path/to && cp mine/* .")
    return found


def choose_samples(path: Path, **chosen: list[str]) -> None:
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    content["samples"].update(chosen)
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")


# what must be there before a command of this beginning
BEFORE = {
    "higgsflow diff": "law run RunAnalysis && cp -rn store/demo/v1 store/demo/v2",
    "higgsflow explain": "law run RunAnalysis",
    "higgsflow forecast": "law run RunAnalysis",
    "higgsflow forecast --analysis": (
        "law run IndexSample --analysis path/to/mine.yaml --sample ttH_M125"
    ),
}


@pytest.mark.parametrize("command", RUN, ids=lambda c: f"{c.page}: {c.line}")
def test_every_documented_command_runs(command: Command, reader: Reader) -> None:
    for beginning, needed in BEFORE.items():
        if command.line.startswith(beginning) and needed not in reader.prepared:
            reader.must(needed)
            reader.prepared.add(needed)
    assert "Traceback" not in reader.must(command.line)


def test_tagger_and_systematic_of_a_new_analysis_do_what_they_say(reader: Reader) -> None:
    """As they stand, run by the commands of first_steps.md."""
    reader.must("higgsflow new my_analysis")
    reader.must("law run RunAnalysis --analysis my_analysis/my_analysis.yaml")
    merged = reader.folder / "store" / "my_analysis" / "v1" / "merged" / "ttH_M125" / "2017"
    tagged = {
        variation: pq.read_table(merged / f"{variation}.parquet")["tag_idx"].to_pylist().count(0)
        for variation in ("met_scale_down", "nominal", "met_scale_up")
    }
    assert 0 < tagged["met_scale_down"] < tagged["nominal"] < tagged["met_scale_up"]


def test_merged_files_are_read_as_the_how_tos_read_them(
    reader: Reader, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = reader.folder / "mine.yaml"
    content = yaml.safe_load(mine.read_text(encoding="utf-8"))
    merge = "law run MergeSample --analysis mine.yaml --sample ttH_M125"
    reader.must(merge)
    monkeypatch.chdir(reader.folder / "store" / "mine" / "v1" / "merged" / "ttH_M125" / "2017")
    as_arrays, as_rows = (b for b in blocks("outputs.md", "python") if "nominal.parquet" in b)
    seen: dict[str, Any] = {}
    exec(as_arrays, seen)
    exec(as_rows, seen)
    n_tth = sum(seen["events"].tag_idx == 1)
    assert n_tth > 0
    mine.write_text(yaml.safe_dump({**content, **yaml.safe_load(blocks("root.md", "yaml")[0])}))
    reader.must(merge)
    exec(blocks("root.md", "python")[0], {})
    assert capsys.readouterr().out.startswith(f"{n_tth} events, yield ")


def test_the_notebook_runs(reader: Reader) -> None:
    for package in ("nbclient", "ipykernel"):
        pytest.importorskip(package, reason="to run this test: pip install -e '.[notebook]'")
    source = ROOT / "docs" / "notebook.ipynb"
    said = reader.must(f"jupyter-execute --timeout=600 --output=$PWD/done.ipynb {source}")
    assert "attempted to send message from fork" not in said
    done = json.loads((reader.folder / "done.ipynb").read_text(encoding="utf-8"))
    outputs = [output for cell in done["cells"] for output in cell.get("outputs", ())]
    assert not [output for output in outputs if output["output_type"] == "error"]
    assert any("image/png" in output.get("data", {}) for output in outputs)
    told = "".join("".join(output.get("text", ())) for output in outputs)
    # what is printed at the end of a run, and by the cells after it
    assert "Normalisation" in told
    assert "events in high_met" in told
    # a function of the notebook is known in it only, as the notebook says
    code, said = reader.types("higgsflow status --analysis notebook")
    assert (code, "'high_met' lives in the script that ran this analysis" in said) == (1, True)


def test_the_notebook_is_kept_without_results() -> None:
    notebook = json.loads((ROOT / "docs" / "notebook.ipynb").read_text(encoding="utf-8"))
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert cells
    assert all(not cell["outputs"] and cell["execution_count"] is None for cell in cells)
