"""Where the baskets of columns are in a file: found once, so that jobs need not read its trees.

A tree describes each of its 1,500 columns; finding these descriptions takes longer than reading
the columns that a job needs. What was found is kept in the store by identity and length of a file.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import ValidationError

from higgsflow.errors import StoreError
from higgsflow.events.baskets import Place
from higgsflow.events.file_head import head_of_opened
from higgsflow.events.heads import TreeHead
from higgsflow.events.packed_arrays import packed_type
from higgsflow.events.rntuples import is_rntuple
from higgsflow.events.tree import column_names
from higgsflow.model.noun import Noun
from higgsflow.output.atomic import remove_stale_once, write_text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

FORMAT = 2
# in the folder of the file index
FOLDER = "places"
_NUMBERS = "iuf"


class ColumnPlaces(Noun):
    """The baskets of one column.

    Attributes:
        dtype: of its numbers, as numpy names it.
        edges: which of the `edges` of the file: the first entry of each basket, and the end.
        n_bytes: of all baskets when they are unpacked, with their keys.
    """

    dtype: str
    is_list: bool
    edges: int
    seeks: tuple[int, ...]
    sizes: tuple[int, ...]
    n_bytes: int


class FilePlaces(Noun):
    """What is known of a file.

    Attributes:
        end: its length, as it says itself.
        edges: of baskets, shared by columns.
        others: columns that only uproot can read, with the reason.
        absent: columns that were looked for, and are not there.
        lists_lumisections: whether it does; None where nobody asked.
    """

    format: int = FORMAT
    uuid: str
    end: int
    n_entries: int
    edges: tuple[tuple[int, ...], ...] = ()
    columns: dict[str, ColumnPlaces] = {}
    others: dict[str, str] = {}
    absent: tuple[str, ...] = ()
    lists_lumisections: bool | None = None

    @property
    def names(self) -> set[str]:
        """Of the columns that it has, as far as is known."""
        return {*self.columns, *self.others}

    @property
    def looked_for(self) -> set[str]:
        """Names of columns that it has or lacks, as far as is known."""
        return self.names | set(self.absent)

    def knows(self, names: Iterable[str]) -> bool:
        """Whether all of these were looked for."""
        return self.looked_for.issuperset(names)

    def n_objects(self, name: str) -> float:
        """About how many objects an entry has in a column of lists; a little more in small baskets.

        Each entry has a number of four bytes beside them.
        """
        column = self.columns[name]
        n_bytes = column.n_bytes - 4 * self.n_entries
        return n_bytes / max(1, self.n_entries * np.dtype(column.dtype).itemsize)

    def baskets(self, name: str, start: int, stop: int) -> list[Place]:
        """The baskets of a column that hold some of the entries from start to stop, in order."""
        column = self.columns[name]
        edges = self.edges[column.edges]
        if start >= stop:
            return []
        first, end = bisect_right(edges, start) - 1, bisect_left(edges, stop)
        some = slice(max(first, 0), end)
        begins, ends = edges[:-1][some], edges[1:][some]
        both = zip(column.seeks[some], column.sizes[some], begins, ends, strict=True)
        return [Place(*place) for place in both]


def counter_of(name: str) -> str:
    """What counts the objects of a column such as `GenPart_pt`, as NanoAOD calls it."""
    return f"n{name.partition('_')[0]}"


def with_counters(names: Iterable[str]) -> set[str]:
    """These columns, and what would count the objects of those of collections."""
    wanted = set(names)
    return wanted | {counter_of(name) for name in wanted if "_" in name}


def places_in(file: Any, tree: Any, names: Iterable[str], lists: bool | None) -> FilePlaces:
    """What an open file and its tree, or the head of it, say of these columns."""
    found = find_places(tree, names)
    uuid, end = head_of_opened(file)
    return FilePlaces(uuid=uuid, end=end, lists_lumisections=lists, **found)


def find_places(tree: Any, names: Iterable[str]) -> dict[str, Any]:
    """Fields of `FilePlaces` for columns of an open tree, or of the head of one."""
    edges: dict[tuple[int, ...], int] = {}
    found: dict[str, Any] = {"columns": {}, "others": {}, "absent": []}
    present = column_names(tree)
    for name in sorted(names):
        if name not in present:
            found["absent"].append(name)
        elif reason := _why_not(tree, name):
            found["others"][name] = reason
        else:
            found["columns"][name] = _column(tree, name, edges)
    return {**found, "edges": tuple(edges), "n_entries": int(tree.num_entries)}


def _why_not(tree: Any, name: str) -> str:
    """Why a column has to be read by uproot; empty when it need not."""
    if isinstance(tree, TreeHead):
        return ""
    if is_rntuple(tree):
        return "RNTuple"
    branch = tree[name]
    kind, packed = type(branch).__name__, packed_type(branch)
    numbers = None if packed else _numbers(branch.interpretation)
    if not kind.startswith("Model_TBranch_v") or len(branch.branches):
        return f"a {kind.removeprefix('Model_')}"
    if numbers is None:
        return f"of type {packed or branch.typename}"
    if len(branch.embedded_baskets):
        return "has baskets in the head of the tree"
    return ""


def _numbers(interpretation: Any) -> np.dtype[Any] | None:
    """Of what numbers a column consists, if of nothing else."""
    content = getattr(interpretation, "content", interpretation)
    if type(content).__name__ != "AsDtype" or _has_header(interpretation):
        return None
    stored, made = np.dtype(content.from_dtype), np.dtype(content.to_dtype)
    plain = stored.shape == () and stored.newbyteorder("=") == made.newbyteorder("=")
    return stored if plain and (stored.kind in _NUMBERS or stored == np.bool_) else None


def _has_header(interpretation: Any) -> bool:
    """Whether more than numbers is stored of each list, as of a `std::vector`."""
    return hasattr(interpretation, "header_bytes") and interpretation.header_bytes > 0


def _column(tree: Any, name: str, edges: dict[tuple[int, ...], int]) -> ColumnPlaces:
    if isinstance(tree, TreeHead):
        column = tree.columns[name]
        return ColumnPlaces(
            dtype=np.dtype(column.dtype).str,
            is_list=column.is_list,
            edges=edges.setdefault(column.edges, len(edges)),
            seeks=column.seeks,
            sizes=column.sizes,
            n_bytes=column.n_bytes,
        )
    branch = tree[name]
    dtype = _numbers(branch.interpretation)
    n = int(branch.num_baskets)
    starts = tuple(int(entry) for entry in branch.entry_offsets)
    return ColumnPlaces(
        dtype=np.dtype(dtype).str,
        is_list=type(branch.interpretation).__name__ == "AsJagged",
        edges=edges.setdefault(starts, len(edges)),
        seeks=tuple(int(seek) for seek in branch.member("fBasketSeek")[:n]),
        sizes=tuple(int(size) for size in branch.member("fBasketBytes")[:n]),
        n_bytes=int(branch.member("fTotBytes")),
    )


class PlaceBook:
    """What is known of files, one small file each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, uuid: str, end: int) -> FilePlaces | None:
        """What is known of a file; None when nothing that can be used."""
        try:
            found = FilePlaces.model_validate_json(self._path(uuid, end).read_bytes())
        except (OSError, ValidationError):
            return None
        same = (found.format, found.uuid, found.end) == (FORMAT, uuid, end)
        return found if same else None

    def put(self, places: FilePlaces) -> None:
        """Keeps it, where that is possible: it saves time, and nothing else depends on it."""
        with suppress(StoreError):
            path = self._path(places.uuid, places.end)
            write_text(path, places.model_dump_json())
            remove_stale_once(path.parent)

    def forget(self, places: FilePlaces) -> None:
        """Lets the next reader look again."""
        with suppress(OSError):
            self._path(places.uuid, places.end).unlink(missing_ok=True)

    def _path(self, uuid: str, end: int) -> Path:
        return self._folder / uuid[:2] / f"{uuid}.{end}.json"
