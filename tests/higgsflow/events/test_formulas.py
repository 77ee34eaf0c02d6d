"""What waits is worked out as numpy would have said it at once, to the bit."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from higgsflow.events import formulas
from higgsflow.events.formulas import Formula, all_numbers, can_wait

if TYPE_CHECKING:
    from collections.abc import Iterator

N = 11
BOTH = (np.add, np.subtract, np.multiply, np.divide)
NUMBERS = st.floats(width=64) | st.sampled_from([0.0, -0.0, np.inf, -np.inf, np.nan])
CONSTANTS = st.floats(width=64) | st.integers(-(2**53), 2**53) | st.floats().map(np.float64)
ALONE = (np.negative, np.absolute, np.square, np.sqrt, np.positive)


@pytest.fixture(autouse=True)
def _short_pieces(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(formulas, "PIECE", 4)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        yield


def asked(ufunc: np.ufunc, *inputs: Any) -> Any:
    return Formula(ufunc, inputs) if can_wait(ufunc, inputs) else ufunc(*all_numbers(inputs))


@given(data=st.data())
def test_the_numbers_are_the_same(data: Any) -> None:
    arrays = [
        np.array(data.draw(st.lists(NUMBERS, min_size=N, max_size=N)), np.float64) for _ in range(2)
    ]
    # each step on some of what was there before, so that parts are shared
    pairs = [(values, values) for values in arrays]
    for _ in range(data.draw(st.integers(1, 8))):
        late, known = data.draw(st.sampled_from(pairs))
        if data.draw(st.booleans()):
            ufunc = data.draw(st.sampled_from(ALONE))
            pairs.append((asked(ufunc, late), ufunc(known)))
            continue
        ufunc = data.draw(st.sampled_from(BOTH))
        other = data.draw(st.sampled_from(pairs) | CONSTANTS.map(lambda one: (one, one)))
        both = (late, other[0]), (known, other[1])
        if data.draw(st.booleans()):
            both = both[0][::-1], both[1][::-1]
        pairs.append((asked(ufunc, *both[0]), ufunc(*both[1])))
    for late, known in data.draw(st.permutations(pairs)):
        (numbers,) = all_numbers([late])
        np.testing.assert_array_equal(numbers, known, strict=True)
        is_number = ~np.isnan(known)
        assert (np.signbit(numbers) == np.signbit(known))[is_number].all()


def test_it_waits_and_is_worked_out_once() -> None:
    before = np.arange(float(N))
    twice = asked(np.multiply, before, 2.0)
    assert isinstance(twice, Formula)
    assert twice.waits
    assert len(twice) == N
    more = asked(np.add, twice, twice)
    assert more.numbers is more.numbers
    # it was needed on the way, but nobody wanted its numbers
    assert twice.waits
    np.testing.assert_array_equal(more.numbers, 4 * before)


@pytest.mark.parametrize(
    ("ufunc", "inputs"),
    [
        (np.sin, (np.arange(float(N)),)),
        (np.power, (np.arange(float(N)), 2)),
        (np.add, (np.arange(N), 1.0)),
        (np.add, (np.arange(N, dtype=np.float32), 1.0)),
        (np.add, (np.arange(float(N)), np.arange(N, dtype=np.float32))),
        (np.add, (np.arange(float(N)), 2**53 + 1)),
        (np.add, (np.arange(float(N)), 1j)),
        (np.add, (np.arange(4.0), 1.0)),
        (np.add, (np.arange(float(N)), np.arange(1.0))),
        (np.less, (np.arange(float(N)), 1.0)),
        # which of two zeros is the larger one is not laid down
        (np.maximum, (np.arange(float(N)), 1.0)),
    ],
)
def test_what_may_be_said_otherwise_does_not_wait(ufunc: np.ufunc, inputs: Any) -> None:
    assert not can_wait(ufunc, inputs)


def test_how_numpy_warns_is_what_was_asked_for() -> None:
    zeros, ones = np.zeros(N), np.ones(N)
    with np.errstate(divide="raise"):
        assert not can_wait(np.divide, (ones, zeros))
    with np.errstate(divide="ignore"):
        assert not can_wait(np.divide, (ones, zeros))
    waiting = asked(np.divide, ones, zeros)
    with np.errstate(all="raise"), pytest.warns(RuntimeWarning, match="divide by zero"):
        np.testing.assert_array_equal(waiting.numbers, np.full(N, np.inf))


def test_loops_of_users_end() -> None:
    late: Any = np.arange(float(N))
    known = late
    for _ in range(1000):
        late = asked(np.subtract, asked(np.multiply, late, 1.5), late)
        known = known * 1.5 - known
    np.testing.assert_array_equal(all_numbers([late])[0], known)


def test_what_it_was_made_from_is_let_go() -> None:
    first = asked(np.multiply, np.arange(float(N)), 2.0)
    last = asked(np.add, first, 1.0)
    assert last._inputs
    assert last.numbers[1] == 3.0
    assert not last._inputs
