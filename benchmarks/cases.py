"""What is measured: files of a kind and codec, and a number of variations."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import NamedTuple

from benchmarks.inputs.generate import BRANCHES, Input

_SMALL = 500  # events


class Case(NamedTuple):
    """Files, variations, and the taggers that look at them."""

    kind: str
    codec: str
    variations: int
    sequence: str = "shipped"

    @property
    def name(self) -> str:
        """Names stores, folders and measured values of the case."""
        return f"{self.kind}_{self.codec}_{self.variations}_{self.sequence}"


@dataclasses.dataclass(frozen=True)
class Scale:
    """How large the measurement is.

    Attributes:
        folder: of inputs, stores, outputs and logs; inputs are kept from one run to the next.
        peer_python: the Python that has what the peers need.
        some, many: numbers of variations.
        n_files: jobs of the same worker; the first one is not counted as warm.
        turns: how often cases are run, in turn with what they are compared with, but for those
            of which one command takes long.
        small_chunks: jobs with next to no events, by which the overhead per job is seen.
    """

    folder: Path
    peer_python: Path = Path(sys.executable)
    events: int = 100_000
    basket: int = 20_000
    branches: int = BRANCHES
    some: int = 10
    many: int = 40
    n_files: int = 6
    turns: int = 3
    merged_files: int = 200
    merged_rows: int = 10_000
    small_chunks: int = 40

    def files(self, case: Case, n_files: int | None = None) -> list[Path]:
        """The input of a case, made where it is not there."""
        made = Input(case.kind, case.codec, self.events, self.basket, self.branches)
        return made.make(self.folder / "inputs", n_files or self.n_files)

    def small_file(self, case: Case) -> Path:
        """A file of the same kind with next to nothing in it."""
        made = Input(case.kind, case.codec, _SMALL, _SMALL // 2, self.branches)
        return made.make(self.folder / "inputs")[0]

    @property
    def signal_none(self) -> Case:
        """No variation."""
        return Case("signal", "zstd", 0)

    @property
    def signal_many(self) -> Case:
        """Many variations, with the taggers that the program brings."""
        return Case("signal", "zstd", self.many)

    @property
    def lzma_some(self) -> Case:
        """Input that takes long to decompress."""
        return Case("signal", "lzma", self.some)

    @property
    def users_many(self) -> Case:
        """Taggers as users write them."""
        return Case("signal", "zstd", self.many, "users")

    @property
    def background(self) -> tuple[Case, Case]:
        """Few and many variations of files of which nearly nothing is selected."""
        some, many = (Case("background", "zstd", n, "users") for n in (self.some, self.many))
        return some, many


def short(folder: Path) -> Scale:
    """So small that only correctness can be seen."""
    return Scale(
        folder, events=1500, basket=500, branches=400, some=2, many=2, n_files=2, turns=2,
        merged_files=4, merged_rows=100, small_chunks=3,
    )  # fmt: skip
