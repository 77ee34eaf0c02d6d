"""The fault corpus: each fault goes through the whole program, and its end is written down.

    pytest tests/faults

prints the table of all faults with what happened to each.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Lab

FAULT = "fault"
_WIDTH = 110


@dataclass(frozen=True)
class End:
    """What happened to a fault.

    Attributes:
        ok: whether the sample was merged.
        told: what the user saw on the error stream.
        jobs: the table of jobs, where there is one.
        rows: of the merged nominal events; -1 where there are none.
    """

    ok: bool
    told: str
    jobs: dict[str, Any]
    rows: int

    def refused(self, *words: str) -> None:
        """A failure that names what it is about: nothing was merged, nothing crashed."""
        assert not self.ok
        assert all(word in self.told for word in words), self.told
        assert "Traceback" not in self.told, self.told
        assert self.rows == -1

    def lost(self, path: Path, *words: str, n: int = 40) -> None:
        """Counted, and listed with file, range and cause, while all the rest is merged."""
        assert self.ok, self.told
        assert "Traceback" not in self.told, self.told
        found = self.jobs["completeness"]
        assert found["n_indexed"] - found["n_done"] == n
        assert [(part["url"], part["stop"] - part["start"]) for part in self.jobs["lost"]] == [
            (str(path), n)
        ]
        (failed,) = [row for row in self.jobs["rows"] if row["status"] != "done"]
        assert failed["status"] == "failed"
        assert all(word in failed["message"] for word in (str(path), *words)), failed["message"]

    def whole(self, n: int = 80) -> None:
        """Nothing is wrong with it: every entry was read."""
        assert self.ok, self.told
        assert self.jobs["lost"] == []
        assert self.jobs["completeness"]["n_done"] == n

    @property
    def line(self) -> str:
        """In a line, for the table."""
        if not self.ok:
            last = self.told[self.told.rfind("failed: ") :].removeprefix("failed: ")
            return f"refused: {' '.join(last.split())}"
        lost = [row for row in self.jobs["rows"] if row["status"] != "done"]
        if not lost:
            return f"read: {self.jobs['completeness']['n_done']} entries, {self.rows} rows"
        n = sum(row["n_entries"] for row in lost)
        return f"lost {n} entries, listed: {' '.join(lost[0]['message'].split())}"


@pytest.fixture
def end(
    lab: Lab, capfd: pytest.CaptureFixture[str], request: pytest.FixtureRequest
) -> Callable[..., End]:
    """Runs the toy analysis to its merged events, and writes down what happened."""

    def run(sample: str = "Sig", **parameters: Any) -> End:
        capfd.readouterr()
        ok = lab.run("MergeSample", sample=sample, **parameters)
        table = lab.output("jobs", sample, "2017", "jobs.json")
        merged = lab.output("merged", sample, "2017", "nominal.parquet")
        found = End(
            ok=ok,
            told=capfd.readouterr().err,
            jobs=lab.read("jobs", sample, "2017", "jobs.json") if table.is_file() else {},
            rows=len(lab.table(sample)) if merged.is_file() else -1,
        )
        request.node.user_properties.append((FAULT, found.line.replace(f"{lab.folder}/", "")))
        return found

    return run


@pytest.fixture
def half(lab: Lab) -> Lab:
    """Simulation of two files, of which half may be lost; each may be damaged."""
    lab.without_data()
    lab.jobs.update(min_completion=0.5, attempts=1)
    lab.own_files()
    return lab


@pytest.fixture
def compressed(half: Lab, make_toy_columns: Any, make_root_file: Any) -> list[Path]:
    """Two files whose columns compress well, so that their baskets are compressed."""
    paths = sorted((half.folder / "input").glob("*.root"))
    for seed, path in enumerate(paths):
        columns = make_toy_columns(seed, is_data=False)
        columns["mass"] = np.full_like(columns["mass"], 125)
        make_root_file(path, Events=columns)
    return paths


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """The table, where only the corpus was run."""
    reports = [r for kind in ("passed", "failed") for r in terminalreporter.stats.get(kind, ())]
    called = [report for report in reports if report.when == "call"]
    if not called or not all("tests/faults/" in report.nodeid for report in called):
        return
    terminalreporter.section("what happened to each fault")
    for report in sorted(called, key=lambda report: report.nodeid):
        name = re.sub(r"^[^:]*::(test_)?", "", report.nodeid).replace("_", " ")
        for key, line in report.user_properties:
            if key == FAULT:
                mark = "" if report.outcome == "passed" else "FAILED "
                terminalreporter.write_line(f"{mark}{name}\n    {line[:_WIDTH]}")
