"""What is compared with what: stores of ours, merged files, and files of other frameworks."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from higgsflow.catalog.snapshot import FILE_NAME, read_snapshot
from higgsflow.catalog.store import environment_store, listed
from higgsflow.diff.files import ENDINGS
from higgsflow.diff.source import Source
from higgsflow.errors import InvalidConfiguration, StoreError, UnknownName, UserError, nearest
from higgsflow.model.analysis import Blinding
from higgsflow.model.systematic import NOMINAL
from higgsflow.output.merged_events import about

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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

    @property
    def is_file(self) -> bool:
        """Whether it is one merged file by itself."""
        return len(self.paths) == len(self.events) == 1


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
        # a copy of what was merged alone; others have folders of that name, too
        copied = tuple(sorted(p for p in path.glob("merged/*/*/*") if p.suffix in ENDINGS))
        if own := _own_files(text, copied):
            return Side(text, own, copied)
        _refuse_several(path)
    paths = _files(text)
    return Side(text, _own_files(text, paths), paths)


def _refuse_several(path: Path) -> None:
    """A folder of analyses or of versions holds events of each chunk, too, which are no side."""
    for pattern in (f"*/{FILE_NAME}", f"*/*/{FILE_NAME}"):
        found = sorted(str(p.parent) for p in path.glob(pattern))
        if found:
            names = f"there is {', '.join(found[:3])}"
            raise UserError(f"{path} is not one analysis and version", names, f"say {found[0]}")


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
        return _both_ours(a, b, known, wanted)
    if a.events:
        return _with_others(a, b, known, wanted)
    if b.events:
        return _with_others(b, a, known, wanted).turned
    return Pairing({wanted: (Source(a.paths), Source(b.paths, map=known))})


def _both_ours(a: Side, b: Side, known: ColumnMap, wanted: Key) -> Pairing:
    if known.files:
        raise UserError(
            f"'files: {known.files}' names files of others, and {b.text} is of this program",
            "their names are known",
            "say `samples:`, `years:` and `variations:` where they have others",
        )
    ours = _chosen(a, wanted)
    theirs = {key: _as_mapped(s, known) for key, s in _chosen(b, known.their_key(wanted)).items()}
    if a.is_file and b.is_file:
        ((one, source),), ((other, their),) = ours.items(), theirs.items()
        names = zip(one, known.their_key(one), other, strict=True)
        sample, year, variation = (n if t == o else f"{n} and {o}" for n, t, o in names)
        return Pairing({(sample, year, variation): (source, their)})
    _check_names(a, b, known)
    their_keys = {key: known.their_key(key) for key in ours}
    if a.is_file or b.is_file:
        # of a store only what the file is
        their_keys = {key: their for key, their in their_keys.items() if their in theirs}
        return Pairing({key: (ours[key], theirs[their]) for key, their in their_keys.items()})
    return Pairing(
        {key: (ours[key], theirs[their]) for key, their in their_keys.items() if their in theirs},
        tuple(key for key, their in their_keys.items() if their not in theirs),
        tuple(key for key in theirs if key not in their_keys.values()),
    )


def _as_mapped(source: Source, known: ColumnMap) -> Source:
    """A source of ours that calls things as the map says, also what is blinded."""
    blinding = source.blinding
    if blinding is not None:
        column = known.ours(blinding.column)
        low, high = (edge * known.factors.get(column, 1.0) for edge in blinding.window)
        blinding = blinding.changed(column=column, window=(low, high))
    return replace(source, map=known, blinding=blinding)


def _check_names(a: Side, b: Side, known: ColumnMap) -> None:
    """What the map renames is there, under its name of each side."""
    for position, kind in enumerate(("sample", "year", "variation")):
        for pair in known.names[position].items():
            for side, name in zip((a, b), pair, strict=True):
                there = {key[position] for key in side.events}
                if name not in there:
                    raise UnknownName(kind, name, there, side.text)


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
        names = dict(zip(("sample", "year", "variation"), known.their_key(key), strict=True))
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
    years = [year for sample in listed(folder / "merged") for year in listed(sample)]
    # what else somebody puts there has no manifest
    paths = [
        path
        for year in years
        for path in listed(year)
        if path.suffix in ENDINGS and path.with_suffix(".json").is_file()
    ]
    found = []
    for path in paths:
        sample, year = path.parent.parent.name, path.parent.name
        blinding = _blinding(analysis, sample)
        source = Source((path,), tags=analysis.tag_sequence.tags, blinding=blinding)
        found.append(((sample, year, path.stem), source))
    return sorted(found, key=lambda item: _nominal_first(item[0]))


def _blinding(analysis: AnalysisModel, sample: str) -> Blinding | None:
    """What hides events of a sample; of one that is no longer configured, all that can be."""
    kinds = {pair.sample.name: pair.is_data for pair in analysis.samples.pairs}
    is_hidden = kinds.get(sample, True) and not analysis.blinding.unblind
    return analysis.blinding if is_hidden else None


def _own_files(text: str, paths: Sequence[Path]) -> dict[Key, Source]:
    """Merged files by what they say of themselves; nothing where they are files of others.

    Raises:
        UserError: where some are, and some are not, or several are the same.
    """
    each = {path: _own_file(path) for path in paths}
    others = [path for path, own in each.items() if own is None]
    if len(others) == len(each):
        return {}
    if others:
        raise UserError(
            f"'{text}' has merged files and others",
            f"such as {others[0]}",
            "is it complete? Else name files of one kind",
        )
    found: dict[Key, Source] = {}
    for key, source in filter(None, each.values()):
        if key in found:
            where = ", ".join(str(one.paths[0]) for one in (found[key], source))
            raise UserError(f"two files of '{text}' are {' '.join(key)}", where, "name one of them")
        found[key] = source
    return dict(sorted(found.items(), key=lambda item: _nominal_first(item[0])))


def _nominal_first(key: Key) -> tuple[str, str, bool, str]:
    return (*key[:2], key[2] != NOMINAL, key[2])


def _own_file(path: Path) -> tuple[Key, Source] | None:
    """A merged file by itself, from what it says of itself; None for files of others.

    Raises:
        StoreError: for one of ours that does not say it, of which nobody knows what is blinded.
    """
    try:
        origin = about(path).get("provenance")
        if not origin:
            return None
        key = (str(origin["sample"]), str(origin["year"]), str(origin["variation"]))
        tags, mode = tuple(map(str, origin["tags"])), origin["mode"]
    except UserError:
        # of others, or one that cannot be read, which is told when it is
        return None
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise StoreError(
            f"what {path} says of itself is damaged", "", "make it again, or take it away"
        ) from error
    blinding = Blinding() if mode == "data" else None
    # there is no such folder where a copy lies near the root
    for store in path.resolve().parents[3:4]:
        if blinding is not None and (store / FILE_NAME).is_file():
            blinding = _blinding(read_snapshot(store / FILE_NAME), key[0])
    return key, Source((path,), tags=tags, blinding=blinding)


def _files(text: str) -> tuple[Path, ...]:
    """A file, those of a folder, or of a glob."""
    path = Path(text).expanduser()
    if path.is_dir():
        found = sorted(p for p in path.rglob("*") if p.suffix in ENDINGS)
    else:
        root = Path(path.anchor)
        found = [path] if path.is_file() else sorted(root.glob(str(path.relative_to(root))))
        # beside merged files lie their manifests
        found = [p for p in found if p.suffix in ENDINGS] or found
    if not found:
        raise UserError(f"nothing to compare at '{text}'", "", _hint(path))
    for file in found:
        if file.suffix not in ENDINGS:
            raise UserError(f"{file} is neither .parquet nor .root")
    return tuple(found)


def _hint(path: Path) -> str:
    """What there is of a similar name, here or in the store."""
    for wanted in (path, environment_store() / path):
        there = listed(wanted.parent) if wanted.parent.is_dir() else []
        guess = nearest(path.name, [found.name for found in there])
        if guess:
            return f"nearest there is: {path.parent / guess}"
    return "say a folder such as store/demo/v1"
