"""Reading numbers of events from parquet and ROOT files of anybody, some rows at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import lazy_loader as lazy
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from higgsflow.errors import UnknownName
from higgsflow.output.arrow_arrays import numbers_of, numpy_kind, words_of
from higgsflow.output.merged_events import reading

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

uproot = lazy.load("uproot")

STEP = 100_000
ENDINGS = (".parquet", ".root")
# of merged ROOT files, what they say of themselves
_ABOUT = "_higgsflow"

_OF_CPP = {"double": "float64", "float": "float32", "char": "int8", "int": "int32"}

Columns = dict[str, Any]


def tree_names(path: Path) -> tuple[str, ...]:
    """The trees of a ROOT file, those in folders too; for a parquet file one without a name."""
    if path.suffix != ".root":
        return ("",)
    with reading(path), uproot.open(path) as file:
        classes = ("TTree", "ROOT::RNTuple")
        names = file.keys(cycle=False, filter_classname=lambda name: name in classes)
        return tuple(dict.fromkeys(name for name in names if not name.startswith(_ABOUT)))


def column_types(path: Path, tree: str) -> dict[str, str]:
    """The columns with one number or word per event: the type of a number, nothing for a word.

    Raises:
        UnknownName: for a tree that is not there.
        StoreError: when the file cannot be read.
    """
    with reading(path):
        if path.suffix != ".root":
            found = {field.name: field.type for field in pq.read_schema(path)}
            return {name: _numpy_name(t) for name, t in found.items() if not pa.types.is_nested(t)}
        with uproot.open(path) as file:
            if tree not in tree_names(path):
                raise UnknownName("tree", tree, tree_names(path), str(path))
            branches = {str(b.name): str(b.typename) for b in file[tree].values(recursive=False)}
            return {
                name: _plain_name(kind)
                for name, kind in branches.items()
                if not any(mark in kind for mark in "[<*")
            }


def always_there(path: Path, tree: str) -> set[str]:
    """The columns of which a file says itself that none of their values is missing."""
    with reading(path):
        if path.suffix == ".root":
            return set(column_types(path, tree))
        about = pq.read_metadata(path)
        missing = set()
        for group in map(about.row_group, range(about.num_row_groups)):
            for column in map(group.column, range(group.num_columns)):
                told = column.statistics
                if told is None or not told.has_null_count or told.null_count:
                    missing.add(column.path_in_schema)
        return set(column_types(path, tree)) - missing


def n_rows(path: Path, trees: Sequence[str]) -> int:
    """How many rows there are."""
    with reading(path):
        if path.suffix != ".root":
            return int(pq.read_metadata(path).num_rows)
        with uproot.open(path) as file:
            return sum(int(file[tree].num_entries) for tree in trees)


def pieces(path: Path, tree: str, names: Sequence[str]) -> Iterator[Columns]:
    """The columns as numpy arrays, some rows at a time; what is missing is NaN."""
    with reading(path):
        if path.suffix != ".root":
            for batch in _batches(path, list(dict.fromkeys(names))):
                yield {name: _as_numpy(batch.column(name)) for name in names}
            return
        with uproot.open(path) as file:
            for part in file[tree].iterate(list(names), step_size=STEP, library="np"):
                yield {name: np.asarray(part[name]) for name in names}


def _batches(path: Path, names: list[str]) -> Iterator[Any]:
    with pq.ParquetFile(path, pre_buffer=False) as file:
        for group in range(file.num_row_groups):
            # one group at a time: several in one go keep the bytes of all of them
            yield from file.iter_batches(STEP, [group], names, use_threads=False)


def _numpy_name(kind: Any) -> str:
    return str(numpy_kind(kind)) if _is_number(kind) else ""


def _plain_name(kind: str) -> str:
    """The name that numpy has for a type of C++; nothing for words."""
    name = kind.removeprefix("std::").removesuffix("_t")
    return "" if name.endswith("string") else _OF_CPP.get(name, name)


def _is_number(kind: Any) -> bool:
    return bool(
        pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)
    )


def _as_numpy(column: Any) -> Any:
    if pa.types.is_dictionary(column.type) and _is_number(column.type.value_type):
        column = column.dictionary_decode()
    return numbers_of(column) if _is_number(column.type) else words_of(column)
