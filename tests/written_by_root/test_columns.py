"""Files that ROOT itself wrote (make.C beside them) hold what it was told to write.

Other files of the tests come from uproot, which also reads them: a mistake of both would not show.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import awkward as ak
import numpy as np
import pytest
import uproot

from higgsflow.errors import InputFileError
from higgsflow.events.chunks import Range
from higgsflow.events.index import index_opened
from higgsflow.events.kinds import check_numbers
from higgsflow.events.reader import Request, open_events
from higgsflow.events.tree import get_head, open_file
from higgsflow.model.columns import required

HERE = Path(__file__).parent
N, OBJECTS = 60, 5
TREES = (
    *("zlib", "lzma", "lz4", "zstd", "none"),
    *("small_baskets", "clusters", "saved_often", "merged"),
)
RNTUPLES = ("rntuple", "rntuple_lzma", "rntuple_pages", "rntuple_late")
INTEGERS = ("B", "b", "S", "s", "I", "i", "L", "l", "G", "g")
PLAIN = (
    *(f"{prefix}_{kind}" for prefix in "sA" for kind in (*INTEGERS, "F", "D", "O")),
    *("event", "nA", "nU", "U_x"),
)
BY_UPROOT = ("fixed", "s_d", "s_dr", "s_f", "A_d", "V_F", "V_I", "V_O", "R_F")
OF_RNTUPLES = (
    *("event", "s_I", "s_b", "s_O", "s_D", "A_F", "A_I", "A_O"),
    *("fixed", "s_trunc", "s_quant", "s_half"),
)
PACKED_ARRAYS = ("A_dr", "A_f")
# of 20 bits, or of a half float
PACKED = {"s_dr": 2e-4, "s_f": 2e-4, "s_quant": 2e-4, "s_trunc": 0.02, "s_half": 0.07}


def value(name: str, k: int, j: int = 0) -> float | bool:
    """What make.C writes."""
    number = (7 * k + 3 * j) % 100
    kind = name.partition("_")[2]
    if kind == "O":
        return bool(number % 2)
    return number if kind in (*INTEGERS, "b") else number + 0.25


def written(name: str, k: int) -> Any:
    """The value, or the list, of an entry of a column."""
    if name == "event":
        return k
    if name in ("nA", "nU"):
        return k % OBJECTS
    if name == "fixed":
        return [value(name, k, j) for j in range(3)]
    if name.startswith("s_"):
        return value(name, k)
    if name == "A_late" and k < 37:
        # the column was added to the file after these
        return []
    return [value(name, k, j) for j in range(k % OBJECTS)]


def read(
    name: str, columns: tuple[str, ...], start: int = 0, stop: int = N, rows: Any = None
) -> tuple[dict[str, list[Any]], dict[str, str]]:
    """The entries of some columns, and why uproot had to read which of them."""
    path = HERE / f"{name}.root"
    with uproot.open(path) as file:
        part = Range(url=str(path), uuid=str(file.file.uuid), start=0, stop=N)
    needs = required(*columns)
    request = Request(part=part, needs=needs, needed_by={}, is_data=False, replicas={})
    with open_events(request) as reader:
        events = reader.read(needs, start, stop, rows).view
        return {column: _entries(events, column) for column in columns}, reader.by_uproot


def _entries(events: Any, column: str) -> list[Any]:
    prefix, _, field = column.partition("_")
    found = events[column] if column in events.fields else events[prefix][field]
    return list(ak.to_list(found))


@pytest.mark.parametrize("name", TREES)
def test_plain_columns_are_read_from_their_baskets(name: str) -> None:
    found, by_uproot = read(name, PLAIN)
    assert found == {column: [written(column, k) for k in range(N)] for column in PLAIN}
    assert by_uproot == {}
    some, _ = read(name, PLAIN, 11, 49, np.arange(2, 38, 5))
    assert some == {column: [written(column, k) for k in range(13, 49, 5)] for column in PLAIN}


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        *((name, BY_UPROOT) for name in TREES),
        *((name, OF_RNTUPLES) for name in RNTUPLES),
        ("rntuple_late", ("A_late",)),
    ],
)
def test_all_other_columns_are_read_by_uproot(name: str, columns: tuple[str, ...]) -> None:
    found, by_uproot = read(name, columns)
    assert by_uproot.keys() == {*columns}
    for column in columns:
        wanted = [written(column, k) for k in range(N)]
        if column in PACKED:
            assert found[column] == pytest.approx(wanted, abs=PACKED[column])
        else:
            assert found[column] == wanted


@pytest.mark.parametrize(("column", "type_name"), [("A_dr", "Double32_t"), ("A_f", "Float16_t")])
def test_packed_arrays_are_refused_where_somebody_asks_for_them(
    column: str, type_name: str
) -> None:
    # uproot makes other numbers of the first, and fails on the second
    path = str(HERE / "zstd.root")
    with open_file(path) as file:
        types = index_opened(file, get_head(file, path), path, is_data=False)["columns"]
    assert types.keys() == {
        *PLAIN,
        *BY_UPROOT,
        "run",
        "luminosityBlock",
        "genWeight",
        *PACKED_ARRAYS,
    }
    check_numbers(types, [*PLAIN, *BY_UPROOT], path)
    with pytest.raises(InputFileError, match=rf"'{column}' .* packed .*\n.* {type_name}\[\]"):
        check_numbers(types, [column], path)
    # also where an index of before took it for floats
    with pytest.raises(InputFileError, match=rf"'{column}' .* packed "):
        read("zstd", (column,))
