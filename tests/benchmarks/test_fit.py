"""The line through costs, and by how much they leave it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.fit import fit


@settings(deadline=None)
@given(st.floats(0.01, 100), st.floats(0.001, 10))
def test_a_line_is_found_again(fixed: float, each: float) -> None:
    line = fit({n: fixed + each * n for n in (1, 10, 1000, 10_000)})
    assert line.fixed == pytest.approx(fixed, rel=1e-6)
    assert line.each == pytest.approx(each, rel=1e-6)
    assert line.largest_residual < 1e-6


def test_what_grows_faster_than_a_line_is_far_from_it() -> None:
    assert fit({n: 0.1 * n**2 for n in (1, 10, 100, 1000)}).largest_residual > 0.3
