"""What pip installs where no checkout is: all that the program looks for beside its code."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

BASE = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The folder of packages, and under `etc` what lies in that of the environment."""
    pytest.importorskip("Cython", reason="to run this test: pip install cython setuptools")
    folder = tmp_path_factory.mktemp("installed")
    for command in ("build_py", "install_data"):
        made = [sys.executable, "setup.py", "-q", command, "-d", str(folder)]
        subprocess.run(made, cwd=BASE, capture_output=True, check=True)
    return folder


def outside(installed, tmp_path, *command):
    """What a command says that finds the installed packages before the checkout."""
    env = {**os.environ, "PYTHONPATH": str(installed), "LAW_HOME": str(tmp_path / "law")}
    env |= {"LAW_CONFIG_FILE": str(installed / "etc" / "higgsflow" / "law.cfg")}
    env.pop("HIGGSFLOW_BASE", None)
    env |= {"HIGGSFLOW_STORE": str(tmp_path / "store"), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, *command],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_configurations_are_installed(installed):
    def files(folder):
        return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}

    assert files(installed / "config") == files(BASE / "config")


def test_an_analysis_is_begun_without_a_checkout(installed, tmp_path):
    program = "from higgsflow import cli; print(cli.__file__); raise SystemExit(cli.main())"
    said = outside(installed, tmp_path, "-c", program, "new", "mine")
    assert said.startswith(str(installed))
    assert (tmp_path / "mine" / "mine.yaml").is_file()


def test_law_finds_the_stages_without_a_checkout(installed, tmp_path):
    law = "import sys; from law.cli import run; sys.argv[0] = 'law'; run()"
    outside(installed, tmp_path, "-c", law, "index", "-q")
    index = (tmp_path / "law" / "index").read_text("utf-8")
    assert "workflows.run_analysis:RunAnalysis:" in index


def test_processes_that_compile_do_not_begin_to_install():
    """Those that are not forked run setup.py under this name, as from Python 3.14 on."""
    pytest.importorskip("Cython", reason="to run this test: pip install cython setuptools")
    again = "import runpy; runpy.run_path('setup.py', run_name='__mp_main__')"
    subprocess.run([sys.executable, "-c", again], cwd=BASE, capture_output=True, check=True)
