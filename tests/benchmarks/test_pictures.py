"""Growth as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.fit import fit
from benchmarks.pictures import draw

if TYPE_CHECKING:
    from pathlib import Path


def test_a_picture_has_a_panel_for_each_curve(tmp_path: Path) -> None:
    curves = {f"things {i}": {0: 0.1, 10: 0.2, 100: 1.0} for i in range(6)}
    draw(tmp_path / "growth.png", curves, {name: fit(p) for name, p in curves.items()})
    assert (tmp_path / "growth.png").stat().st_size > 10_000
