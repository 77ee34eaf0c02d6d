"""The file index: what each input file holds, found out once.

Sums of the `Runs` tree are over all its rows. NanoAOD stores LHEScaleSumw and LHEPdfSumw divided
by genEventSumw; here they are multiplied back, so that they add.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, Literal

import lazy_loader as lazy
import numpy as np
from pydantic import FiniteFloat

from higgsflow.errors import InputFileError
from higgsflow.events.file_head import NO_UUID, head_of_opened, original_uuid
from higgsflow.events.golden import check_numbered
from higgsflow.events.lumisections import Lumisections, Ranges, from_pairs
from higgsflow.events.small_trees import is_of_lists, one_each
from higgsflow.events.tree import (
    cluster_starts,
    column_types,
    read_all,
    reading,
)
from higgsflow.model.noun import Noun

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ak = lazy.load("awkward")

FileKind = Literal["whole", "skim", "partial"]
_SUMS = ("genEventCount", "genEventSumw", "genEventSumw2")
_VECTORS = ("LHEScaleSumw", "LHEPdfSumw")
_NO_RUNS = "no sums in a Runs tree: taken as whole"
_NO_LUMISECTIONS = "no LuminosityBlocks: processed lumisections are those of its events"


class RunsSums(Noun):
    """Sums over all generated events of a file, before any selection of the file itself."""

    count: int
    sumw: FiniteFloat
    sumw2: FiniteFloat
    lhe_scale_sumw: tuple[FiniteFloat, ...] = ()
    lhe_pdf_sumw: tuple[FiniteFloat, ...] = ()


class FileIndex(Noun):
    """One input file.

    Attributes:
        uuid: of the file and its content, see `file_head`; of an older index, its UUID alone.
        lumisections: of data, those that its `LuminosityBlocks` tree lists, empty ones among them,
            as rows of (run, first, last); None where there is no such tree.
    """

    url: str
    uuid: str
    size: int | None
    mtime_ns: int | None
    n_entries: int
    schema_id: str
    clusters: tuple[int, ...]
    kind: FileKind = "whole"
    note: str = ""
    runs: RunsSums | None = None
    lumisections: Ranges | None = None


class SampleIndex(Noun):
    """The files of one sample and year, in order of their address."""

    files: tuple[FileIndex, ...]
    schemas: dict[str, dict[str, str]]

    @property
    def n_entries(self) -> int:
        """Entries of all files."""
        return sum(file.n_entries for file in self.files)


def index_opened(file: Any, tree: Any, url: str, is_data: bool) -> dict[str, Any]:
    """What an open file and the head of its tree hold, as `FileIndex` fields and its `columns`.

    Raises:
        InputFileError: when it is damaged.
    """
    with reading(url):
        columns = column_types(tree)
        found: dict[str, Any] = {
            "url": url,
            "uuid": head_of_opened(file).uuid,
            "n_entries": int(tree.num_entries),
            "clusters": cluster_starts(tree),
            "schema_id": schema_id(columns),
            "columns": columns,
        }
    if is_data:
        listed = listed_lumisections(file, url)
        found["lumisections"] = None if listed is None else listed.ranges
    else:
        found["runs"] = _runs_sums(file, url, found["n_entries"])
    return found


def schema_id(columns: Mapping[str, str]) -> str:
    """A digest of names and types: files of one production share it."""
    return hashlib.sha256(json.dumps(sorted(columns.items())).encode()).hexdigest()[:16]


def _runs_sums(file: Any, url: str, n_entries: int) -> RunsSums | None:
    spelled = [f"{name}{end}" for name in (*_SUMS, *_VECTORS) for end in ("", "_")]
    rows = read_all(file, url, "Runs", spelled)
    named = {name.removesuffix("_"): values for name, values in rows.items()}
    where = f"the Runs tree of {url}"
    sums = {name: one_each(named[name], name, where) for name in _SUMS if name in named}
    if len(sums) < len(_SUMS):
        _check_whole(sums, n_entries, where)
        return None
    count, sumw, sumw2 = (sums[name].astype(np.float64) for name in _SUMS)
    if not np.isfinite([count.sum(), sumw.sum(), sumw2.sum()]).all():
        raise InputFileError(f"{where} has sums of weights that are not finite")
    return RunsSums(
        count=int(sums["genEventCount"].astype(np.int64).sum()),
        sumw=float(sumw.sum()),
        sumw2=float(sumw2.sum()),
        lhe_scale_sumw=_weighted(named.get("LHEScaleSumw"), sumw),
        lhe_pdf_sumw=_weighted(named.get("LHEPdfSumw"), sumw),
    )


def _check_whole(sums: Mapping[str, np.ndarray[Any, Any]], n_entries: int, where: str) -> None:
    """Raises where events were left out, and the sums that tell of which weight are absent."""
    count = int(sums["genEventCount"].sum()) if "genEventCount" in sums else n_entries
    if count != n_entries:
        raise InputFileError(
            f"{where} has no {next(name for name in _SUMS if name not in sums)}",
            f"{n_entries} entries, {count} generated events: the sum of their weights is not known",
            f"keep {', '.join(_SUMS)} when events are selected",
        )


def _weighted(vectors: Any, sumw: np.ndarray[Any, Any]) -> tuple[float, ...]:
    """Sum over rows of vector times genEventSumw, for rows that have the vector.

    Empty where there is none that can be used: theory weights are then not known for the file.
    """
    if vectors is None or not is_of_lists(vectors):
        return ()
    lengths = {int(n) for n in ak.num(vectors)} - {0}
    if len(lengths) != 1:
        return ()
    total = np.zeros(lengths.pop(), dtype=np.float64)
    for row, weight in zip(ak.to_list(vectors), sumw, strict=True):
        if row:
            total += weight * np.asarray(row, dtype=np.float64)
    return tuple(float(value) for value in total) if np.isfinite(total).all() else ()


def listed_lumisections(file: Any, url: str) -> Lumisections | None:
    """The lumisections that an open file lists, empty ones among them.

    None where it lists none: then those of its events have to serve.
    """
    columns = read_all(file, url, "LuminosityBlocks", ("run", "luminosityBlock"))
    if len(columns) != 2 or len(columns["run"]) == 0:
        return None
    where = f"the LuminosityBlocks tree of {url}"
    run, lumi = (one_each(columns[name], name, where) for name in ("run", "luminosityBlock"))
    check_numbered(run, lumi, where)
    return from_pairs(run, lumi)


def classify(entry: Mapping[str, Any], declared: Literal["skim", "partial", ""]) -> FileIndex:
    """The index of a file with its kind decided (whole, skim or partial).

    Raises:
        InputFileError: when it has fewer entries than generated events and nothing is declared,
            since guessing wrong scales a yield by hundreds; when it has no UUID.
    """
    file = FileIndex.model_validate({k: v for k, v in entry.items() if k != "columns"})
    if original_uuid(file.uuid) == NO_UUID:
        raise InputFileError(
            f"{file.url} has no UUID, which would tell it from other files",
            "ROOT writes such files when they shall be `reproducible`",
            "write it again without that option, for instance with hadd",
        )
    if file.runs is None:
        is_data = "lumisections" in entry
        note = _NO_LUMISECTIONS if is_data else _NO_RUNS
        if is_data and file.lumisections is not None:
            note = ""
        if declared == "skim":
            raise InputFileError(f"{file.url} is declared skim, but has no sums in a Runs tree")
        return file.model_copy(update={"note": note})
    if file.n_entries == file.runs.count:
        return file
    counts = f"{file.n_entries} entries, {file.runs.count} generated events"
    if file.n_entries > file.runs.count:
        raise InputFileError(f"more entries than generated events in {file.url}", counts)
    if not declared:
        raise InputFileError(
            f"fewer entries than generated events in {file.url}",
            counts,
            "declare `skim: true` (a selection was applied) or `partial: true` (it was cut off)",
        )
    return file.model_copy(update={"kind": declared})


def combine_files(
    files: Sequence[FileIndex],
    schemas: Mapping[str, Any],
    owner: str,
    allow_equal_sums: bool = False,
) -> SampleIndex:
    """The index of a sample and year.

    Equal sums are no proof where all weights are equal and all files equally long: then
    `allow_equal_sums` is to be declared.

    Raises:
        InputFileError: when one file, or one original under two names, is counted twice.
    """
    seen: dict[Any, str] = {}
    for file in sorted(files, key=lambda file: file.url):
        _check_new(original_uuid(file.uuid), f"{owner} counts one file twice", file, seen)
        if file.runs is not None and file.runs.count and not allow_equal_sums:
            sums = (file.runs.count, file.runs.sumw, file.runs.sumw2)
            _check_new(
                sums, f"{owner} counts one original twice: equal sums of weights", file, seen
            )
    if not any(file.n_entries for file in files):
        first = f"first: {files[0].url}" if files else ""
        raise InputFileError(f"no events in the files of {owner}", first)
    return SampleIndex(files=tuple(sorted(files, key=lambda f: f.url)), schemas=dict(schemas))


def _check_new(key: object, what: str, file: FileIndex, seen: dict[Any, str]) -> None:
    if key in seen:
        both = f"{seen[key]} and {file.url}"
        said = ", or say allow_equal_sums: true in the entry of the sample (docs/samples.md)"
        raise InputFileError(what, both, f"remove one{'' if isinstance(key, str) else said}")
    seen[key] = file.url
