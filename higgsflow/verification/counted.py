"""Rows and sums of weights, counted again in job outputs and in merged files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from higgsflow.output.arrow_arrays import numbers
from higgsflow.output.atomic import checksum
from higgsflow.output.chunk_file import ChunkFile
from higgsflow.output.merged_events import pieces
from higgsflow.output.renamed_file import by_names_of_today
from higgsflow.output.rescale import bin_columns, rescaled
from higgsflow.verification.certificate import claim

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import numpy.typing as npt

    from higgsflow.output.manifest import Manifest
    from higgsflow.output.renamed_file import RenamedFile
    from higgsflow.output.rescale import Ratios
    from higgsflow.records.job_record import Output
    from higgsflow.records.names import Called

CENTRAL, NO_LUMI, INITIAL = "weight_central", "weight_central_no_lumi", "weight_central_initial"


class Counted(NamedTuple):
    """What was counted.

    Attributes:
        sums: of each weight.
        sizes: the same without signs.
    """

    rows: int
    sums: dict[str, float]
    sizes: dict[str, float]


class ToCount(NamedTuple):
    """A job output, and what is counted in it.

    Attributes:
        called: what is called otherwise in it than today.
        ratios: by variation what columns of weights are multiplied with.
    """

    path: Path
    output: Output
    called: Called
    ratios: Mapping[str, Ratios]


def in_output(one: ToCount) -> dict[str, Counted]:
    """By variation what a job output holds of it, before it is scaled.

    Raises:
        NotAsClaimed: where it has other rows than the record says.
        StoreError: where it cannot be read, or is not what its job wrote.
    """
    file = by_names_of_today(ChunkFile(one.path, one.output.checksum), one.called)
    found = {}
    for variation, ratios in one.ratios.items():
        counted = found[variation] = _in_file(file, variation, ratios)
        recorded = one.output.rows.get(one.called.variation(variation), 0)
        claim("rows", recorded, counted.rows, str(one.path))
    return found


def _in_file(file: ChunkFile | RenamedFile, variation: str, ratios: Ratios) -> Counted:
    columns = (CENTRAL, INITIAL)
    own = {name: of_column for name, of_column in ratios.items() if name in columns}
    tables = file.read(variation, [*columns, *bin_columns(own)])
    scaled = (rescaled(table, own) for table in tables)
    return _counted({name: numbers(table[name]) for name in columns} for table in scaled)


def in_merged(manifest: Manifest) -> Counted:
    """What a merged file holds.

    Raises:
        NotAsClaimed: where it is not the file that was written.
        StoreError: where it cannot be read.
    """
    path = Path(manifest.path)
    claim("checksum", manifest.checksum[:16], checksum(path)[:16], str(path))
    return _counted(pieces(path, (CENTRAL, NO_LUMI, INITIAL)))


def _counted(parts: Iterable[Mapping[str, npt.NDArray[np.float64]]]) -> Counted:
    return added(map(_in_part, parts))


def _in_part(weights: Mapping[str, npt.NDArray[np.float64]]) -> Counted:
    sums = {name: float(values.sum()) for name, values in weights.items()}
    sizes = {name: float(np.abs(values).sum()) for name, values in weights.items()}
    return Counted(len(weights[CENTRAL]), sums, sizes)


def added(parts: Iterable[Counted]) -> Counted:
    """What several files hold together; of none no sum is known."""
    rows = 0
    sums: dict[str, float] = {}
    sizes: dict[str, float] = {}
    for part in parts:
        rows += part.rows
        for name, value in part.sums.items():
            sums[name] = sums.get(name, 0.0) + value
            sizes[name] = sizes.get(name, 0.0) + part.sizes[name]
    return Counted(rows, sums, sizes)
