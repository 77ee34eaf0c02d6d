from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from higgsflow.output.row_groups import Form, arrow_table, grouped, line_of, parts_of

SCHEMA = pa.schema(
    [
        pa.field("variation", pa.dictionary(pa.int32(), pa.string()), nullable=False),
        pa.field("x", pa.float64(), nullable=False),
        pa.field("flag", pa.bool_(), nullable=False),
        pa.field("w", pa.int16()),
    ]
)


def table(n: int, has_weight: bool = False) -> dict[str, Any]:
    found: dict[str, Any] = {"x": np.arange(n) / 2, "flag": np.arange(n) % 3 == 0}
    return {**found, "w": np.arange(n, dtype=np.int16)} if has_weight else found


@given(st.lists(st.tuples(st.integers(0, 3000), st.booleans()), min_size=1, max_size=8))
def test_each_variation_finds_its_own_rows_again(sizes: list[tuple[int, bool]]) -> None:
    tables = {f"v{i}_up": table(*size) for i, size in enumerate(sizes)}
    found = {}
    for group in grouped(tables):
        rows = arrow_table(group, Form(SCHEMA))
        assert rows.schema == SCHEMA
        rows.validate(full=True)
        for variation, part in parts_of(line_of(group)):
            found[variation] = (rows if part is None else rows[part.start : part.stop]).to_pydict()
    expected = {
        name: {
            "variation": [name] * len(t["x"]),
            "x": t["x"].tolist(),
            "flag": t["flag"].tolist(),
            "w": t["w"].tolist() if "w" in t else [None] * len(t["x"]),
        }
        for name, t in tables.items()
    }
    assert found == expected
    assert list(found) == list(tables)


def test_only_few_rows_share_a_group() -> None:
    tables = {"a": table(4000), "b": table(90), "c": table(10), "d": table(9000), "e": table(1)}
    assert [list(group) for group in grouped(tables)] == [["a", "b"], ["c"], ["d"], ["e"]]
    assert not list(grouped({}))


def test_lines_tell_variations_and_rows() -> None:
    assert line_of({"a_up": table(3), "b": table(0)}) == "a_up=3 b=0"
    assert list(parts_of("a_up=3 b=0 c=2")) == [
        ("a_up", slice(0, 3)),
        ("b", slice(3, 3)),
        ("c", slice(3, 5)),
    ]
    assert list(parts_of("nominal")) == [("nominal", None)]
    with pytest.raises(ValueError, match="invalid literal"):
        list(parts_of("a b=3"))


@pytest.mark.parametrize("other", [np.array([300]), np.array([1.0])])
def test_values_of_other_types_are_those_of_the_column(other: Any) -> None:
    found = arrow_table(
        {"a": table(1, has_weight=True), "b": {**table(1), "w": other}}, Form(SCHEMA)
    )
    assert found["w"].to_pylist() == [0, other[0]]


@pytest.mark.parametrize("other", [np.array([70_000]), np.array([0.5])])
def test_values_that_the_column_cannot_hold_are_refused(other: Any) -> None:
    with pytest.raises(pa.ArrowInvalid):
        arrow_table({"a": table(1, has_weight=True), "b": {**table(1), "w": other}}, Form(SCHEMA))


def test_unlike_tables_are_refused() -> None:
    with pytest.raises(ValueError, match="'x' is missing in b"):
        arrow_table({"a": table(1), "b": {"flag": np.ones(1, dtype=np.bool_)}}, Form(SCHEMA))
    with pytest.raises(ValueError, match="'y' of b came after"):
        arrow_table({"a": table(1), "b": {**table(1), "y": np.ones(1)}}, Form(SCHEMA))
