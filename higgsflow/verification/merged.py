"""One merged file: everything that it and its manifest say, counted again from the job records."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from higgsflow.output.arrow_arrays import numbers
from higgsflow.output.atomic import checksum
from higgsflow.output.chunk_file import ChunkFile
from higgsflow.output.merged_events import pieces
from higgsflow.output.renamed_file import by_names_of_today
from higgsflow.output.rescale import Ratios, bin_columns, rescaled
from higgsflow.records.job_record import JobRecord
from higgsflow.records.names import Called
from higgsflow.verification.certificate import Certificate, NotAsClaimed, claim, claim_sum
from higgsflow.verification.intervals import check_completeness, intervals_of
from higgsflow.verification.normalisation import denominator_of, scale1fb_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from higgsflow.events.index import SampleIndex
    from higgsflow.model.sample import SampleYear
    from higgsflow.normalization import Normalization
    from higgsflow.output.manifest import Manifest

_WEIGHTS = ("weight_central", "weight_central_no_lumi", "weight_central_initial")


def _as_today(_: str) -> Called:
    return Called()


@dataclass(frozen=True)
class Evidence:
    """What a merged file is held against.

    Attributes:
        chunks: the folder of job outputs and records.
        ratios: what columns of weights were multiplied with besides, where sums are preserved.
        called: by the name of a job's outputs, what in them is called otherwise today.
    """

    pair: SampleYear
    index: SampleIndex
    normalization: Normalization
    chunks: Path
    ratios: Ratios
    called: Callable[[str], Called] = _as_today


def verify(manifest: Manifest, evidence: Evidence) -> Certificate:
    """Counts everything in a merged file again; memory does not grow with its rows.

    Raises:
        NotAsClaimed: for the first thing that does not hold.
        StoreError: when something cannot be read.
    """
    path = Path(manifest.path)
    where = str(path)
    _check_file(path, manifest)
    records = _records(manifest, evidence.chunks, where)
    intervals = intervals_of(evidence.index, [r for rec in records for r in rec.ranges], where)
    claimed = (manifest.complete, manifest.fraction)
    n_entries = check_completeness(evidence.index, intervals, claimed, where)
    found = _check_scale(manifest, evidence, denominator_of(evidence.index, intervals), where)
    rows, total = _check_events(manifest, evidence, records)
    counted = [parts for parts in intervals.values() if parts]
    return Certificate(
        sample=manifest.sample,
        year=manifest.year,
        variation=manifest.variation,
        n_files=len(counted),
        n_ranges=sum(len(parts) for parts in counted),
        n_entries=n_entries,
        n_indexed=evidence.index.n_entries,
        rows=rows,
        denominator=found,
        scale1fb=manifest.scale1fb,
        yield_=total,
        complete=manifest.complete,
    )


def _check_file(path: Path, manifest: Manifest) -> None:
    if not path.is_file():
        raise NotAsClaimed(f"there is no {path}", "its manifest stands beside it")
    claim("size in bytes", manifest.size, path.stat().st_size, str(path))
    claim("checksum", manifest.checksum[:16], checksum(path)[:16], str(path))


def _records(manifest: Manifest, folder: Path, where: str) -> list[JobRecord]:
    """The records of the jobs whose events are in it, each chunk once."""
    found, seen = [], set()
    for chunk_id, stem in manifest.chunks:
        if chunk_id in seen:
            raise NotAsClaimed(f"chunk {chunk_id} is in it twice", where)
        seen.add(chunk_id)
        path = folder / f"{stem}.json"
        try:
            record = JobRecord.model_validate_json(path.read_bytes())
        except (OSError, ValueError) as error:
            reason = " ".join(str(error).split())[:200]
            raise NotAsClaimed(
                f"cannot read the record {path}", reason, f"needed by {where}"
            ) from error
        claim("chunk of the record", chunk_id, record.chunk_id, str(path))
        # of its ledgers nothing is needed any more
        found.append(record.model_copy(update={"ledgers": {}, "products": {}}))
    return found


def _check_scale(
    manifest: Manifest, evidence: Evidence, denominator: float, where: str
) -> float | None:
    """D, scale1fb and the scale of the weights; D, or None for data."""
    recorded = evidence.normalization
    claim("scale1fb of its stage", recorded.scale1fb, manifest.scale1fb, where)
    luminosity = evidence.pair.era.luminosity
    claim_sum("luminosity", manifest.luminosity, luminosity, where)
    if evidence.pair.is_data:
        claim("scale of data", (manifest.scale1fb, manifest.scale), (None, 1.0), where)
        return None
    claim_sum("sum of weights D", float(manifest.denominator or 0.0), denominator, where)
    scale = scale1fb_of(evidence.pair, denominator)
    claim_sum("scale1fb", float(manifest.scale1fb or 0.0), scale, where)
    claim_sum("scale of the weights", manifest.scale, scale * luminosity, where)
    return denominator


def _check_events(
    manifest: Manifest, evidence: Evidence, records: list[JobRecord]
) -> tuple[int, float]:
    """Rows and sums of weights of the merged file follow from those of the job outputs."""
    per_fb = 1.0 if manifest.scale1fb is None else manifest.scale1fb
    scales = dict(zip(_WEIGHTS, (manifest.scale, per_fb, 1.0), strict=True))
    rows, sums, sizes = 0, dict.fromkeys(_WEIGHTS, 0.0), dict.fromkeys(_WEIGHTS, 0.0)
    for record in records:
        path = evidence.chunks / record.output.name
        called, n = evidence.called(path.stem), 0
        for table in _job_tables(path, record, manifest.variation, (evidence.ratios, called)):
            n += len(table)
            for name, scale in scales.items():
                own = "weight_central_initial" if name.endswith("initial") else "weight_central"
                values = numbers(table[own]) * scale
                sums[name] += float(values.sum())
                sizes[name] += float(np.abs(values).sum())
        claim("rows", record.output.rows.get(called.variation(manifest.variation), 0), n, str(path))
        rows += n
    merged_rows, merged = _merged_sums(Path(manifest.path))
    claim("rows", manifest.rows, merged_rows, manifest.path)
    claim("rows of its job outputs", merged_rows, rows, manifest.path)
    for name in _WEIGHTS:
        claim_sum(f"sum of {name}", merged[name], sums[name], manifest.path, of=sizes[name])
    return merged_rows, merged["weight_central"]


def _job_tables(path: Path, record: JobRecord, variation: str, known: tuple[Ratios, Called]) -> Any:
    ratios, called = known
    columns = ("weight_central", "weight_central_initial")
    own = {name: of_column for name, of_column in ratios.items() if name in columns}
    file = by_names_of_today(ChunkFile(path, record.output.checksum), called)
    for table in file.read(variation, [*columns, *bin_columns(own)]):
        yield rescaled(table, own)


def _merged_sums(path: Path) -> tuple[int, dict[str, float]]:
    rows, sums = 0, dict.fromkeys(_WEIGHTS, 0.0)
    for piece in pieces(path, _WEIGHTS):
        rows += len(piece["weight_central"])
        for name in _WEIGHTS:
            sums[name] += float(piece[name].sum())
    return rows, sums
