from __future__ import annotations

from higgsflow.sharing import alone


def test_one_alone_does_one_thing_after_the_other() -> None:
    found = iter(alone(str, range(10**9), "numbers"))
    assert [next(found), next(found)] == ["0", "1"]
