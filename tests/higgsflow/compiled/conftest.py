"""Kernels beside the functions that they answer for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from higgsflow.compiled.choice import NUMPY, using, way

if TYPE_CHECKING:
    from collections.abc import Callable

Check = Any


@pytest.fixture(autouse=True)
def _there() -> None:
    if way() == NUMPY:
        pytest.skip("no current kernels: a C compiler, then `pip install -e .`")


@pytest.fixture(scope="session")
def agrees() -> Callable[..., Any]:
    """Calls a function both ways, wants the same types and bits, and gives the answer."""

    def check(function: Callable[..., Any], *args: Any) -> Any:
        fast = function(*args)
        with using(NUMPY), np.errstate(all="ignore"):
            slow = function(*args)
        assert_same(fast, slow)
        return fast

    return check


def assert_same(fast: Any, slow: Any) -> None:
    assert type(fast) is type(slow)
    if isinstance(slow, tuple):
        assert len(fast) == len(slow)
        for one, other in zip(fast, slow, strict=True):
            assert_same(one, other)
    elif isinstance(slow, np.ndarray):
        assert fast.dtype == slow.dtype
        np.testing.assert_array_equal(fast, slow, strict=True)
        if slow.dtype.kind == "f":
            # zeros have signs
            number = ~np.isnan(slow)
            np.testing.assert_array_equal(np.signbit(fast[number]), np.signbit(slow[number]))
    else:
        assert fast == slow
