"""The comparison of two sources, added up part by part."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from higgsflow.diff.content import (
    ColumnDifference,
    Move,
    PairDifference,
    TagDifference,
    TypeDifference,
)
from higgsflow.diff.match import Match, match, named
from higgsflow.diff.parts import parts
from higgsflow.diff.source import TAG, WEIGHT, Tags, tags_of
from higgsflow.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from higgsflow.diff.source import Piece, Source
    from higgsflow.model.analysis import Blinding

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[Any]

ABSENT = "absent"
_EXAMPLES = 5


def compare_sources(
    key: tuple[str, str, str], a: Source, b: Source, tolerance: float = 0.0
) -> PairDifference:
    """What differs between the events of two sources; `key` is sample, year and variation.

    Raises:
        UserError: where a side cannot be read, or lacks what blinding looks at.
    """
    names = [name for name in a.columns if name in b.columns]
    blindings = _blindings(a, b, names)
    tags = tags_of(a, b)
    found = _Sums(tags, {name: _Column(name, tolerance) for name in names})
    exact = _exact(a, b, names)
    side_a, side_b = (_Shown(side.pieces(names, tags, exact), blindings) for side in (a, b))
    for rows_a, rows_b in parts(side_a, side_b, max(a.n_rows, b.n_rows)):
        found.add(rows_a, rows_b)
    return PairDifference(
        sample=key[0],
        year=key[1],
        variation=key[2],
        n_hidden=side_a.n_hidden + side_b.n_hidden if blindings else None,
        **found.counts,
        tags=found.tag_differences(),
        moves=found.moves(),
        n_columns=len(names),
        columns=tuple(c.difference() for c in found.columns.values() if c.n_changed),
        columns_a=_only_first(a, b),
        columns_b=_only_first(b, a),
        types=tuple(_types(a, b, names)),
    )


def _exact(a: Source, b: Source, names: Iterable[str]) -> frozenset[str]:
    """Integers that a float64 does not hold: compared as they are."""
    large = {"int64", "uint64"}
    return frozenset(
        name
        for name in names
        if large & {side.known[side.columns[name]] for side in (a, b)}
        and name in a.integers
        and name in b.integers
    )


def _types(a: Source, b: Source, names: Iterable[str]) -> Iterator[TypeDifference]:
    """Columns whose type is another one; of what is scaled it means nothing."""
    for name in names:
        of_a, of_b = (side.known[side.columns[name]] for side in (a, b))
        if of_a != of_b and not any(name in side.map.factors for side in (a, b)):
            yield TypeDifference(name=name, a=of_a, b=of_b)


def _blindings(a: Source, b: Source, names: list[str]) -> tuple[Blinding, ...]:
    """What either side hides, which both have to have."""
    found = tuple(dict.fromkeys(one for one in (a.blinding, b.blinding) if one is not None))
    for blinding in found:
        if blinding.column not in names:
            raise UserError(
                f"data are blinded by {blinding.column}, which only one side has",
                f"columns of both: {', '.join(names) or 'none'}",
                f"map it: --column {blinding.column}=THEIRS",
            )
    return found


def _only_first(one: Source, other: Source) -> tuple[str, ...]:
    """What is not compared since the other one lacks it; its tags, too."""
    tag = (TAG,) if one.knows_tags and not other.knows_tags else ()
    return (*(name for name in one.columns if name not in other.columns), *tag)


class _Shown:
    """The pieces of one side without the rows in blinded windows, which it counts."""

    def __init__(self, pieces: Iterator[Piece], blindings: tuple[Blinding, ...]) -> None:
        self._pieces, self._blindings = pieces, blindings
        self.n_hidden = 0

    def __iter__(self) -> Iterator[Piece]:
        for piece in self._pieces:
            if not self._blindings:
                yield piece
                continue
            shown = np.ones(len(piece[TAG]), dtype=np.bool_)
            for blinding in self._blindings:
                values, (low, high) = piece[blinding.column], blinding.window
                shown &= ~((values > low) & (values < high))
            self.n_hidden += int((~shown).sum())
            yield {name: column[shown] for name, column in piece.items()}


@dataclass
class _Sums:
    """What was counted until now."""

    tags: Tags
    columns: dict[str, _Column]
    counts: dict[str, int] = field(default_factory=dict)
    _by_tag: dict[str, Floats] = field(default_factory=dict)
    _moved: dict[tuple[str, str], int] = field(default_factory=dict)
    _examples: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    def add(self, a: Piece, b: Piece) -> None:
        """Adds a part of the rows of both sides."""
        found = match(a, b)
        self._count(a, b, found)
        for side, rows in (("a", a), ("b", b)):
            for what, weight in (("n", None), ("yield", rows.get(WEIGHT))):
                if what == "n" or weight is not None:
                    self._add_by_tag(f"{what}_{side}", rows[TAG], weight)
        self._move(a, b, found)
        for name, column in self.columns.items():
            column.add(a[name][found.a], b[name][found.b], (a, found.a))

    def tag_differences(self) -> tuple[TagDifference, ...]:
        """Every tag that a side has events of, or could have."""
        names, known = self.tags.all_names, self._by_tag
        yields = [known.get(what, [None] * len(names)) for what in ("yield_a", "yield_b")]
        rows = zip(names, known["n_a"], known["n_b"], *yields, strict=True)
        return tuple(
            TagDifference(tag=tag, n_a=int(n_a), n_b=int(n_b), yield_a=yield_a, yield_b=yield_b)
            for tag, n_a, n_b, yield_a, yield_b in rows
            if tag in self.tags.names or n_a or n_b
        )

    def moves(self) -> tuple[Move, ...]:
        """The most frequent ones first."""
        ordered = sorted(self._moved.items(), key=lambda item: (-item[1], item[0]))
        return tuple(
            Move(origin=where[0], target=where[1], n=n, events=tuple(self._examples[where]))
            for where, n in ordered
        )

    def _count(self, a: Piece, b: Piece, found: Match) -> None:
        new = {
            "n_a": len(a[TAG]),
            "n_b": len(b[TAG]),
            "n_matched": len(found.a),
            "duplicates_a": found.duplicates_a,
            "duplicates_b": found.duplicates_b,
        }
        for name, n in new.items():
            self.counts[name] = self.counts.get(name, 0) + n

    def _add_by_tag(self, name: str, codes: Any, weight: Any) -> None:
        n = len(self.tags.all_names)
        self._by_tag[name] = self._by_tag.get(name, np.zeros(n)) + np.bincount(
            codes, weight, minlength=n
        )

    def _move(self, a: Piece, b: Piece, found: Match) -> None:
        names = self.tags.all_names
        before, after = a[TAG][found.a], b[TAG][found.b]
        for i, j in np.unique(np.stack([before, after])[:, before != after], axis=1).T.tolist():
            rows = found.a[(before == i) & (after == j)]
            self._book((names[i], names[j]), a, rows)
        for code, name in enumerate(names):
            self._book((name, ABSENT), a, found.only_a[a[TAG][found.only_a] == code])
            self._book((ABSENT, name), b, found.only_b[b[TAG][found.only_b] == code])

    def _book(self, where: tuple[str, str], rows: Piece, positions: Any) -> None:
        if not len(positions):
            return
        self._moved[where] = self._moved.get(where, 0) + len(positions)
        told = self._examples.setdefault(where, [])
        told += [named(rows, int(p)) for p in positions[: _EXAMPLES - len(told)]]


def _difference(a: Numbers, b: Numbers) -> Floats:
    """B minus A; of integers as they are, and only then a float64."""
    if "f" in (a.dtype.kind, b.dtype.kind):
        return np.asarray(b - a, dtype=np.float64)
    # modulo 2**64, which is what it is for the larger minus the smaller one
    up, down = (one.astype(np.uint64) for one in (b, a))
    return np.where(b >= a, (up - down).astype(np.float64), -(down - up).astype(np.float64))


class _Column:
    """The differences of one column until now."""

    def __init__(self, name: str, tolerance: float) -> None:
        self._name, self._tolerance = name, tolerance
        self.n_changed = 0
        self._n_one_nan = self._n_finite = 0
        self._sum = self._largest = self._relative = 0.0
        self._worst = ""

    def add(self, a: Numbers, b: Numbers, rows: tuple[Piece, Any]) -> None:
        """Adds matched values; `rows` are those of A, and where in them the values are."""
        with np.errstate(invalid="ignore", over="ignore"):
            difference = _difference(a, b)
            scale = np.maximum(np.abs(a.astype(np.float64)), np.abs(b.astype(np.float64)))
            # a part of infinity is infinite, and no number is within it
            near = (np.abs(difference) <= self._tolerance * scale) & np.isfinite(scale)
            same = (a == b) | near
        nan_a, nan_b = np.isnan(a), np.isnan(b)
        same |= nan_a & nan_b
        self.n_changed += int((~same).sum())
        self._n_one_nan += int((nan_a != nan_b).sum())
        finite = np.isfinite(difference)
        self._n_finite += int(finite.sum())
        self._sum += float(difference[finite].sum())
        self._find_largest(difference, scale, np.flatnonzero(finite & ~same), rows)
        if not self._worst and not same.all():
            # nothing to measure by: one of them is as good as another
            self._worst = named(rows[0], int(rows[1][(~same).argmax()]))

    def _find_largest(
        self, difference: Floats, scale: Floats, changed: Any, rows: tuple[Piece, Any]
    ) -> None:
        if not len(changed):
            return
        size = np.abs(difference[changed])
        self._relative = max(self._relative, float((size / scale[changed]).max()))
        if size.max() > abs(self._largest):
            position = changed[size.argmax()]
            self._largest = float(difference[position])
            self._worst = named(rows[0], int(rows[1][position]))

    def difference(self) -> ColumnDifference:
        """All of them."""
        return ColumnDifference(
            name=self._name,
            n_changed=self.n_changed,
            n_one_nan=self._n_one_nan,
            max_difference=self._largest,
            mean_difference=self._sum / self._n_finite if self._n_finite else 0.0,
            max_relative=self._relative,
            worst=self._worst,
        )
