"""Kernels of jets, held to the functions of higgsflow/objects/jets.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from higgsflow.events.lists import from_counts
from higgsflow.objects import jets

if TYPE_CHECKING:
    from collections.abc import Callable

kernels = pytest.importorskip("higgsflow.compiled.jets", reason="no C compiler at installation")

# few values, so that some are equal
momenta = st.sampled_from([25.0, 30.0, 30.5, 60.0, np.inf, 0.0, -1.0])


@settings(deadline=None, max_examples=100)
@given(st.lists(st.integers(0, 5), max_size=6), st.data())
def test_counts_and_leading_jets(agrees: Callable[..., Any], n: list[int], data: Any) -> None:
    total = sum(n)
    pt = data.draw(hnp.arrays(np.float64, total, elements=momenta))
    selected, is_central, has_tag = (data.draw(hnp.arrays(np.bool_, total)) for _ in range(3))
    offsets = from_counts(n).offsets
    agrees(jets._counted, pt, offsets, selected, is_central, is_central & has_tag)


@pytest.mark.parametrize("pt", [[np.nan, 1.0], [-np.inf, 1.0]])
def test_what_cannot_be_compared_is_left_to_numpy(pt: list[float]) -> None:
    everywhere = np.ones(2, np.bool_)
    offsets = np.array([0, 2])
    numbers = np.array(pt)
    assert kernels.counted(numbers, offsets, *[everywhere] * 3) is NotImplemented
    assert kernels.counted(np.ones(2), offsets, *[everywhere] * 3) is not NotImplemented


def test_other_types_and_lengths_are_left_to_numpy() -> None:
    everywhere, offsets = np.ones(2, np.bool_), np.array([0, 2])
    assert kernels.counted(np.ones(2, np.float32), offsets, *[everywhere] * 3) is NotImplemented
    assert kernels.counted(np.ones(3), offsets, *[everywhere] * 3) is NotImplemented
    assert kernels.counted(np.ones(2), offsets, *[everywhere[:1]] * 3) is NotImplemented
    assert kernels.counted(np.ones(2), offsets[::-1], *[everywhere] * 3) is NotImplemented
