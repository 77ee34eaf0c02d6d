"""Tables give what correctionlib gives, or leave it to it."""

from __future__ import annotations

import json
from typing import Any

import correctionlib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from higgsflow.corrections import binned
from higgsflow.corrections.binned import BinMemo, table_of
from higgsflow.demo.corrections import correction_files

law = settings(deadline=None, max_examples=40)
EDGES = st.lists(st.integers(-6, 6).map(lambda i: i / 2), min_size=2, max_size=5, unique=True)
# edges too, and what lies outside
VALUES = np.concatenate([np.arange(-5, 5, 0.25), [1e9, -1e9, 0.4999999999999999, -0.0, 5e-324]])
INPUTS = [
    {"name": "word", "type": "string"},
    {"name": "number", "type": "int"},
    {"name": "x", "type": "real"},
    {"name": "y", "type": "real"},
    {"name": "n", "type": "int"},
]


def evaluated(node: Any) -> Any:
    """The correction as correctionlib understands it."""
    entry = {
        "name": "c",
        "version": 1,
        "inputs": INPUTS,
        "output": {"name": "weight", "type": "real"},
        "data": node,
    }
    content = {"schema_version": 2, "corrections": [entry]}
    return correctionlib.CorrectionSet.from_string(json.dumps(content))["c"].evaluate


def binning(name: str, edges: Any, content: Any, flow: Any = "clamp") -> dict[str, Any]:
    return {
        "nodetype": "binning",
        "input": name,
        "edges": edges,
        "content": content,
        "flow": flow,
    }


def choice(name: str, content: dict[Any, Any], **more: Any) -> dict[str, Any]:
    keys = [{"key": key, "value": value} for key, value in content.items()]
    return {"nodetype": "category", "input": name, "content": keys, **more}


@st.composite
def nodes(draw: st.DrawFn, axes: tuple[tuple[str, tuple[float, ...]], ...]) -> Any:
    """Random constants in bins of these axes, one below the other, or several at once."""
    if not axes:
        return draw(st.integers(-99, 99)) / 8
    together = draw(st.integers(1, len(axes)))
    inner, size = axes[together:], np.prod([len(edges) - 1 for _, edges in axes[:together]])
    content = [draw(nodes(inner)) for _ in range(int(size))]
    if together == 1 and draw(st.booleans()):
        return binning(axes[0][0], list(axes[0][1]), content)
    return {
        "nodetype": "multibinning",
        "inputs": [name for name, _ in axes[:together]],
        "edges": [list(edges) for _, edges in axes[:together]],
        "content": content,
        "flow": "clamp",
    }


@law
@given(st.lists(st.tuples(st.sampled_from("xyn"), EDGES), max_size=3), st.data())
def test_tables_say_what_correctionlib_says(
    axes: list[tuple[str, list[float]]], data: st.DataObject
) -> None:
    sorted_axes = tuple((name, tuple(sorted(edges))) for name, edges in axes)
    parts = {key: data.draw(nodes(sorted_axes)) for key in ("up", "down")}
    node = choice("word", {**parts, "other": choice("number", {1: parts["up"], 2: 7.0})})
    x, y = (values.ravel() for values in np.meshgrid(VALUES, VALUES))
    n = np.round(x * 2).astype(np.int64)
    for word, number in (("up", 1), ("down", 1), ("other", 1), ("other", 2)):
        table = table_of(node, {"word": word, "number": number})
        assert table is not None
        found = table.look_up({"x": x, "y": y, "n": n}, len(x), BinMemo())
        expected = np.broadcast_to(evaluated(node)(word, number, x, y, n), len(x))
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    "node",
    [
        binning("x", {"n": 2, "low": 0.0, "high": 1.0}, [1.0, 2.0]),
        binning("x", [0, 1, 2], [1.0, 2.0], flow=3.0),
        binning("x", [0, 1, 2], [binning("y", [0, 1], [1.0]), binning("y", [0, 2], [1.0])]),
        binning("x", [0, 1, 2], [1.0, binning("y", [0, 2], [1.0])]),
        choice("word", {"other": 1.0}),
        choice("word", {"other": 1.0}, default=2.0),
        choice("number", {1: 1.0}),
        {
            "nodetype": "formula",
            "expression": "x",
            "parser": "TFormula",
            "variables": ["x"],
        },
        None,
    ],
    ids=["uniform", "default", "unlike", "uneven", "unnamed", "other", "column", "formula", "none"],
)
def test_what_is_no_table_is_left_to_correctionlib(node: Any) -> None:
    assert table_of(node, {"word": "up"}) is None


@pytest.mark.parametrize("outside", [-0.1, 2.0])
def test_value_in_no_bin_is_left_to_correctionlib(outside: float) -> None:
    node = binning("x", [0, 1, 2], [5.0, 6.0], flow="error")
    table = table_of(node, {})
    assert table is not None
    assert table.look_up({"x": np.array([0.0, 1.5])}, 2, BinMemo()).tolist() == [5.0, 6.0]  # type: ignore[union-attr]
    assert table.look_up({"x": np.array([1.0, outside])}, 2, BinMemo()) is None
    with pytest.raises((RuntimeError, IndexError)):
        evaluated(node)("up", 1, outside, 0.0, 0)


def test_infinite_edges_and_numbers_for_all_events() -> None:
    table = table_of(binning("x", ["-inf", 0, "inf"], [1.0, 2.0], flow="error"), {})
    assert table is not None
    assert table.look_up({"x": np.array([-1e300, 1e300])}, 2, BinMemo()).tolist() == [1.0, 2.0]  # type: ignore[union-attr]
    assert table.look_up({"x": 3.0}, 2, BinMemo()).tolist() == [2.0, 2.0]  # type: ignore[union-attr]


def test_bins_are_found_once_for_tables_with_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[str] = []
    find = binned.Axis.places

    def noted(self: Any, values: Any) -> Any:
        searched.append(self.name)
        return find(self, values)

    monkeypatch.setattr(binned.Axis, "places", noted)
    up, down, other = (
        table_of(binning("x", edges, [factor, 2 * factor]), {})
        for edges, factor in (([0, 1, 2], 1.0), ([0, 1, 2], 5.0), ([0, 1.5, 2], 1.0))
    )
    places, x = BinMemo(), np.array([0.5, 1.2])
    expected = {up: [1.0, 2.0], down: [5.0, 10.0], other: [1.0, 1.0]}
    for table in (up, down, other, up):
        assert table is not None
        found = table.look_up({"x": x}, 2, places)
        assert found is not None
        assert found.tolist() == expected[table]
    assert searched == ["x", "x"]
    # the same numbers in another array may be others next time
    for first in (0.5, 1.7):
        fresh = np.array([first, 1.2])
        found = up.look_up({"x": fresh}, 2, places)  # type: ignore[union-attr]
        assert found is not None
        assert found.tolist() == [1.0 if first < 1 else 2.0, 2.0]
        del fresh


def test_scale_factors_of_the_demo_are_tables() -> None:
    content = json.loads(correction_files()["photons.json"])
    (data,) = [one["data"] for one in content["corrections"] if one["name"] == "id"]
    assert table_of(data, {"systematic": "up"}) is not None
