"""What is compared with what: stores of ours, merged files, and files of other frameworks."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from higgsflow.catalog.snapshot import FILE_NAME, read_snapshot
from higgsflow.catalog.store import environment_store
from higgsflow.diff.files import ENDINGS
from higgsflow.diff.source import Source
from higgsflow.errors import InvalidConfiguration, UnknownName, UserError, nearest
from higgsflow.model.analysis import Blinding
from higgsflow.model.systematic import NOMINAL
from higgsflow.output.merged_events import about

if TYPE_CHECKING:
    from collections.abc import Mapping

    from higgsflow.diff.column_map import ColumnMap
    from higgsflow.model.analysis import AnalysisModel

Key = tuple[str, str, str]


@dataclass(frozen=True)
class Side:
    """One side.

    Attributes:
        events: per sample, year and variation, of what this program wrote.
        paths: the files, where they were named and not a store.
    """

    text: str
    events: Mapping[Key, Source] = field(default_factory=dict)
    paths: tuple[Path, ...] = ()


def open_side(text: str) -> Side:
    """A folder such as `store/demo/v1`, also without that of the store; files, folders of them.

    Raises:
        UserError: when there is nothing.
    """
    for path in (Path(text).expanduser(), environment_store() / text):
        if (path / FILE_NAME).is_file():
            events = dict(_merged(path))
            if not events:
                raise UserError(f"nothing is merged in {path}", "", "first: law run RunAnalysis")
            return Side(text, events)
    paths = _files(text)
    if len(paths) == 1 and (source := _own_file(paths[0])) is not None:
        return Side(text, {source[0]: source[1]}, paths)
    return Side(text, paths=paths)


@dataclass(frozen=True)
class Pairing:
    """What is compared, and what only one side has."""

    found: dict[Key, tuple[Source, Source]]
    only_a: tuple[Key, ...] = ()
    only_b: tuple[Key, ...] = ()

    @property
    def turned(self) -> Pairing:
        """The same with A and B exchanged."""
        found = {key: (b, a) for key, (a, b) in self.found.items()}
        return Pairing(found, self.only_b, self.only_a)


def pair_up(a: Side, b: Side, known: ColumnMap, wanted: Key) -> Pairing:
    """What of two sides is compared; the map is of the side that is not ours, or of B.

    Raises:
        UserError: where it is not clear what is to be compared.
    """
    if a.events and b.events:
        return _both_ours(a, b, wanted)
    if a.events:
        return _with_others(a, b, known, wanted)
    if b.events:
        return _with_others(b, a, known, wanted).turned
    return Pairing({wanted: (Source(a.paths), Source(b.paths, map=known))})


def _both_ours(a: Side, b: Side, wanted: Key) -> Pairing:
    if a.paths and b.paths:
        ((key, one),), (other,) = a.events.items(), b.events.values()
        return Pairing({key: (one, other)})
    ours, theirs = _chosen(a, wanted), _chosen(b, wanted)
    return Pairing(
        {key: (ours[key], theirs[key]) for key in ours if key in theirs},
        tuple(key for key in ours if key not in theirs),
        tuple(key for key in theirs if key not in ours),
    )


def _with_others(a: Side, b: Side, known: ColumnMap, wanted: Key) -> Pairing:
    """A store of ours and files of others, which hold nominal events unless they are named so."""
    if not wanted[2] and "{variation}" not in known.files and not a.paths:
        wanted = (*wanted[:2], NOMINAL)
    ours = _chosen(a, wanted)
    if known.files:
        return _by_pattern(ours, b, known)
    if len(ours) > 1:
        names = ", ".join(" ".join(key) for key in list(ours)[:3])
        raise UserError(
            f"{b.text} is one set of events, {a.text} has {len(ours)}",
            f"such as {names}",
            "say --sample, --year and --variation, or `files:` in the map",
        )
    ((key, source),) = ours.items()
    return Pairing({key: (source, Source(b.paths, map=known, blinding=source.blinding))})


def _by_pattern(ours: Mapping[Key, Source], b: Side, known: ColumnMap) -> Pairing:
    """Each of ours with the files that the pattern names."""
    found = {}
    for key, source in ours.items():
        names = dict(zip(("sample", "year", "variation"), key, strict=True))
        try:
            pattern = known.files.format(**names)
        except (KeyError, IndexError, ValueError) as error:
            what = f"files: '{known.files}' cannot be filled in"
            raise InvalidConfiguration(what, "", "known: {sample}, {year}, {variation}") from error
        paths = tuple(sorted(Path(b.text).expanduser().glob(pattern)))
        if paths:
            found[key] = (source, Source(paths, map=known, blinding=source.blinding))
    if not found:
        raise UserError(f"none of '{known.files}' is in {b.text}", f"{len(ours)} were looked for")
    return Pairing(found, tuple(key for key in ours if key not in found))


def _chosen(side: Side, wanted: Key) -> dict[Key, Source]:
    """Those of a store that were asked for."""
    left = dict(side.events)
    for position, (kind, name) in enumerate(
        zip(("sample", "year", "variation"), wanted, strict=True)
    ):
        if name:
            known = {key[position] for key in left}
            if name not in known:
                raise UnknownName(kind, name, known, side.text)
            left = {key: source for key, source in left.items() if key[position] == name}
    return left


def _merged(folder: Path) -> list[tuple[Key, Source]]:
    """The merged files of an analysis and version."""
    analysis = read_snapshot(folder / FILE_NAME)
    paths = sorted(p for p in folder.glob("merged/*/*/*") if p.suffix in ENDINGS)
    found = []
    for path in paths:
        sample, year = path.parent.parent.name, path.parent.name
        blinding = _blinding(analysis, sample)
        source = Source((path,), tags=analysis.tag_sequence.tags, blinding=blinding)
        found.append(((sample, year, path.stem), source))
    # nominal comes first
    return sorted(found, key=lambda item: (*item[0][:2], item[0][2] != NOMINAL, item[0][2]))


def _blinding(analysis: AnalysisModel, sample: str) -> Blinding | None:
    """What hides events of a sample; of one that is no longer configured, all that can be."""
    kinds = {pair.sample.name: pair.is_data for pair in analysis.samples.pairs}
    is_hidden = kinds.get(sample, True) and not analysis.blinding.unblind
    return analysis.blinding if is_hidden else None


def _own_file(path: Path) -> tuple[Key, Source] | None:
    """A merged file by itself, from what it says of itself; None for files of others."""
    origin = about(path).get("provenance", {}) if _says(path) else {}
    if not origin:
        return None
    key = (str(origin["sample"]), str(origin["year"]), str(origin["variation"]))
    blinding = Blinding() if origin.get("mode") == "data" else None
    # there is no such folder where a copy lies near the root
    for store in path.resolve().parents[3:4]:
        if blinding is not None and (store / FILE_NAME).is_file():
            blinding = _blinding(read_snapshot(store / FILE_NAME), key[0])
    return key, Source((path,), tags=tuple(origin["tags"]), blinding=blinding)


def _says(path: Path) -> bool:
    try:
        return bool(about(path).get("provenance"))
    except (UserError, KeyError):
        return False


def _files(text: str) -> tuple[Path, ...]:
    """A file, those of a folder, or of a glob."""
    path = Path(text).expanduser()
    if path.is_dir():
        found = sorted(p for p in path.rglob("*") if p.suffix in ENDINGS)
    else:
        root = Path(path.anchor)
        found = [path] if path.is_file() else sorted(root.glob(str(path.relative_to(root))))
    if not found:
        there = path.parent if path.parent.is_dir() else Path()
        guess = nearest(path.name, [p.name for p in there.iterdir()])
        hint = (
            f"nearest there is: {there / guess}" if guess else "say a folder such as store/demo/v1"
        )
        raise UserError(f"nothing to compare at '{text}'", "", hint)
    for file in found:
        if file.suffix not in ENDINGS:
            raise UserError(f"{file} is neither .parquet nor .root")
    return tuple(found)
