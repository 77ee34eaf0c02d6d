"""The merged files of a sample and year: what they and their manifests say, counted again.

Each record and each output of a job is read once, whatever the number of variations, and memory
does not grow with their rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from higgsflow.errors import said_by
from higgsflow.records.job_record import JobRecord
from higgsflow.sharing import alone
from higgsflow.there import is_file
from higgsflow.verification.certificate import Certificate, NotAsClaimed, claim, claim_sum
from higgsflow.verification.counted import (
    CENTRAL,
    INITIAL,
    NO_LUMI,
    Counted,
    ToCount,
    added,
    in_merged,
    in_output,
)
from higgsflow.verification.intervals import Intervals, check_completeness, intervals_of
from higgsflow.verification.normalisation import denominator_of, scale1fb_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from higgsflow.events.index import SampleIndex
    from higgsflow.model.sample import SampleYear
    from higgsflow.normalization import Normalization
    from higgsflow.output.manifest import Manifest
    from higgsflow.output.rescale import Ratios
    from higgsflow.records.names import Called
    from higgsflow.sharing import Share


@dataclass(frozen=True)
class Evidence:
    """What merged files are held against.

    Attributes:
        chunks: the folder of job outputs and records.
        called: by the name of a job's outputs, what in them is called otherwise today.
        normalizations: of each variation the one that it was made with.
        ratios: of each variation what columns of weights were multiplied with besides, where sums
            are preserved.
    """

    pair: SampleYear
    index: SampleIndex
    chunks: Path
    called: Callable[[str], Called]
    normalizations: Mapping[str, Normalization]
    ratios: Mapping[str, Ratios]


class _Place(NamedTuple):
    """A record, and which chunk it should be of, by which manifest."""

    path: Path
    chunk_id: str
    needed_by: str


def verify(
    manifests: Sequence[Manifest], evidence: Evidence, share: Share = alone
) -> Iterator[Certificate]:
    """Counts everything in the merged files of a sample and year again.

    Args:
        manifests: of the merged files, one for each variation.
        evidence: what they are held against.
        share: who does the work.

    Raises:
        NotAsClaimed: for the first thing that does not hold.
        StoreError: when something cannot be read.
    """
    for manifest in manifests:
        _check_file(manifest)
    records = _records(manifests, evidence.chunks, share)
    followed = [_follow(manifest, evidence, _of(manifest, records)) for manifest in manifests]
    outputs = _outputs(manifests, evidence, records, share)
    counted = share(in_merged, manifests, "merged files counted")
    for manifest, found, merged in zip(manifests, followed, counted, strict=True):
        parts = (outputs[stem][manifest.variation] for _, stem in manifest.chunks)
        _check_sums(manifest, added(parts), merged)
        total = merged.sums.get(CENTRAL, 0.0)
        yield found.model_copy(update={"rows": merged.rows, "yield_": total})


def _check_file(manifest: Manifest) -> None:
    """At once, before anything is counted."""
    path = Path(manifest.path)
    if not is_file(path):
        raise NotAsClaimed(f"there is no {path}", "its manifest stands beside it")
    claim("size in bytes", manifest.size, path.stat().st_size, str(path))


def _records(manifests: Sequence[Manifest], folder: Path, share: Share) -> dict[str, JobRecord]:
    """By the name of their outputs the records of the jobs whose events are in the files."""
    places: dict[str, _Place] = {}
    for manifest in manifests:
        seen: set[str] = set()
        for chunk_id, stem in manifest.chunks:
            if chunk_id in seen:
                raise NotAsClaimed(f"chunk {chunk_id} is in it twice", manifest.path)
            seen.add(chunk_id)
            place = _Place(folder / f"{stem}.json", chunk_id, manifest.path)
            known = places.setdefault(stem, place)
            claim("chunk of the record", chunk_id, known.chunk_id, str(place.path))
    found = share(_record, list(places.values()), "job records read")
    return dict(zip(places, found, strict=True))


def _record(place: _Place) -> JobRecord:
    try:
        record = JobRecord.model_validate_json(place.path.read_bytes())
    except (OSError, ValueError) as error:
        reason = said_by(error)
        needed = f"needed by {place.needed_by}"
        raise NotAsClaimed(f"cannot read the record {place.path}", reason, needed) from error
    claim("chunk of the record", place.chunk_id, record.chunk_id, str(place.path))
    # of its ledgers nothing is needed any more
    return record.model_copy(update={"ledgers": {}, "products": {}})


def _of(manifest: Manifest, records: Mapping[str, JobRecord]) -> list[JobRecord]:
    return [records[stem] for _, stem in manifest.chunks]


def _follow(manifest: Manifest, evidence: Evidence, records: list[JobRecord]) -> Certificate:
    """What of a manifest follows from the records; its events are not counted yet."""
    where, index = manifest.path, evidence.index
    intervals = intervals_of(index, [part for one in records for part in one.ranges], where)
    claimed = (manifest.complete, manifest.fraction)
    n_entries = check_completeness(index, intervals, claimed, where)
    counted = [parts for parts in intervals.values() if parts]
    return Certificate(
        sample=manifest.sample,
        year=manifest.year,
        variation=manifest.variation,
        n_files=len(counted),
        n_ranges=sum(len(parts) for parts in counted),
        n_entries=n_entries,
        n_indexed=index.n_entries,
        rows=manifest.rows,
        denominator=_check_scale(manifest, evidence, intervals),
        scale1fb=manifest.scale1fb,
        yield_=0.0,
        complete=manifest.complete,
    )


def _check_scale(manifest: Manifest, evidence: Evidence, intervals: Intervals) -> float | None:
    """D, scale1fb and the scale of the weights; D, or None for data."""
    where, pair = manifest.path, evidence.pair
    recorded = evidence.normalizations[manifest.variation]
    claim("scale1fb of its stage", recorded.scale1fb, manifest.scale1fb, where)
    luminosity = pair.era.luminosity
    claim_sum("luminosity", manifest.luminosity, luminosity, where)
    if pair.is_data:
        claim("scale of data", (manifest.scale1fb, manifest.scale), (None, 1.0), where)
        return None
    denominator = denominator_of(evidence.index, intervals)
    claim_sum("sum of weights D", float(manifest.denominator or 0.0), denominator, where)
    scale = scale1fb_of(pair, denominator)
    claim_sum("scale1fb", float(manifest.scale1fb or 0.0), scale, where)
    claim_sum("scale of the weights", manifest.scale, scale * luminosity, where)
    return denominator


def _outputs(
    manifests: Sequence[Manifest],
    evidence: Evidence,
    records: Mapping[str, JobRecord],
    share: Share,
) -> dict[str, dict[str, Counted]]:
    """By name of the output and variation what jobs have written."""
    wanted: dict[str, dict[str, Ratios]] = {stem: {} for stem in records}
    for manifest in manifests:
        ratios = evidence.ratios[manifest.variation]
        for _, stem in manifest.chunks:
            wanted[stem][manifest.variation] = ratios
    given = [
        ToCount(evidence.chunks / record.output.name, record.output, evidence.called(stem), ratios)
        for (stem, record), ratios in zip(records.items(), wanted.values(), strict=True)
    ]
    return dict(zip(records, share(in_output, given, "job outputs counted"), strict=True))


def _check_sums(manifest: Manifest, outputs: Counted, merged: Counted) -> None:
    """Rows and sums of weights of the merged file follow from those of the job outputs."""
    where = manifest.path
    claim("rows", manifest.rows, merged.rows, where)
    claim("rows of its job outputs", merged.rows, outputs.rows, where)
    per_fb = 1.0 if manifest.scale1fb is None else manifest.scale1fb
    scaled = {
        CENTRAL: (CENTRAL, manifest.scale),
        NO_LUMI: (CENTRAL, per_fb),
        INITIAL: (INITIAL, 1.0),
    }
    for name, (own, scale) in scaled.items():
        expected = scale * outputs.sums.get(own, 0.0)
        size = abs(scale) * outputs.sizes.get(own, 0.0)
        claim_sum(f"sum of {name}", merged.sums.get(name, 0.0), expected, where, of=size)
