from __future__ import annotations

import numpy as np

from higgsflow.splitmix import GOLDEN, mixed


def test_it_is_the_published_sequence() -> None:
    """The first numbers of seed 1234567, as in the reference of Rosetta Code."""
    with np.errstate(over="ignore"):
        states = np.uint64(1234567) + np.arange(3, dtype=np.uint64) * GOLDEN
    assert mixed(states).tolist() == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
    ]


def test_numbers_that_follow_each_other_give_bits_like_chance() -> None:
    n = 200_000
    found = mixed(np.arange(n, dtype=np.uint64))
    assert len(np.unique(found)) == n
    # each bit is set in half of them, but for five standard deviations
    for bit in range(64):
        is_set = int(((found >> np.uint64(bit)) & np.uint64(1)).sum())
        assert abs(is_set - n / 2) < 5 * np.sqrt(n) / 2
