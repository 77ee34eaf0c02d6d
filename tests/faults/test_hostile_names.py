"""Names of the configuration become names of files: none may lead out of the store."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Lab

NAMES = [
    "../evil",
    "..",
    "/tmp/evil",
    "a/b",
    "a\\b",
    "a\nb",
    "a\0b",
    "-rf",
    "~",
    "$HOME",
    "",
    " ",
    "\x1b[2J",
    "a\x07",
]


def sample(lab: Lab, name: str) -> None:
    samples = lab.content["samples"]["samples"]
    samples[name] = samples.pop("Sig")


def year(lab: Lab, name: str) -> None:
    years = lab.content["samples"]["years"]
    years[name] = years.pop("2017")
    lab.sig["files"][name] = lab.sig["files"].pop("2017")


def analysis(lab: Lab, name: str) -> None:
    lab.content["name"] = name


def version(lab: Lab, name: str) -> None:
    lab.content["version"] = name


def tagger(lab: Lab, name: str) -> None:
    lab.content["tag_sequence"][1][0]["name"] = name


def weight(lab: Lab, name: str) -> None:
    lab.content["systematics"]["weights"][name] = lab.pileup()


def collection(lab: Lab, name: str) -> None:
    lab.content["systematics"]["independent_collections"] = {name: lab.met_scale()}


def variable(lab: Lab, name: str) -> None:
    lab.content["variables_of_interest"].append(name)


@pytest.mark.parametrize("name", NAMES, ids=repr)
@pytest.mark.parametrize(
    "change",
    [sample, year, analysis, version, tagger, weight, collection, variable],
    ids=lambda one: one.__name__,
)
def test_name_that_could_leave_the_store_is_refused(
    lab: Lab, capfd: pytest.CaptureFixture[str], change: Callable[[Lab, str], None], name: str
) -> None:
    lab.without_data()
    change(lab, name)
    with pytest.raises(SystemExit) as ended:
        lab.task()
    told = capfd.readouterr().err
    assert ended.value.code == 1
    assert told
    assert "Traceback" not in told
    assert "\x1b" not in told
    assert not lab.store.exists()


@pytest.mark.parametrize("name", ["../evil", "/tmp/evil", "a/b"])
def test_version_of_the_command_line_is_refused_too(
    lab: Lab, capfd: pytest.CaptureFixture[str], name: str
) -> None:
    with pytest.raises(SystemExit):
        lab.task("MergeSample", sample="Sig", version=name)
    assert "--version" in capfd.readouterr().err


# root may read everything, unless it has given that up
SETPRIV = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"]


@pytest.mark.parametrize("unreadable", ["input/Sig_2017_1.root", "input"])
def test_what_may_not_be_read_is_named(command_line: Lab, unreadable: str) -> None:
    lab = command_line.without_data()
    lab.own_files()
    before = SETPRIV if os.getuid() == 0 else []
    if before and subprocess.run([*before, "true"], check=False, capture_output=True).returncode:
        pytest.skip("to run this test: be somebody else than root, or have setpriv")
    path = lab.folder / unreadable
    path.chmod(0)
    law = str(Path(sys.executable).parent / "law")
    command = [law, "run", "MergeSample", "--analysis", str(lab.write()), "--sample", "Sig"]
    done = subprocess.run(
        [*before, *command], env=lab.environment(), cwd=lab.folder, capture_output=True, text=True,
        check=False, timeout=120,
    )  # fmt: skip
    path.chmod(0o755)
    assert done.returncode == 1, done.stdout
    assert str(path) in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) <= 3, done.stderr
