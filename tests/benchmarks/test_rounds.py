"""The measurement on few events: all designs must select the same ones, or it ends there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.cases import short
from benchmarks.rounds import LOOKUPS, PEERS, short_round

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.slow
def test_all_designs_select_the_same_events(
    tmp_path: Path,
    _law_index: Path,  # noqa: PT019 (its value is used)
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("coffea", reason="pip install -e '.[bench]' for the peers")
    monkeypatch.setenv("LAW_HOME", str(_law_index))
    found = short_round(short(tmp_path))
    designs = {name.partition(".")[0] for name in found}
    assert designs == {"program", "limit", "merge", *PEERS, *LOOKUPS}
    assert all(value > 0 for name, value in found.items() if name.endswith((".warm", ".cpu")))
