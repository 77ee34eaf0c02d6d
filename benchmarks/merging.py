"""The merge with scaling against concatenating in memory, each in a process of its own.

Processor time of each is from the first file to the last byte, without the start of Python. Digests
of the code are what any run has computed before its first stage, and are not part of a merge.

python -m benchmarks.merging make|stream|concatenate FOLDER FILES ROWS
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.measured import run
from higgsflow.code import physics_digest
from higgsflow.model.systematic import NOMINAL
from higgsflow.output.atomic import checksum
from higgsflow.output.chunk_file import ChunkWriter
from higgsflow.output.merge import merge
from higgsflow.output.merge_order import IDENTITY, MergeOrder, Part
from higgsflow.profiling import peak_memory_mb

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.cases import Scale

VARIABLES = tuple(f"x{number}" for number in range(36))
WEIGHTS = tuple(f"weight_{number}" for number in range(4))
_CENTRAL = ("weight_central", "weight_central_initial")
_SCALE = 1.7
_YEAR = 2017
STREAMED, CONCATENATED = "nominal.parquet", "concatenated.parquet"


def measure_merge(scale: Scale) -> Iterator[tuple[str, float]]:
    """Processor seconds and peaks [MB] of both ways, and the peak for a tenth of the files.

    Raises:
        SystemExit: where both do not write the same.
    """
    folder, rows = scale.folder / "merging", str(scale.merged_rows)
    few = max(1, scale.merged_files // 10)
    ways = {"stream_few": few, "stream": scale.merged_files, "concatenate": scale.merged_files}
    command = [sys.executable, "-m", "benchmarks.merging"]
    logs = scale.folder / "logs"
    run([*command, "make", folder, str(scale.merged_files), rows], logs / "merge_make.log")
    for name, n_files in ways.items():
        way = name.removesuffix("_few")
        done = run([*command, way, folder, str(n_files), rows], logs / f"merge_{way}.log")
        cpu, peak = done.output.split()[-2:]
        yield f"merge.{name}.cpu", float(cpu)
        yield f"merge.{name}.peak_mb", float(peak)
    if not same(folder / STREAMED, folder / CONCATENATED):
        raise SystemExit("the merge and the concatenation differ")


def make(paths: list[Path], n_rows: int) -> None:
    """Job outputs of so many rows, made anew: they are as jobs write them today."""
    for number, path in enumerate(paths):
        path.parent.mkdir(parents=True, exist_ok=True)
        writer = ChunkWriter(path, optional=())
        writer.add({NOMINAL: _table(number, n_rows)})
        writer.close()


def _table(number: int, n_rows: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(number)
    event = np.arange(n_rows) + number * n_rows
    table = {"run": np.ones(n_rows, np.uint32), "luminosityBlock": (event // 500).astype("u4")}
    table |= {"event": event.astype(np.uint64)}
    table |= {name: rng.normal(100, 30, n_rows) for name in VARIABLES}
    table |= {name: rng.integers(0, 3, n_rows).astype("i4") for name in ("tag_idx", "tag_category")}
    return table | {name: rng.normal(1, 0.1, n_rows) for name in (*_CENTRAL, *WEIGHTS)}


def stream(paths: list[Path], folder: Path) -> float:
    """As the program merges; the checksums of its inputs are in the records of jobs."""
    parts = tuple(
        Part(chunk_id=path.stem, stem=path.stem, path=path, checksum=checksum(path))
        for path in paths
    )
    order = MergeOrder(
        sample="measured", year=str(_YEAR), process_id=1, is_data=False, scale1fb=_SCALE,
        luminosity=1.0, denominator=1.0, mode="processed", complete=True, fraction=1.0,
        output_format="parquet", folder=folder, inputs={NOMINAL: ""}, parts={NOMINAL: parts},
        variables=VARIABLES, weights={NOMINAL: WEIGHTS},
    )  # fmt: skip
    physics_digest()
    start = time.process_time()
    dict(merge(order))
    return time.process_time() - start


def concatenate(paths: list[Path], folder: Path) -> float:
    """As scripts merge: all in memory, scaled, written once, with the same columns."""
    import awkward as ak  # noqa: PLC0415 (what is not needed counts as memory of the other way)
    import pyarrow.dataset  # noqa: F401, PLC0415 (what reading would import)

    start = time.process_time()
    columns = [*IDENTITY, *VARIABLES, "tag_idx", "tag_category", *_CENTRAL, *WEIGHTS]
    whole = ak.concatenate([ak.from_parquet(str(path), columns=columns) for path in paths])
    whole["weight_central_no_lumi"] = whole.weight_central * _SCALE
    whole["weight_central"] = whole.weight_central * _SCALE
    whole["process_id"] = np.ones(len(whole), np.int32)
    whole["year"] = np.full(len(whole), _YEAR, np.int32)
    ak.to_parquet(whole, str(folder / CONCATENATED), compression="zstd")
    return time.process_time() - start


def same(one: Path, other: Path) -> bool:
    """Whether both hold the same scaled weights of the same events."""
    a, b = (pq.read_table(path, columns=["event", "weight_central"]) for path in (one, other))
    names = ("event", "weight_central")
    return all(pa.compute.equal(a[n], b[n]).to_numpy().all() for n in names) and len(a) == len(b)


def main() -> None:
    """Makes job outputs, or merges them in one of both ways.

    Prints processor time [s] and the peak of memory [MB].
    """
    way, folder, n_files, n_rows = sys.argv[1:]
    parts = Path(folder) / "parts"
    paths = [parts / f"{n_rows}_{number}.parquet" for number in range(int(n_files))]
    cpu = 0.0
    if way == "make":
        make(paths, int(n_rows))
    else:
        ways = {"stream": stream, "concatenate": concatenate}
        cpu = ways[way](paths, Path(folder))
    print(cpu, peak_memory_mb())


if __name__ == "__main__":
    main()
