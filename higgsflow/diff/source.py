"""One side of a comparison: events with our names for columns, whoever wrote them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from higgsflow.diff.column_map import ColumnMap
from higgsflow.diff.files import always_there, column_types, n_rows, pieces, tree_names
from higgsflow.errors import UnknownName, UserError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from higgsflow.model.analysis import Blinding

RUN, LUMI, EVENT, TAG = "run", "luminosityBlock", "event", "tag_idx"
WEIGHT = "weight_central"
_LUMI_NAMES = (LUMI, "lumi", "ls", "lumiSec")
_IDENTITY = "rows are matched by the numbers of run, lumisection and event"
UNTAGGED, OTHER, ALL = "untagged", "other", "all"

Piece = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class Source:
    """Files with the events of one sample, year and variation.

    Attributes:
        tags: names of the tags that `tag_idx` counts; None where that is not known.
        map: how they call what we call otherwise.
        blinding: what is hidden of them; None where nothing is.
    """

    paths: tuple[Path, ...]
    tags: tuple[str, ...] | None = None
    map: ColumnMap = field(default_factory=ColumnMap)
    blinding: Blinding | None = None

    @cached_property
    def trees(self) -> dict[str, str]:
        """The trees that are read, each with the tag that it stands for, or none.

        Raises:
            UserError: where there is none.
        """
        if isinstance(self.map.trees, dict):
            return {tree: tag for tag, tree in self.map.trees.items()}
        if self.map.trees:
            return {self.map.trees: ""}
        found = tree_names(self.paths[0])
        if not found:
            raise UserError(f"no tree in {self.paths[0]}")
        # beside its events a file may have trees of runs and lumisections
        event = self.map.theirs(EVENT)
        of_events = [tree for tree in found if event in column_types(self.paths[0], tree)]
        return dict.fromkeys(of_events or found, "")

    @cached_property
    def known(self) -> dict[str, str]:
        """Their columns, and the types of those that are numbers; those that all trees have."""
        each = [column_types(self.paths[0], tree) for tree in self.trees]
        return {name: kind for name, kind in each[0].items() if all(name in e for e in each)}

    @cached_property
    def integers(self) -> dict[str, str]:
        """Our names of columns that are integers in every row, and the type that holds them."""
        each = [(path, tree) for path in self.paths for tree in self.trees]
        types = [column_types(*one) for one in each]
        there = set.intersection(*(always_there(*one) for one in each))
        found = {}
        for name, theirs in self.columns.items():
            kinds = {of_one.get(theirs, "").rstrip("0123456789") for of_one in types}
            if theirs in there and name not in self.map.factors and kinds in ({"int"}, {"uint"}):
                found[name] = f"{kinds.pop()}64"
        return found

    @cached_property
    def columns(self) -> dict[str, str]:
        """Our name and theirs of every column with one number per event; not identity and tag."""
        ours = {theirs: name for name, theirs in self.map.columns.items()}
        taken = {*self.identity.values(), self.map.theirs(TAG)}
        # what has our name of another column of theirs is not that column
        taken |= self.map.columns.keys() - ours.keys()
        return {
            ours.get(name, name): name
            for name, kind in self.known.items()
            if kind and name not in taken
        }

    @cached_property
    def identity(self) -> dict[str, str]:
        """Their names of run, lumisection and event.

        Raises:
            UnknownName: where one is not there.
            UserError: where one is no number.
        """
        found = {}
        for name in (RUN, LUMI, EVENT):
            others = _LUMI_NAMES if name == LUMI and name not in self.map.columns else ()
            there = [n for n in (self.map.theirs(name), *others) if n in self.known]
            if not there:
                raise UnknownName("column", self.map.theirs(name), self.known, str(self.paths[0]))
            if not self.known[there[0]]:
                raise UserError(f"'{there[0]}' is no number", str(self.paths[0]), _IDENTITY)
            found[name] = there[0]
        return found

    @property
    def knows_tags(self) -> bool:
        """Whether it says of each event which tag it has."""
        return isinstance(self.map.trees, dict) or self.map.theirs(TAG) in self.known

    @property
    def own_tags(self) -> tuple[str, ...]:
        """The names of its tags, as far as it says them."""
        of_trees = tuple(self.map.trees) if isinstance(self.map.trees, dict) else ()
        if of_trees or self.tags is None:
            return of_trees or tuple(self.map.tags)
        return tuple(dict.fromkeys(self._renamed.values()))

    @property
    def n_rows(self) -> int:
        """Rows of all files."""
        return sum(n_rows(path, tuple(self.trees)) for path in self.paths)

    def pieces(
        self, names: Sequence[str], tags: Tags, exact: Collection[str] = ()
    ) -> Iterator[Piece]:
        """Identity, the code of the tag and columns by our names, some rows at a time.

        Numbers are float64, but for integers that are to be `exact`. The first piece is empty: it
        has the columns also where there are no rows.
        """
        kinds = {name: self.integers[name] if name in exact else "float64" for name in names}
        yield {
            **{name: np.zeros(0, dtype=np.uint64) for name in self.identity},
            TAG: np.zeros(0, dtype=np.int16),
            **{name: np.zeros(0, dtype=kind) for name, kind in kinds.items()},
        }
        theirs = {name: self.columns[name] for name in names}
        of_tag = [] if not tags.are_known or isinstance(self.map.trees, dict) else [TAG]
        wanted = {*self.identity.values(), *theirs.values(), *map(self.map.theirs, of_tag)}
        for path in self.paths:
            for tree, tag in self.trees.items():
                for part in pieces(path, tree, sorted(wanted)):
                    yield {
                        **{n: _whole(part[t], t, path) for n, t in self.identity.items()},
                        TAG: self._codes(part, tag, tags),
                        **{n: self._number(n, part[t], kinds[n]) for n, t in theirs.items()},
                    }

    def _number(self, name: str, values: Any, kind: str) -> npt.NDArray[Any]:
        array = np.asarray(values).astype(kind)
        return array * self.map.factors[name] if name in self.map.factors else array

    def _codes(self, part: Mapping[str, Any], tag: str, tags: Tags) -> npt.NDArray[np.int16]:
        n = len(part[self.identity[EVENT]])
        if not tags.are_known:
            return np.zeros(n, dtype=np.int16)
        if tag:
            return np.full(n, tags.code(tag), dtype=np.int16)
        return tags.codes(part[self.map.theirs(TAG)], self._meanings(tags))

    def _meanings(self, tags: Tags) -> dict[Any, str]:
        """The tag that each value of theirs means."""
        if self.tags is not None:
            return dict(self._renamed)
        return self._mapped or {**dict(enumerate(tags.names)), **{n: n for n in tags.names}}

    @property
    def _mapped(self) -> dict[Any, str]:
        return {value: tag for tag, values in self.map.tags.items() for value in values}

    @property
    def _renamed(self) -> dict[int, str]:
        """Our name of each value of `tag_idx` of a store, where the map may say its name, too."""
        given = self._mapped
        return {
            code: given.get(code, given.get(name, name))
            for code, name in enumerate(self.tags or ())
        }


@dataclass(frozen=True)
class Tags:
    """The tags of both sides; codes count `names`, and two more after them."""

    names: tuple[str, ...]
    are_known: bool = True

    @property
    def all_names(self) -> tuple[str, ...]:
        """What each code is called."""
        return (*self.names, UNTAGGED, OTHER) if self.are_known else (ALL,)

    def code(self, name: str) -> int:
        """The code of a tag."""
        return self.all_names.index(name)

    def codes(self, values: Any, meanings: Mapping[Any, str]) -> npt.NDArray[np.int16]:
        """Codes of the values of a column, of which there are only a few."""
        found, inverse = np.unique(np.asarray(values), return_inverse=True)
        codes = [self._code(value, meanings) for value in found.tolist()]
        return np.array(codes, dtype=np.int16)[inverse] if codes else np.zeros(0, dtype=np.int16)

    def _code(self, value: Any, meanings: Mapping[Any, str]) -> int:
        if isinstance(value, bytes):
            value = value.decode()
        # a number may be a float in files of others
        name = meanings.get(value, meanings.get(str(value)))
        if name in self.names:
            return self.code(str(name))
        # a number that is missing is NaN
        return self.code(UNTAGGED if value in (-1, "", "-1") or str(value) == "nan" else OTHER)


def tags_of(a: Source, b: Source) -> Tags:
    """The tags of both, where both say which tag an event has."""
    if not (a.knows_tags and b.knows_tags):
        return Tags((), are_known=False)
    return Tags(tuple(dict.fromkeys((*a.own_tags, *b.own_tags))))


def check_their_names(column_map: ColumnMap, theirs: Sequence[Source]) -> None:
    """Their names of columns in a map are those of some source of theirs.

    Raises:
        UnknownName: for a column that none of them has.
    """
    known = dict.fromkeys(name for one in theirs for name in one.known)
    for name in column_map.columns.values():
        if name not in known:
            raise UnknownName("column", name, known, str(theirs[0].paths[0]))


def check_own_names(column_map: ColumnMap, ours: Sequence[Source]) -> None:
    """Our names in a map are those of some source of ours: what is misspelt compares nothing.

    Raises:
        UnknownName: for a column or tag that none of them has.
    """
    where = str(ours[0].paths[0])
    columns = dict.fromkeys((RUN, LUMI, EVENT, TAG, *(name for one in ours for name in one.known)))
    for name in (*column_map.columns, *column_map.factors):
        if name not in columns:
            raise UnknownName("column", name, columns, where)
    # files of others may not say what their tags are
    own = dict.fromkeys(tag for one in ours for tag in one.own_tags)
    for tag in (
        *column_map.tags,
        *(column_map.trees if isinstance(column_map.trees, dict) else ()),
    ):
        if own and tag not in (*own, UNTAGGED):
            raise UnknownName("tag", tag, own, where)


def _whole(values: Any, name: str, path: Path) -> npt.NDArray[np.uint64]:
    """Numbers that count, which some files hold signed or as floats.

    Raises:
        UserError: where one is missing.
    """
    array = np.asarray(values)
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise UserError(f"'{name}' is missing in some rows", str(path), _IDENTITY)
    return (
        array.astype(np.int64).astype(np.uint64)
        if array.dtype.kind == "f"
        else array.astype(np.uint64)
    )
