"""setup.sh: what it gives to a shell, what it leaves alone, and what it says when it fails."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.ports import free_port

BASE = Path(__file__).resolve().parent.parent

SHELLS = {"bash": ["bash", "--noprofile", "--norc", "-c"], "zsh": ["zsh", "-f", "-c"]}
OPTIONS = {"bash": "set +o; shopt", "zsh": "setopt"}
FUNCTIONS = {"bash": "compgen -A function", "zsh": "print -l ${(k)functions}"}
VARIABLES = {"bash": "compgen -v", "zsh": "print -l ${(k)parameters}"}

EXPORTS = {"HIGGSFLOW_BASE", "HIGGSFLOW_STORE", "LAW_HOME", "LAW_CONFIG_FILE"}
VENV = {"VIRTUAL_ENV", "VIRTUAL_ENV_PROMPT", "_OLD_VIRTUAL_PATH", "_OLD_VIRTUAL_PS1", "PS1"}
# What the shells set by themselves while they run.
OWN = {"_", "SHLVL", "BASH_REMATCH", "PIPESTATUS", "FUNCNAME", "status", "pipestatus"}

# All that setup.sh calls before it has found a Python.
TOOLS = [
    "bash",
    "cat",
    "chmod",
    "cut",
    "dirname",
    "find",
    "flock",
    "grep",
    "head",
    "mkdir",
    "readlink",
]
TOOLS += ["rm", "sed", "sort", "tail", "tr"]

# A Python of some version that makes environments, in which pip finds no room.
FAKE = """#!/bin/bash
case "$*" in
    *version_info*) echo {version} ;;
    *" venv --clear "*) mkdir -p "${{@: -1}}/bin"; cat "$0" >"${{@: -1}}/bin/python"
        chmod +x "${{@: -1}}/bin/python" ;;
    *" pip "*) echo pip of {version}; echo "ERROR: no room" >&2; exit 1 ;;
esac
"""


@pytest.fixture(scope="module")
def installed():
    """Sources once, so that the tests see a second time; never lets pip run."""
    probe = ["bash", str(BASE / "setup.sh"), "--is-installed"]
    if subprocess.run(probe, stdin=subprocess.DEVNULL, check=False).returncode != 0:
        pytest.skip("no virtual environment by `source setup.sh` of today's settings")
    subprocess.run(["bash", "-c", f"source '{BASE}/setup.sh'"], capture_output=True, check=True)


@pytest.fixture(params=sorted(SHELLS))
def shell(request):
    if shutil.which(request.param) is None:
        pytest.skip(f"{request.param} is not installed")
    return request.param


@pytest.fixture
def env(tmp_path):
    """The environment of a user who has not sourced anything yet."""
    ours = (*EXPORTS, *VENV, "HIGGSFLOW_PYTHON", "PYTHONPATH")
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    venv = str(BASE / ".venv" / "bin")
    path = os.pathsep.join(p for p in kept["PATH"].split(os.pathsep) if p != venv)
    return {**kept, "PATH": path, "HOME": str(tmp_path), "ZDOTDIR": str(tmp_path)}


@pytest.fixture
def checkout(tmp_path):
    """A checkout without virtual environment, in a path with a blank."""
    root = tmp_path / "a checkout"
    root.mkdir()
    settings = ("setup.sh", "setup.cfg", "setup.py", "pyproject.toml", "law.cfg")
    for name in (*settings, "LICENSE", "README.md"):
        shutil.copy2(BASE / name, root / name)
    for package in ("higgsflow", "tasks", "workflows"):
        (root / package).mkdir()
        (root / package / "__init__.py").touch()
    return root


def tools_of(shell, tmp_path):
    """A folder with what setup.sh calls, and nothing else."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in {*TOOLS, shell}:
        if found := shutil.which(name):
            (tools / name).symlink_to(found)
    return tools


def run(shell, script, env, cwd):
    return subprocess.run(
        [*SHELLS[shell], script],
        env=env,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def changes(shell, listing, env, cwd):
    """What a listing shows before and after sourcing, as two sets of lines."""
    script = f"{listing}; echo -- cut --; source '{BASE}/setup.sh' || exit 9; {listing}"
    result = run(shell, script, env, cwd)
    assert result.returncode == 0, result.stderr
    before, after = result.stdout.split("-- cut --\n")
    return set(before.split("\n")), set(after.split("\n"))


@pytest.mark.usefixtures("installed")
class TestSourcedAgain:
    def test_says_nothing_when_all_is_installed(self, shell, env, tmp_path):
        result = run(shell, f"source '{BASE}/setup.sh'", env, tmp_path)
        assert (result.returncode, result.stdout, result.stderr) == (0, "", "")

    def test_exports_what_it_documents(self, shell, env, tmp_path):
        before, after = changes(shell, "env", env, tmp_path)
        added = dict(line.split("=", 1) for line in after - before if "=" in line)
        assert {name: added[name] for name in EXPORTS} == {
            "HIGGSFLOW_BASE": str(BASE),
            "HIGGSFLOW_STORE": str(BASE / "store"),
            "LAW_HOME": str(BASE / ".law"),
            "LAW_CONFIG_FILE": str(BASE / "law.cfg"),
        }
        assert set(added) <= EXPORTS | VENV | OWN | {"PATH"}

    def test_the_program_is_compiled_also_where_python_writes_no_bytecode(self, env, tmp_path):
        code = (
            "import importlib.util, pathlib, tasks\n"
            "base = pathlib.Path(tasks.__file__).parents[1]\n"
            "for package in ('higgsflow', 'tasks', 'workflows'):\n"
            "    for path in base.joinpath(package).rglob('*.py'):\n"
            "        made = pathlib.Path(importlib.util.cache_from_source(str(path)))\n"
            "        assert made.stat().st_mtime >= path.stat().st_mtime, path\n"
        )
        said = {**env, "PYTHONDONTWRITEBYTECODE": "1"}
        result = run("bash", f"source '{BASE}/setup.sh' && python -c \"{code}\"", said, tmp_path)
        assert (result.returncode, result.stderr) == (0, "")

    def test_activates_the_virtual_environment(self, shell, env, tmp_path):
        script = f"source '{BASE}/setup.sh'; command -v python; command -v law"
        result = run(shell, script, env, tmp_path)
        binaries = BASE / ".venv" / "bin"
        assert result.stdout.split() == [str(binaries / "python"), str(binaries / "law")]

    def test_keeps_the_store_of_the_user(self, shell, env, tmp_path):
        script = f"source '{BASE}/setup.sh'; echo $HIGGSFLOW_STORE"
        result = run(shell, script, {**env, "HIGGSFLOW_STORE": "/mine"}, tmp_path)
        assert result.stdout == "/mine\n"

    def test_does_not_take_over_the_default_store_of_another_checkout(self, shell, env, tmp_path):
        other = {**env, "HIGGSFLOW_BASE": "/other", "HIGGSFLOW_STORE": "/other/store"}
        result = run(shell, f"source '{BASE}/setup.sh'; echo $HIGGSFLOW_STORE", other, tmp_path)
        assert result.stdout == f"{BASE}/store\n"

    @pytest.mark.parametrize(
        ("given", "kept"), [("/cvmfs/sft.cern.ch/lib", "none"), ("/home/me/lib", "/home/me/lib")]
    )
    def test_drops_a_python_path_of_cvmfs_only(self, shell, env, given, kept):
        script = f"source '{BASE}/setup.sh'; echo ${{PYTHONPATH:-none}}"
        result = run(shell, script, {**env, "PYTHONPATH": given}, BASE)
        assert result.stdout == f"{kept}\n"

    @pytest.mark.parametrize("options", ["true", "set -eu", "set -o pipefail", "set -C"])
    def test_leaves_options_and_directory_alone(self, shell, env, tmp_path, options):
        listing = f"{OPTIONS[shell]}; pwd"
        result = run(
            shell,
            f"{options}; before=$({listing}); source '{BASE}/setup.sh'; after=$({listing}); "
            '[ "$before" = "$after" ] && echo same',
            env,
            tmp_path,
        )
        assert result.stdout == "same\n", result.stderr

    def test_adds_three_functions_at_most(self, shell, env, tmp_path):
        before, after = changes(shell, FUNCTIONS[shell], env, tmp_path)
        assert after - before <= {"deactivate", "_law_complete", "_higgsflow_complete"}
        assert before - {""} <= after

    def test_adds_only_documented_variables(self, shell, env, tmp_path):
        before, after = changes(shell, VARIABLES[shell], env, tmp_path)
        assert after - before <= EXPORTS | VENV | OWN

    def test_does_not_lengthen_the_path_each_time(self, shell, env, tmp_path):
        source = f"source '{BASE}/setup.sh'; echo $PATH"
        first, second = run(shell, f"{source}; {source}", env, tmp_path).stdout.splitlines()
        assert first == second

    def test_folders_called_as_packages_hide_none(self, shell, env, tmp_path):
        """As where a program starts in the folder that the checkout was cloned into."""
        for package in ("higgsflow", "tasks", "workflows"):
            (tmp_path / package).mkdir()
        use = "from higgsflow import Analysis; import tasks.base, workflows.launch"
        script = f"source '{BASE}/setup.sh' && python -c '{use}'"
        assert run(shell, script, env, tmp_path).stderr == ""

    def test_works_through_symbolic_links(self, shell, env, tmp_path):
        (tmp_path / "to the checkout").symlink_to(BASE)
        (tmp_path / "to the file.sh").symlink_to(Path("to the checkout") / "setup.sh")
        for file in ("./to the file.sh", "to the checkout/setup.sh"):
            script = f"source '{file}' && echo $HIGGSFLOW_BASE"
            assert run(shell, script, env, tmp_path).stdout == f"{BASE}\n"

    @pytest.mark.parametrize("command", ["law", "higgsflow"])
    def test_completes_in_bash(self, env, tmp_path, command):
        result = run("bash", f"source '{BASE}/setup.sh'; complete -p {command}", env, tmp_path)
        assert f"-F _higgsflow_complete {command}" in result.stdout

    @pytest.mark.parametrize("command", ["law", "higgsflow"])
    def test_completes_in_interactive_zsh(self, env, command):
        if shutil.which("zsh") is None:
            pytest.skip("zsh is not installed")
        result = subprocess.run(
            ["zsh", "-f", "-i", "-c", f"source '{BASE}/setup.sh'; print ${{_comps[{command}]}}"],
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=True,
        )
        assert "_higgsflow_complete" in result.stdout

    @pytest.mark.parametrize(
        ("typed", "offered"),
        [
            ("higgsflow mat", "matrix "),
            ("higgsflow matrix --ana", "--analysis "),
            ("higgsflow matrix --analysis hg", "hgg "),
            ("higgsflow why Merg", "MergeSample "),
            # law knows options, but not what they name
            ("law run MergeSample --sample t", "ttH_M125|tHq_M125"),
            ("law run MergeSample --workers 2 --sample Da", "Data"),
            ("law run MergeSample --sample ttH_M125 --year 2018", "2018"),
            (
                "law run MergeSample --sample GJet --variation photon_pt_scale_u",
                "photon_pt_scale_up",
            ),
            (
                "law run MergeSample --variation nominal,photon_pt_scale_d",
                "nominal,photon_pt_scale_down",
            ),
            # of a weight there are no events of its own
            (
                "law run MergeSample --year 2018 --variation p",
                "photon_pt_scale_up|photon_pt_scale_down",
            ),
            ("law run RunAnalysis --analysis corr", "corrections"),
            ("law run RunAnalysis --workflow ", "local|htcondor|slurm"),
            ("law run RunAnalysis --workflow=ht", "htcondor"),
            ("higgsflow schema ", "analysis|catalog|engines"),
        ],
    )
    def test_completes_what_is_typed(self, shell, env, tmp_path, typed, offered):
        script = (
            f"source '{BASE}/setup.sh'; COMP_LINE='{typed}'; COMP_POINT={len(typed)}; "
            "_higgsflow_complete; printf '%s|' \"${COMPREPLY[@]}\""
        )
        assert run(shell, script, env, tmp_path).stdout == f"{offered}|"

    def test_stages_and_options_are_completed_by_law(self, env, tmp_path):
        for typed, offered in (("Merg", "MergeSample"), ("MergeSample --sam", "--sample")):
            words = f"law run {typed}"
            script = (
                f"source '{BASE}/setup.sh'; COMP_LINE='{words}'; COMP_POINT={len(words)}; "
                f"COMP_WORDS=({words}); COMP_CWORD=$(({len(words.split())} - 1)); "
                "_higgsflow_complete; printf '%s|' \"${COMPREPLY[@]}\""
            )
            assert run("bash", script, env, tmp_path).stdout == f"{offered}|"


# Makes environments of itself, which say yes to all that is asked of them.
YES = """#!/bin/sh
case "$*" in
    *"-m venv"*) for last in "$@"; do :; done
        mkdir -p "$last/bin"; cp "$0" "$last/bin/python"; cp "$0" "$last/bin/law"
        : >"$last/bin/activate" ;;
    *version_info*) echo 3.11.2 ;;
    *way*) echo KERNELS ;;
esac
"""


@pytest.mark.parametrize(("kernels", "lines"), [("numpy", 3), ("compiled", 0)])
def test_an_install_without_compiled_kernels_says_how_to_have_them(
    env, checkout, tmp_path, kernels, lines
):
    python = tmp_path / "python"
    python.write_text(YES.replace("KERNELS", kernels))
    python.chmod(0o755)
    chosen = {**env, "HIGGSFLOW_PYTHON": str(python), "HIGGSFLOW_KERNELS": "numpy"}
    result = run("bash", f"source '{checkout}/setup.sh' && echo ran", chosen, tmp_path)
    assert result.stdout == "ran\n", result.stderr
    _installing, *told = result.stderr.splitlines()
    assert len(told) == lines
    assert "python3-dev" in result.stderr or not lines
    assert f"rm '{checkout}/.venv/.higgsflow-installed'" in result.stderr or not lines


class TestFailure:
    @pytest.mark.parametrize(
        ("body", "said"),
        [
            ("echo 3.9.18", "is Python 3.9.18, but 3.10 or newer is needed"),
            ("exit 1", "is no Python that starts here"),
            ('case "$*" in *ensurepip*) exit 1;; esac; echo 3.11.2', "python3-venv"),
        ],
    )
    def test_an_unfit_python_is_named(self, shell, env, tmp_path, body, said):
        fake = tmp_path / "fake python"
        fake.write_text(f"#!/bin/sh\n{body}\n")
        fake.chmod(0o755)
        script = f"source '{BASE}/setup.sh' && echo ran; echo alive"
        result = run(shell, script, {**env, "HIGGSFLOW_PYTHON": str(fake)}, tmp_path)
        assert result.stdout == "alive\n"
        assert f"HIGGSFLOW_PYTHON={fake}" in result.stderr
        assert said in result.stderr
        assert len(result.stderr.splitlines()) <= 3

    def test_leaves_nothing_behind(self, shell, env, tmp_path):
        listing = f"{VARIABLES[shell]}; {FUNCTIONS[shell]}"
        script = f"{listing}; echo -- cut --; source '{BASE}/setup.sh'; {listing}"
        result = run(shell, script, {**env, "HIGGSFLOW_PYTHON": "/no/python"}, tmp_path)
        before, after = result.stdout.split("-- cut --\n")
        assert set(after.splitlines()) - set(before.splitlines()) <= OWN

    @pytest.mark.skipif(Path("/cvmfs").is_dir(), reason="there is a Python on cvmfs")
    @pytest.mark.parametrize(
        ("versions", "taken"),
        [
            ({"python3": "3.99.1", "python3.13": "3.13.2"}, "3.13.2"),
            ({"python3": "3.12.2", "python3.13": "3.13.2"}, "3.12.2"),
            ({"python3": "3.99.1"}, "3.99.1"),
        ],
    )
    def test_a_python_that_packages_are_not_made_for_is_the_last_one_taken(
        self, checkout, tmp_path, versions, taken
    ):
        tools = tools_of("bash", tmp_path)
        for name, version in versions.items():
            (tools / name).write_text(FAKE.format(version=version))
            (tools / name).chmod(0o755)
        lonely = {"PATH": str(tools), "HOME": str(tmp_path)}
        result = run("bash", f"source '{checkout}/setup.sh' || echo stopped", lonely, tmp_path)
        assert result.stdout == "stopped\n"
        log = (checkout / ".law" / "setup.log").read_text()
        assert f"pip of {taken}" in log
        assert "could not install the packages: ERROR: no room" in result.stderr
        assert ("not be made for Python 3.99.1 yet" in result.stderr) == (taken == "3.99.1")

    @pytest.mark.skipif(Path("/cvmfs").is_dir(), reason="there is a Python on cvmfs")
    def test_no_python_at_all_is_said_in_three_lines(self, shell, checkout, tmp_path):
        tools = tools_of(shell, tmp_path)
        lonely = {"PATH": str(tools), "HOME": str(tmp_path)}
        result = run(shell, f"source '{checkout}/setup.sh' || echo stopped", lonely, tmp_path)
        assert result.stdout == "stopped\n"
        assert "no Python 3.10 or newer was found" in result.stderr
        assert len(result.stderr.splitlines()) <= 4
        assert not (checkout / ".venv").exists()

    def test_without_network_it_says_so_and_a_rerun_goes_on(self, env, checkout, tmp_path):
        offline = {
            **{name: value for name, value in env.items() if not name.startswith("PIP_")},
            "PIP_INDEX_URL": f"http://127.0.0.1:{free_port()}/simple",
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_RETRIES": "0",
            "PIP_TIMEOUT": "1",
        }
        script = f"source '{checkout}/setup.sh' && echo ran"
        first = run("bash", script, offline, tmp_path)
        assert first.returncode == 1
        assert first.stdout == ""
        assert "the package index cannot be reached" in first.stderr
        assert f"{checkout}/.law/setup.log" in first.stderr
        assert "PIP_FIND_LINKS" in first.stderr
        assert len(first.stderr.splitlines()) <= 4

        assert not (checkout / ".venv" / ".higgsflow-installed").exists()
        (checkout / ".venv" / "kept").touch()
        assert run("bash", script, offline, tmp_path).returncode == 1
        assert (checkout / ".venv" / "kept").exists()

    def test_running_instead_of_sourcing_is_explained(self, shell, env):
        result = subprocess.run(
            [shell, str(BASE / "setup.sh")],
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 1
        assert result.stderr == "higgsflow: setup.sh is sourced, not run:  source setup.sh\n"
