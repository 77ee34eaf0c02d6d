"""Every gate bites: what it forbids is planted in a small checkout, and the gate must fail.

The checkout has the packages and the settings of this one, so a gate that looked elsewhere or at
nothing would pass over the planted violation and fail here.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

BASE = Path(__file__).resolve().parent.parent
PACKAGES = ("higgsflow", "tasks", "workflows")
# programs that are run from the checkout and that nothing imports
PROGRAMS = ("benchmarks",)
GATES = ("lint", "format", "types", "imports", "spelling")
CLEAN = '"""Nothing to complain about."""\n\nANSWER: int = 42\n'
# In two halves, or the gate would find it here.
MISSPELT = "rec" + "ieve"


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    root = tmp_path_factory.mktemp("checkout")
    (root / ".ci").mkdir()
    shutil.copy2(BASE / ".ci" / "gates", root / ".ci" / "gates")
    for name in ("pyproject.toml", "setup.cfg"):
        shutil.copy2(BASE / name, root / name)
    for package in PACKAGES:
        (root / package).mkdir()
        (root / package / "__init__.py").write_text(CLEAN)
        (root / package / "clean.py").write_text(CLEAN)
    return root


@pytest.fixture
def plant(checkout):
    planted: list[Path] = []

    def _plant(package: str, code: str) -> None:
        path = checkout / package / "planted.py"
        path.write_text(f'"""A planted violation."""\n\n{code}\n')
        planted.append(path)

    yield _plant
    for path in planted:
        path.unlink()


def run_gate(checkout: Path, gate: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return subprocess.run(
        [str(checkout / ".ci" / "gates"), gate],
        env={**os.environ, "PATH": path},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("gate", GATES)
def test_gate_passes_where_nothing_is_planted(checkout, gate):
    result = run_gate(checkout, gate)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("package", PACKAGES)
@pytest.mark.parametrize(
    "violation",
    [
        ("lint", "import os", "F401"),
        ("lint", "print(1)", "T201"),
        ("format", "ANSWER = {  'a':1}", "would be reformatted"),
        ("types", 'ANSWER: int = "42"', "Incompatible types"),
        ("types", "def answer(x):\n    return x", "missing a type annotation"),
        ("spelling", f'ANSWER = "{MISSPELT}"', MISSPELT),
    ],
    ids=lambda violation: "-".join(violation[::2]),
)
def test_gate_bites_in_every_package(checkout, plant, package, violation):
    gate, code, finding = violation
    plant(package, code)
    result = run_gate(checkout, gate)
    assert result.returncode == 1
    assert finding in result.stdout


@pytest.mark.parametrize(
    ("package", "imported"),
    [
        ("higgsflow", "tasks"),
        ("higgsflow", "workflows"),
        ("higgsflow", "law"),
        ("higgsflow", "luigi"),
        ("tasks", "workflows"),
    ],
)
def test_imports_go_down_only(checkout, plant, package, imported):
    plant(package, f"import {imported}")
    result = run_gate(checkout, "imports")
    assert result.returncode == 1
    assert f"{package}.planted -> {imported}" in result.stdout


def test_one_failing_gate_fails_all(checkout, plant):
    plant("higgsflow", "import os")
    result = run_gate(checkout, "all")
    assert result.returncode == 1
    assert "gates that failed: lint\n" in result.stdout


def test_an_unknown_gate_is_an_error(checkout):
    result = run_gate(checkout, "typos")
    assert result.returncode == 2
    assert "no gate 'typos'" in result.stdout


def test_gates_know_every_package_of_the_checkout():
    assert {path.parent.name for path in BASE.glob("*/__init__.py")} == {*PACKAGES, *PROGRAMS}


@pytest.mark.parametrize("gate", GATES)
def test_pre_commit_runs_the_same_gates(gate):
    assert f"entry: .ci/gates {gate}," in (BASE / ".pre-commit-config.yaml").read_text()


def test_what_is_skipped_until_the_last_packages_are_there_runs_then():
    """Tests that ask for what is installed last are skipped until then, without a failure."""
    (last,) = re.findall(r'^last="(.*?)"', (BASE / ".ci" / "run").read_text(), re.M | re.S)
    named = {node.partition("::")[0] for node in last.split()}
    asking = re.compile(r"\.\[(?:bench|notebook)\]'")
    files = (BASE / "tests").rglob("test_*.py")
    assert {str(f.relative_to(BASE)) for f in files if asking.search(f.read_text())} == named
