"""What of two sides is compared with what, and what only one of them has."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from higgsflow.diff.source import Source
from higgsflow.errors import InvalidConfiguration, UnknownName, UserError
from higgsflow.model.systematic import NOMINAL

if TYPE_CHECKING:
    from collections.abc import Mapping

    from higgsflow.diff.column_map import ColumnMap
    from higgsflow.diff.sides import Key, Side


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
