from __future__ import annotations

import pyarrow as pa
import pytest

from higgsflow.output.rescale import Ratio, bin_columns, rescaled

TABLE = pa.table(
    {"w": [1.0, 2.0, 3.0], "other": [1.0, 1.0, 1.0], "bin": pa.array([0, 1, 0], pa.int16())}
)
BINNED, ALL = Ratio(bins="bin", values=(10.0, 100.0)), Ratio(values=(0.5,))


def test_columns_are_multiplied_by_bin_and_as_a_whole() -> None:
    found = rescaled(TABLE, {"w": (BINNED, ALL), "other": (ALL,)})
    assert found["w"].to_pylist() == [5.0, 100.0, 15.0]
    assert found["other"].to_pylist() == [0.5, 0.5, 0.5]
    assert found.column_names == TABLE.column_names


def test_ratio_is_that_of_its_own_bins_or_the_one_of_all() -> None:
    assert BINNED.at({"other": 0, "bin": 1}) == 100.0
    assert ALL.at({"other": 1, "bin": 1}) == 0.5


def test_nothing_to_do_is_the_same_table() -> None:
    assert rescaled(TABLE, {}) is TABLE


def test_no_rows_keep_their_columns() -> None:
    assert rescaled(TABLE[:0], {"w": (BINNED,)}).schema == TABLE.schema


@pytest.mark.parametrize(("ratios", "names"), [({"w": (BINNED, ALL)}, ("bin",)), ({}, ())])
def test_columns_of_bins_that_are_needed(ratios: object, names: tuple[str, ...]) -> None:
    assert bin_columns(ratios) == names  # type: ignore[arg-type]
