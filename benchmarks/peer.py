"""Runs a peer in a process of its own, on the files of a case."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.analysis import sources
from benchmarks.measured import run as run_process

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.cases import Case, Scale


class PeerRan(NamedTuple):
    """What a peer took.

    Attributes:
        warm: processor seconds of a file in a process that was at work before.
        whole: processor seconds of a process that does one file, from its start to its end.
        output: a folder with a file per variation.
    """

    warm: float
    whole: float
    peak_mb: float
    output: Path


def run(peer: str, case: Case, scale: Scale) -> PeerRan:
    """The first file of the case."""
    folder = scale.folder / "peers" / f"{peer}_{case.name}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    task = {
        "peer": peer,
        "file": str(scale.files(case)[0]),
        "small": str(scale.small_file(case)),
        "sources": {source.name: source[1:] for source in sources(case.variations)},
        "folder": str(folder / "out"),
    }
    path = folder / "task.json"
    path.write_text(json.dumps(task), encoding="utf-8")
    command: list[str | Path] = [scale.peer_python, "-m", "benchmarks.peers", path]
    said = json.loads(run_process(command, folder / "log").output.strip().splitlines()[-1])
    return PeerRan(said["warm"], said["whole"], said["peak_mb"], folder / "out")
