from __future__ import annotations

import os
from typing import TYPE_CHECKING

from higgsflow.cores import n_cores

if TYPE_CHECKING:
    import pytest


def test_they_are_those_that_were_left_to_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3, 5, 7}, raising=False)
    assert n_cores() == 3


def test_they_are_all_where_the_system_does_not_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 6)
    assert n_cores() == 6
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert n_cores() == 1
