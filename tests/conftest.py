"""What all tests share: a store of their own each, and nothing left of the test before.

`lab` is a small analysis of two samples of tiny files, with the ways to run it. It imports law
and luigi only when something is run, so that tests of physics do not pay for them.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import HealthCheck, settings

from higgsflow.archive import FOLDER
from higgsflow.cores import n_cores

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parents[1]
LAW = Path(sys.executable).parent / "law"

# read by law when it is imported
os.environ["LAW_CONFIG_FILE"] = str(ROOT / "law.cfg")
# a scheduler that happens to run here has nothing to do with tests
os.environ["HIGGSFLOW_SCHEDULER"] = "none"
# users see what is written when it is, which may be later
os.environ.pop("PYTHONUNBUFFERED", None)
# a shell that begins tests in the background has them ignore Ctrl-C, and all that they begin too
signal.signal(signal.SIGINT, signal.default_int_handler)

# a busy machine is no reason to fail
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

PATIENCE = 60.0  # with what is about to end [s]
N_EVENTS = 40  # of a toy file
N_FILES = 2
TOY_TAGGERS = '''
"""Taggers and a systematic of the toy analysis."""

from higgsflow.taggers.function import tagger


@tagger(reads=["mass"], adds={"m_gg": "float64"})
def pair(events, low=100.0):
    return events.mass > low, {"m_gg": events.mass}


@tagger(reads=["MET_pt"], adds={"met": "float64"})
def high_met(events, threshold=60.0):
    return events.MET_pt > threshold, {"met": events.MET_pt}


@tagger()
def rest(events):
    return events.run > 0


def shift_met(events, direction, shift=0.1):
    return events.MET_pt * (1 + (shift if direction == "up" else -shift))
'''


def pytest_xdist_auto_num_workers() -> int | None:
    """One more process than cores: tests of batch engines and servers mostly wait."""
    if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ:
        return None
    return n_cores() + 1


@pytest.fixture(autouse=True)
def _fresh_invocation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A store of its own, and no memory of the test before in luigi or in the tasks."""
    monkeypatch.setenv("HIGGSFLOW_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("LAW_HOME", str(tmp_path / "law_home"))
    forget()
    yield
    forget()


@pytest.fixture(autouse=True)
def _no_process_is_left() -> Iterator[None]:
    """Tests that look for processes, or end them, find their own only."""
    yield
    for process in multiprocessing.active_children():
        # luigi has the answer of a stage a moment before its process has ended
        process.join(PATIENCE)
    left = multiprocessing.active_children()
    for process in left:
        process.kill()
        process.join()
    assert not left, "the test leaves processes"


def forget() -> None:
    """Forgets the invocation before, where law and the tasks were imported at all."""
    if "luigi" in sys.modules:
        from luigi.task_register import Register

        Register.clear_instance_cache()
    if "tasks.session" in sys.modules:
        from tasks import session

        session.begin()
    if "higgsflow.code" in sys.modules:
        # each lab has a module of this name in a folder of its own
        sys.modules.pop("toy_taggers", None)
        sys.modules["higgsflow.code"]._path_of.cache_clear()
        importlib.invalidate_caches()
    if "higgsflow.output.atomic" in sys.modules:
        # what killed processes left is looked for once in each process of a command
        sys.modules["higgsflow.output.atomic"].remove_stale_once.cache_clear()
    if "tasks.execution.luigi_settings" in sys.modules:
        from tasks.execution import luigi_settings

        luigi_settings.reset()


def toy_columns(seed: int, is_data: bool) -> dict[str, Any]:
    """Events with the mass of a pair, most of which pass, and some with large MET."""
    import numpy as np

    rng, n = np.random.default_rng(seed), N_EVENTS
    columns: dict[str, Any] = {
        "run": np.full(n, 1, np.uint32),
        "luminosityBlock": (1 + np.arange(n) // 10).astype(np.uint32),
        "event": (1000 * seed + np.arange(n)).astype(np.uint64),
        "mass": rng.uniform(90, 180, n).astype(np.float32),
        "MET_pt": rng.exponential(60, n).astype(np.float32),
    }
    if not is_data:
        signs = rng.choice([1, 1, 1, -1], n)
        columns["genWeight"] = (signs * rng.uniform(1, 2, n)).astype(np.float32)
        for name in ("puWeight", "puWeightUp", "puWeightDown"):
            columns[name] = rng.uniform(0.5, 1.5, n).astype(np.float32)
    return columns


def write_root(path: Path, **trees: dict[str, Any]) -> Path:
    """Writes a ROOT file; each keyword is a tree."""
    import uproot

    path.parent.mkdir(parents=True, exist_ok=True)
    with uproot.recreate(path) as file:
        for tree, columns in trees.items():
            file.mktree(tree, {name: values.dtype for name, values in columns.items()})
            file[tree].extend(columns)
    return path


def write_toy_file(path: Path, seed: int, is_data: bool) -> Path:
    """A tiny file with its Runs or LuminosityBlocks tree."""
    import numpy as np

    columns = toy_columns(seed, is_data)
    if is_data:
        blocks = np.unique(columns["luminosityBlock"])
        sections = {"run": np.ones_like(blocks), "luminosityBlock": blocks}
        return write_root(path, Events=columns, LuminosityBlocks=sections)
    return write_root(path, Events=columns, Runs=runs_of(columns["genWeight"]))


def runs_of(weights: Any) -> dict[str, Any]:
    """The Runs tree of a file with these generator weights."""
    import numpy as np

    g = weights.astype(float)
    return {
        "run": np.array([1], np.uint32),
        "genEventCount": np.array([len(g)], np.int64),
        "genEventSumw": np.array([g.sum()]),
        "genEventSumw2": np.array([(g**2).sum()]),
    }


@pytest.fixture(scope="session")
def toy_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two files each of `Sig` (2017, 2018) and `Data` (2017); not to be changed."""
    folder = tmp_path_factory.mktemp("toy_files")
    for seed in range(N_FILES):
        write_toy_file(folder / f"Sig_2017_{seed}.root", 1 + seed, is_data=False)
        write_toy_file(folder / f"Sig_2018_{seed}.root", 11 + seed, is_data=False)
        write_toy_file(folder / f"Data_2017_{seed}.root", 21 + seed, is_data=True)
    (folder / "golden.json").write_text(json.dumps({"1": [[1, 3]]}), encoding="utf-8")
    return folder


@pytest.fixture
def real_data() -> Path:
    """The folder of real files; tests that need it are skipped where it is absent."""
    default = Path(__file__).resolve().parents[1].parent / "shared" / "data"
    folder = Path(os.environ.get("HIGGSFLOW_REAL_DATA", default))
    if not folder.is_dir():
        pytest.skip("no real files here (HIGGSFLOW_REAL_DATA)")
    return folder


class Lab:
    """A small analysis in a folder, and the ways to run it.

    Attributes:
        content: the configuration as it is written before each run; tests change it.
    """

    def __init__(self, folder: Path, files: Path) -> None:
        self.folder, self.files = folder, files
        self.store = folder / "store"
        self.path = folder / "toy.yaml"
        self.version = "v1"
        self.taggers = folder / "code" / "toy_taggers.py"
        self.taggers.parent.mkdir()
        self.taggers.write_text(TOY_TAGGERS, encoding="utf-8")
        self.content: dict[str, Any] = self._content()

    def _content(self) -> dict[str, Any]:
        return {
            "samples": {
                "years": {
                    "2017": {"luminosity": 40.0, "golden_json": str(self.files / "golden.json")},
                    "2018": {"luminosity": 60.0},
                },
                "samples": {
                    "Sig": {
                        "kind": "simulation",
                        "xs": 0.5,
                        "signal": True,
                        "files": {"2017": str(self.files / "Sig_2017_*.root")},
                    },
                    "Data": {
                        "kind": "data",
                        "files": {"2017": str(self.files / "Data_2017_*.root")},
                    },
                },
            },
            "systematics": {"weights": {"pileup": self.pileup()}},
            "tag_sequence": [
                "toy_taggers:pair",
                [{"name": "high_met", "tagger": "toy_taggers:high_met"}, "toy_taggers:rest"],
            ],
            "variables_of_interest": ["m_gg", "met"],
            "jobs_manager": {"n_events_per_output": 40, "n_workers": 2, "retry_delay": 0.0},
            # drawing takes as long as all else; tests of the report do it
            "report": {"max_files": 0},
        }

    @staticmethod
    def pileup(**changes: Any) -> dict[str, Any]:
        """A weight systematic."""
        columns = {"central": "puWeight", "up": "puWeightUp", "down": "puWeightDown"}
        return {"branches": columns, "modify_central_weight": True, **changes}

    @staticmethod
    def met_scale(shift: float = 0.1) -> dict[str, Any]:
        """An object systematic."""
        return {
            "method": "from_function",
            "function": "toy_taggers:shift_met",
            "branch_modified": "MET_pt",
            "kwargs": {"shift": shift},
        }

    @property
    def sig(self) -> dict[str, Any]:
        """The simulated sample."""
        found: dict[str, Any] = self.content["samples"]["samples"]["Sig"]
        return found

    @property
    def data(self) -> dict[str, Any]:
        """The data."""
        found: dict[str, Any] = self.content["samples"]["samples"]["Data"]
        return found

    @property
    def jobs(self) -> dict[str, Any]:
        """The section jobs_manager."""
        found: dict[str, Any] = self.content["jobs_manager"]
        return found

    def without_data(self) -> Lab:
        """With the simulated sample only."""
        self.content["samples"]["samples"].pop("Data")
        return self

    def own_files(self, sample: str = "Sig", year: str = "2017") -> list[Path]:
        """Copies of the files of a sample, which a test may damage."""
        folder = self.folder / "input"
        folder.mkdir(exist_ok=True)
        copies = []
        for path in sorted(self.files.glob(f"{sample}_{year}_*.root")):
            copies.append(folder / path.name)
            copies[-1].write_bytes(path.read_bytes())
        files = [str(path) for path in copies]
        self.content["samples"]["samples"][sample]["files"][year] = files
        return copies

    def own_paths(self, sample: str = "Sig", year: str = "2017") -> list[Path]:
        """The files that a test has made its own."""
        return sorted((self.folder / "input").glob(f"{sample}_{year}_*.root"))

    @classmethod
    def write_unweighted(cls, paths: list[Path]) -> None:
        """Files with different events, all of weight 1."""
        import numpy as np

        cls.write_weighted(paths, [np.ones(N_EVENTS, np.float32) for _ in paths])

    @staticmethod
    def write_weighted(paths: list[Path], weights: list[Any]) -> None:
        """Files with different events, of these generator weights."""
        for seed, (path, of_file) in enumerate(zip(paths, weights, strict=True)):
            columns = {**toy_columns(seed, is_data=False), "genWeight": of_file}
            write_root(path, Events=columns, Runs=runs_of(of_file))

    def write(self) -> Path:
        """Writes the configuration."""
        self.path.write_text(yaml.safe_dump(self.content, sort_keys=False), encoding="utf-8")
        return self.path

    def output(self, *parts: str) -> Path:
        """A path below the folder of the analysis."""
        return self.store.joinpath("toy", self.version, *parts)

    def read(self, *parts: str) -> Any:
        """The content of a JSON file in the store."""
        return json.loads(self.output(*parts).read_text(encoding="utf-8"))

    def table(self, sample: str = "Sig", year: str = "2017", variation: str = "nominal") -> Any:
        """The merged events as an arrow table."""
        import pyarrow.parquet as pq

        return pq.read_table(self.output("merged", sample, year, f"{variation}.parquet"))

    def task(self, stage: str = "RunAnalysis", **parameters: Any) -> Any:
        """A task as the first of a new invocation."""
        forget()
        if str(self.taggers.parent) not in sys.path:
            sys.path.insert(0, str(self.taggers.parent))
        module = "".join(f"_{c.lower()}" if c.isupper() else c for c in stage).lstrip("_")
        package = "workflows" if stage == "RunAnalysis" else "tasks"
        found = importlib.import_module(f"{package}.{module}")
        return getattr(found, stage)(analysis=str(self.write()), **parameters)

    def run(self, stage: str = "RunAnalysis", **parameters: Any) -> bool:
        """Runs a stage in this process as an invocation of its own; whether it ended well.

        Its stages run one after the other: each in a fork of a process that has imported all that
        tests need takes longer than most stages do. Commands have them in forks, as users do.
        """
        import luigi

        task = self.task(stage, **parameters)
        return bool(luigi.build([task], workers=1, local_scheduler=True, no_lock=True))

    def law(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """A command line such as `law run ...` in a process of its own, from the test's folder."""
        return self.program(str(LAW), *arguments, **environment)

    def program(self, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Any program, as a user of this analysis would run it."""
        return subprocess.run(
            command,
            env=self.environment(**environment),
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def law_run(self, stage: str, *arguments: str, **environment: str) -> Any:
        """`law run STAGE --analysis toy.yaml ...`."""
        return self.law("run", stage, "--analysis", str(self.write()), *arguments, **environment)

    def start(self, stage: str, *arguments: str) -> subprocess.Popen[str]:
        """`law run STAGE ...` as the leader of a process group, without waiting for its end."""
        return subprocess.Popen(
            [str(LAW), "run", stage, "--analysis", str(self.write()), *arguments],
            env=self.environment(),
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def environment(self, **more: str) -> dict[str, str]:
        """What setup.sh would export, and where the toy taggers are."""
        return {
            **os.environ,
            "LAW_HOME": os.environ["TOY_LAW_HOME"],
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(self.taggers.parent)]),
            **more,
        }

    def state(self) -> dict[str, str]:
        """Every file of the analysis with its content and time.

        Not what only tells progress, nor what it was made by, which every change adds to.
        """
        return {
            str(path.relative_to(self.store)): f"{path.stat().st_mtime_ns} {_content_of(path)}"
            for path in self.store.rglob("*")
            if path.is_file()
            and path.suffix not in (".log", ".lock", ".jsonl")
            and path.name not in ("progress.json", "jobs.html")
            and FOLDER not in path.parts
        }

    def changed_since(self, before: dict[str, str]) -> set[str]:
        """Files that were made, made again or removed, below the folder of the version."""
        now = self.state()
        names = {name for name in {*before, *now} if before.get(name) != now.get(name)}
        prefix = f"toy/{self.version}/"
        return {name.removeprefix(prefix) for name in names}


def _content_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture(scope="session")
def _law_index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The index by which `law run` finds tasks."""
    home = tmp_path_factory.mktemp("law_home")
    environment = {**os.environ, "LAW_HOME": str(home), "PYTHONPATH": str(ROOT)}
    subprocess.run([str(LAW), "index", "-q"], env=environment, check=True, capture_output=True)
    return home


@pytest.fixture
def lab(tmp_path: Path, toy_files: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """The toy analysis; nothing was run yet."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    return Lab(tmp_path, toy_files)


@pytest.fixture
def command_line(lab: Lab, _law_index: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """The toy analysis, ready for `lab.law(...)`."""
    monkeypatch.setenv("TOY_LAW_HOME", str(_law_index))
    return lab


@pytest.fixture
def make_toy_file() -> Callable[..., Path]:
    """Writes a tiny file: path, seed, is_data."""
    return write_toy_file


@pytest.fixture
def make_root_file() -> Callable[..., Path]:
    """Writes a ROOT file: path, and a tree for each keyword."""
    return write_root


@pytest.fixture
def make_toy_columns() -> Callable[..., dict[str, Any]]:
    """Columns of a tiny file: seed, is_data."""
    return toy_columns


@pytest.fixture
def chromium(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Opens an address in headless Chromium, which sees this machine only: the page, the console.

    The page is its output, what it told the console among its errors; it takes more options.
    """
    names = ("chromium", "chromium-browser", "google-chrome")
    program = next(filter(None, map(shutil.which, names)), None)
    if program is None:
        pytest.skip("to run this test: apt-get install chromium")
    options = (
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--virtual-time-budget=3000",
        "--enable-logging=stderr", f"--user-data-dir={tmp_path / 'chromium'}",
    )  # fmt: skip

    def opened(address: str, *more: str) -> subprocess.CompletedProcess[str]:
        command = [program, *options, *more, "--dump-dom", address]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=240)

    return opened


@pytest.fixture
def browser(
    chromium: Callable[..., subprocess.CompletedProcess[str]],
) -> Callable[[str], str]:
    """Opens an address in headless Chromium; returns the page."""
    return lambda address: chromium(address).stdout


@pytest.fixture
def scheduler_page(tmp_path: Path) -> Iterator[str]:
    """The address of a scheduler of luigi that runs meanwhile, with the store of the test."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tasks.execution.page_server",
         "--port", "0", "--store", str(tmp_path / "store")],
        cwd=ROOT, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    address = process.stdout.readline().split()[0]
    assert address.startswith("http://127.0.0.1:")
    yield address
    process.terminate()
    assert process.wait(timeout=60) == 0
    process.stdout.close()
