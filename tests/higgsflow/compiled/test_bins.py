"""Kernel of bins, held to the function of higgsflow/corrections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from higgsflow.corrections import binned

if TYPE_CHECKING:
    from collections.abc import Callable

kernels = pytest.importorskip("higgsflow.compiled.bins", reason="no C compiler at installation")

law = settings(deadline=None, max_examples=100)
numbers = st.one_of(st.sampled_from([-1.0, 0.0, -0.0, 0.5, 1.0]), st.floats(allow_nan=False))


@law
@given(
    st.lists(numbers, min_size=2, max_size=70, unique=True).map(sorted),
    hnp.arrays(np.float64, st.integers(0, 40), elements=numbers),
)
def test_bins_of_values(agrees: Callable[..., Any], edges: list[float], values: Any) -> None:
    agrees(binned._bins, np.array(edges), values)


def test_more_values_than_are_looked_at_together(agrees: Callable[..., Any]) -> None:
    values = np.random.default_rng(1).normal(size=5000)
    _, are_inside = agrees(binned._bins, np.array([-9.0, -1.0, 0.0, 1.0, 9.0]), values)
    assert are_inside
    for place in (0, 1024, 4999):
        _, are_inside = agrees(binned._bins, np.array([-9.0, 9.0]), np.insert(values, place, 9.5))
        assert not are_inside


@pytest.mark.parametrize("kind", [np.float32, np.int64, ">f8"])
def test_other_types_and_many_edges_are_left_to_numpy(kind: Any) -> None:
    values, edges = np.zeros(2), np.array([0.0, 1.0])
    assert kernels.of_values(edges, values.astype(kind)) is NotImplemented
    assert kernels.of_values(edges.astype(kind), values) is NotImplemented
    assert kernels.of_values(np.arange(65.0), values) is NotImplemented
    assert kernels.of_values(edges[:1], values) is NotImplemented
    assert kernels.of_values(edges, np.float64(0.5)) is NotImplemented
