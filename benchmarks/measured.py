"""Processes as users start them, and what they took: processor time with children, and wall."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).resolve().parents[1]


class Spent(NamedTuple):
    """What a process and all its children took, and what it printed."""

    cpu: float  # s
    wall: float  # s
    output: str


def run(command: Sequence[str | Path], log: Path, store: Path | None = None) -> Spent:
    """Runs a command to its end; its output goes to the log.

    Raises:
        SystemExit: when it fails, with the end of its output.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    words = [str(word) for word in command]
    start = time.perf_counter()
    with log.open("w", encoding="utf-8") as out:
        process = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, cwd=ROOT,
            env=environment(store),
        )  # fmt: skip
        _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall, output = time.perf_counter() - start, log.read_text(encoding="utf-8")
    if process.returncode:
        raise SystemExit(f"{' '.join(words)} failed\n{output[-3000:]}")
    return Spent(used.ru_utime + used.ru_stime, wall, output)


def law(*words: str | Path, log: Path, store: Path) -> Spent:
    """A command of law, as after `source setup.sh`."""
    return run([Path(sys.executable).with_name("law"), "run", *words], log, store)


def environment(store: Path | None) -> Mapping[str, str]:
    """As setup.sh makes it; what setup.sh of this checkout has set already stays."""
    found = {
        "LAW_HOME": str(ROOT / ".law"),
        "LAW_CONFIG_FILE": str(ROOT / "law.cfg"),
        **os.environ,
        "HIGGSFLOW_BASE": str(ROOT),
        "OPENBLAS_NUM_THREADS": "1",
    }
    return found if store is None else {**found, "HIGGSFLOW_STORE": str(store)}
