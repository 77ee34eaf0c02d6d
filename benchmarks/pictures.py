"""Pictures of growth: what was measured, and the line that was fitted to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from benchmarks.fit import Line

_ACROSS = 3  # panels in a row


def draw(path: Path, curves: Mapping[str, Mapping[int, float]], lines: Mapping[str, Line]) -> None:
    """One panel for each curve, both axes logarithmic."""
    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415 (after the choice of the backend)

    n_rows = -(-len(curves) // _ACROSS)
    size = (11, 3.25 * n_rows)
    figure, axes = plt.subplots(n_rows, _ACROSS, figsize=size, layout="constrained")
    for axis, (name, points) in zip(axes.flat, curves.items(), strict=False):
        n = np.array(list(points), dtype=float)
        line = lines[name]
        axis.plot(n, list(points.values()), "o", color="C0")
        fine = np.expm1(np.linspace(np.log1p(n.min()), np.log1p(n.max()), 200))
        label = f"{line.fixed:.3g} s + n · {line.each:.3g} s"
        axis.plot(fine, line.fixed + line.each * fine, "-", color="C1", label=label)
        axis.set(xscale="symlog", yscale="log", xlabel=name.partition(",")[0], ylabel="CPU s")
        axis.set_title(name, fontsize="medium")
        axis.legend(fontsize="small")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=90)
    plt.close(figure)
