"""Reading merged files piece by piece, parquet or ROOT alike, in one tree or in one per tag."""

from __future__ import annotations

import json
from contextlib import contextmanager
from itertools import chain
from typing import TYPE_CHECKING, Any

import lazy_loader as lazy
import pyarrow as pa
import pyarrow.parquet as pq

from higgsflow.errors import StoreError, UserError, said_by
from higgsflow.output.arrow_arrays import numbers, together
from higgsflow.output.merged_file import ABOUT, ROW_GROUP
from higgsflow.output.provenance import texts

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt

uproot = lazy.load("uproot")

# columns of merged files that are the same in all rows
ONE_PER_FILE = ("process_id", "year")


def column_types(path: Path) -> dict[str, Any]:
    """Name and arrow type of the columns.

    Raises:
        StoreError: when the file cannot be read.
    """
    with reading(path):
        if path.suffix == ".root":
            with uproot.open(path) as file:
                first = file[_trees(file)[0]]
                found = {b.name: b.interpretation.to_dtype for b in first.branches}
                return {name: pa.from_numpy_dtype(dtype) for name, dtype in found.items()}
        return {column.name: column.type for column in pq.read_schema(path)}


def tables(path: Path, columns: Collection[str] | None = None) -> Iterator[Any]:
    """The columns as arrow tables, some rows at a time; all columns in their order when None.

    In a file with a tree per tag the rows of one tag follow those of another.

    Raises:
        StoreError: when the file cannot be read.
    """
    with reading(path):
        if path.suffix == ".root":
            names = list(column_types(path) if columns is None else columns)
            with uproot.open(path) as file:
                for tree in _trees(file):
                    parts = file[tree].iterate(names, step_size=ROW_GROUP, library="np")
                    yield from (pa.table({name: part[name] for name in names}) for part in parts)
            return
        wanted = None if columns is None else list(columns)
        # threads of Arrow may still hold a buffer of Python's when Python ends, and that aborts it
        with pq.ParquetFile(path, pre_buffer=False) as file:
            for group in range(file.num_row_groups):
                yield file.read_row_group(group, wanted, use_threads=False)


def read(path: Path, columns: Collection[str] | None = None) -> Any:
    """The columns of a whole file as one arrow table, all when None; none of them lacks a value."""
    types = column_types(path)
    names = list(types) if columns is None else list(columns)
    schema = pa.schema([pa.field(name, types[name], nullable=False) for name in names])
    return together([schema.empty_table(), *tables(path, names)]).cast(schema)


def pieces(path: Path, columns: Collection[str]) -> Iterator[dict[str, npt.NDArray[np.float64]]]:
    """The columns as float64, some rows at a time; missing values are NaN."""
    for table in tables(path, columns):
        yield {name: _as_float(table[name]) for name in columns}


def about(path: Path) -> dict[str, Any]:
    """What a merged file says of itself: `provenance`, and the descriptions of its `columns`.

    Files of others say nothing.

    Raises:
        StoreError: when the file cannot be read, or is several merged files in one.
    """
    with reading(path):
        found = _texts_of_root(path) if path.suffix == ".root" else _texts_of_parquet(path)
        return {key: json.loads(text) for key, text in found.items()}


def _texts_of_root(path: Path) -> dict[str, str]:
    """The texts beside the trees; hadd keeps those of every file, each in a cycle of its own."""
    with uproot.open(path) as file:
        if ABOUT not in file.keys(recursive=False, cycle=False):
            return {}
        own = file[ABOUT]
        # with cycles: without them, uproot tells each name once
        names = [name.partition(";")[0] for name in own.keys(recursive=False)]
        if names.count("provenance") > 1:
            raise _several_in_one(path)
        return {name: str(own[name]) for name in ("provenance", "columns") if name in names}


def _texts_of_parquet(path: Path) -> dict[str, str]:
    """The texts of the schema; tables that somebody puts together keep those of the first."""
    found = texts(pq.read_schema(path))
    of_file = pq.read_metadata(path)
    groups = [of_file.row_group(number) for number in range(of_file.num_row_groups)]
    for place, name in enumerate(of_file.schema.names):
        if name in ONE_PER_FILE and found["provenance"] != "{}":
            told = (group.column(place).statistics for group in groups)
            ends = ((one.min, one.max) for one in told if one is not None and one.has_min_max)
            if len({*chain.from_iterable(ends)}) > 1:
                raise _several_in_one(path)
    return found


def _several_in_one(path: Path) -> StoreError:
    return StoreError(
        f"{path} is several merged files in one",
        "nobody knows any more which events are of which",
        "name the files that it was made of",
    )


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Whatever goes wrong in here is told with the file that it is about.

    Raises:
        StoreError: when the file cannot be read.
    """
    try:
        yield
    except UserError:
        raise
    # what a decoder meets in a damaged file can be anything
    except Exception as error:
        reason = f"{type(error).__name__}: {said_by(error)}"
        raise StoreError(f"cannot read {path}", reason, "is it complete?") from error


def _trees(file: Any) -> list[str]:
    """The trees of a merged ROOT file, in their order."""
    names = file.keys(recursive=False, cycle=False, filter_classname="TTree")
    return list(dict.fromkeys(names))


def _as_float(column: Any) -> npt.NDArray[np.float64]:
    return numbers(column.cast(pa.float64(), safe=False))
