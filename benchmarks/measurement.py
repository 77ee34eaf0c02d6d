"""What a measurement leaves: its rounds and the table as JSON, and the table as Markdown."""

from __future__ import annotations

import platform
import subprocess
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.fit import Line, fit
from benchmarks.goals import Row, rows
from benchmarks.measured import ROOT
from higgsflow.model.noun import Noun

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.cases import Scale
    from benchmarks.rounds import Round

PACKAGES = ("awkward", "coffea", "correctionlib", "numba", "numpy", "pyarrow", "uproot")


class Measurement(Noun):
    """Values of all rounds, and the goals as they follow from them.

    Attributes:
        load: of the machine (1 minute) at the end, over its number of cores; above 1 other
            programs took part of the cores.
    """

    date: str
    commit: str
    machine: str
    load: float
    versions: dict[str, str]
    events: int
    branches: int
    rounds: tuple[dict[str, float], ...]
    rows: tuple[Row, ...]


class Growth(Noun):
    """Costs [CPU-s] at each n, by what they grow with, and the lines fitted to them.

    Attributes:
        commit: of the program that was measured, with `-changed` where files were not committed.
    """

    commit: str = ""
    curves: dict[str, dict[int, float]]
    lines: dict[str, Line]


def grown(curves: Mapping[str, Mapping[int, float]]) -> Growth:
    """The curves with a line through each that has two points."""
    lines = {name: fit(points) for name, points in curves.items() if len(points) > 1}
    return Growth(commit=_commit(), curves={n: dict(c) for n, c in curves.items()}, lines=lines)


def known_points(path: Path) -> dict[str, dict[int, float]]:
    """What was measured before of this commit; nothing of another one."""
    try:
        found = Growth.model_validate_json(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return found.curves if found.commit == _commit() else {}


def measurement(scale: Scale, rounds: Sequence[Round]) -> Measurement:
    """The rounds with where and when they were measured."""
    return Measurement(
        date=f"{datetime.now(timezone.utc):%Y-%m-%d}",
        commit=_commit(),
        machine=_machine(),
        load=_load(),
        versions={"python": platform.python_version()} | {p: version(p) for p in PACKAGES},
        events=scale.events,
        branches=scale.branches,
        rounds=tuple(rounds),
        rows=rows(scale, rounds),
    )


def markdown(found: Measurement) -> str:
    """The table, and under it where and when it was measured."""
    lines = ["| what | goal | measured | rounds | |", "|---|---|---|---|---|"]
    verdicts = {True: "reached", False: "**missed**", None: ""}
    for row in found.rows:
        verdict = verdicts[row.reached]
        spread = f"{_digits(row.low)} to {_digits(row.high)}"
        lines.append(
            f"| {row.what} | {row.goal} | {_digits(row.median)}{row.unit} | {spread} | {verdict} |"
        )
    packages = ", ".join(f"{name} {v}" for name, v in found.versions.items())
    where = f"{found.machine}, load {found.load:.1f} per core"
    when = f"{found.date}, commit {found.commit}"
    n = len(found.rounds)
    lines += ["", f"{n} round{'s' if n > 1 else ''} on {where}, {when}; {packages}."]
    return "\n".join(lines) + "\n"


def stages_table(found: Measurement) -> str:
    """Where the processor seconds of a warm job went, by stage, in each case; medians."""
    costs: dict[str, dict[str, float]] = {}
    for name in found.rounds[0]:
        if ".stage." in name:
            case, stage = name.removeprefix("program.").split(".stage.")
            values = [one[name] for one in found.rounds]
            costs.setdefault(case, {})[stage] = median(values)
    stages = sorted({s for of_case in costs.values() for s in of_case})
    lines = [f"| CPU-s | {' | '.join(stages)} | decompression |", "|---" * (len(stages) + 2) + "|"]
    for case, of_case in costs.items():
        limit = median(one[f"limit.{case}.decompress"] for one in found.rounds)
        cells = [*(of_case.get(stage, 0.0) for stage in stages), limit]
        lines.append(f"| {case} | {' | '.join(f'{cost:.2f}' for cost in cells)} |")
    return "\n".join(lines) + "\n"


def growth_table(found: Growth) -> str:
    """The fitted lines."""
    lines = ["| grows with | measured at n = | CPU-s | farthest point |", "|---|---|---|---|"]
    for name, line in found.lines.items():
        at = ", ".join(f"{n:,}" for n in found.curves[name])
        model = f"{_digits(line.fixed)} + {_digits(line.each)} n"
        lines.append(f"| {name} | {at} | {model} | {100 * line.largest_residual:.0f} % |")
    return "\n".join(lines) + "\n"


def _digits(value: float) -> str:
    """Three of them."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _commit() -> str:
    found = subprocess.run(
        ["git", "describe", "--always", "--dirty=-changed"], cwd=ROOT, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    return found.stdout.strip() or "unknown"


def _machine() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{len(models)} cores of {models[0] if models else platform.machine()}"


def _load() -> float:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    cores = sum(line.startswith("processor") for line in lines)
    return float(Path("/proc/loadavg").read_text(encoding="ascii").split()[0]) / cores
