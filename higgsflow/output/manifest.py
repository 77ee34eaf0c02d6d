"""What a merged file holds and how it was scaled; stands beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from higgsflow.errors import DamagedRecord
from higgsflow.model.findings import findings
from higgsflow.model.noun import Noun


class Manifest(Noun):
    """One merged file.

    Attributes:
        inputs, made_from: digest of what it was made from, and that in words.
        chunks: id of each chunk in it, and the stem of the job that made its events.
        scale: what weight_central was multiplied with, scale1fb times luminosity; 1 for data.
        holds_selection: whether skims are among these files, as the denominator says.
        files: uuids of the input files whose events count.
        ranges: uuid, first entry and end of what was read of them, neighbours as one.
        complete: whether every entry of the sample was processed; fraction of them that were.
        path: of the merged file; a manifest in a store holds its name only, see `read_manifest`.
        size, checksum: of the merged file.
    """

    inputs: str
    made_from: dict[str, Any] = {}
    size: int
    sample: str
    year: str
    variation: str
    path: str
    rows: int
    checksum: str
    columns: dict[str, str]
    chunks: tuple[tuple[str, str], ...]
    scale: float
    scale1fb: float | None
    luminosity: float
    denominator: float | None
    mode: str
    holds_selection: bool = True
    complete: bool
    fraction: float
    files: tuple[str, ...] = ()
    ranges: tuple[tuple[str, int, int], ...] = ()


def read_manifest(path: Path) -> Manifest:
    """A manifest, with the path of the merged file that lies beside it now.

    A store may have been moved or copied since, so nothing but the name is believed.

    Raises:
        OSError: when it cannot be read.
        DamagedRecord: when it is damaged.
    """
    try:
        found = Manifest.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise DamagedRecord(path, findings(error)[0]) from error
    beside = path.with_name(Path(found.path).name)
    return found.model_copy(update={"path": str(beside)})
