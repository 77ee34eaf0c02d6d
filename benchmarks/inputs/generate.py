"""Files of simulation as large as real ones: made once, found again by their name."""

from __future__ import annotations

import dataclasses
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.inputs.columns import needed_columns
from benchmarks.inputs.filler import fill
from benchmarks.inputs.kinds import KINDS
from higgsflow.demo import padded
from higgsflow.demo.root_file import Layout, write_root_file

if TYPE_CHECKING:
    from pathlib import Path

# Levels change how long writing takes; reading takes as long with any of them.
LEVELS = {"none": 0, "zlib": 6, "lzma": 1, "lz4": 4, "zstd": 5}
BRANCHES = 1502


@dataclasses.dataclass(frozen=True)
class Input:
    """One kind of files: everything that decides what is in file `number` of it."""

    kind: str = "signal"
    codec: str = "zstd"
    events: int = 100_000
    basket: int = 20_000
    branches: int = BRANCHES

    @property
    def name(self) -> str:
        """Names the folder of such files."""
        return f"{self.kind}_{self.codec}_{self.events}_{self.basket}_{self.branches}"

    def path(self, folder: Path, number: int) -> Path:
        """Where file `number` lies."""
        return folder / self.name / f"{self.name}_{number}.root"

    def make(self, folder: Path, n_files: int = 1) -> list[Path]:
        """Writes those of the first files that are not there; returns all of them."""
        paths = [self.path(folder, number) for number in range(n_files)]
        for number, path in enumerate(paths):
            if not path.is_file():
                self._write(path, number)
        return paths

    def _write(self, path: Path, number: int) -> None:
        # not of the codec: files of any codec hold the same events
        seed = zlib.crc32(f"{self.kind}/{self.events}/{number}".encode())
        rng = np.random.default_rng(seed)
        columns = needed_columns(rng, KINDS[self.kind], self.events, number)
        layout = Layout(self.codec, LEVELS[self.codec], self.basket)
        write_root_file(path, fill(rng, columns, self.branches), _trees(columns), layout)


def _trees(columns: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The sums over exactly these events, and their lumisections."""
    g = columns["genWeight"].astype(np.float64)
    scales = np.asarray(columns["LHEScaleWeight"]).astype(np.float64)
    blocks = np.unique(columns["luminosityBlock"])
    runs = {
        "run": np.ones(1, dtype=np.uint32),
        "genEventCount": np.array([len(g)], dtype=np.int64),
        "genEventSumw": np.array([g.sum()]),
        "genEventSumw2": np.array([(g**2).sum()]),
        "LHEScaleSumw": padded.fixed((g @ scales / g.sum())[np.newaxis]),
    }
    sections = {"run": np.ones_like(blocks), "luminosityBlock": blocks}
    return {"Runs": runs, "LuminosityBlocks": sections}
