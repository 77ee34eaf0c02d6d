"""How pictures look as files: the style and the name of an experiment, and the kinds of file.

Nothing here knows pyplot, so there is no state and nothing to close.
"""

from __future__ import annotations

import io
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import mplhep
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.axes import Axes

    from higgsflow.model.reporting import Reporting

_DPI = 100


@dataclass(frozen=True)
class Look:
    """The look of a picture.

    Attributes:
        experiment: whose style and name it has; without one it has the style of CMS, and no name.
        label: what stands behind the name.
        energy: of collisions, in TeV.
        kinds: png, pdf.
    """

    experiment: str = ""
    label: str = ""
    energy: str = ""
    kinds: tuple[str, ...] = ("png",)


def look_of(reporting: Reporting) -> Look:
    """The look that is configured; luminosity alone says enough where no experiment is named."""
    if reporting.experiment is None:
        return Look(kinds=reporting.files)
    return Look(reporting.experiment, reporting.label, reporting.energy, reporting.files)


@contextmanager
def styled(look: Look) -> Iterator[None]:
    """The style of an experiment, made smaller; nothing of it is left behind."""
    style = {"ATLAS": mplhep.style.ATLAS, "LHCb": mplhep.style.LHCb, "ALICE": mplhep.style.ALICE}
    settings: dict[Any, Any] = {**style.get(look.experiment, mplhep.style.CMS)}
    settings |= {"font.size": 15, "axes.linewidth": 1.2, "legend.fontsize": 12}
    settings |= {"legend.frameon": False, "axes.labelsize": 15}
    for axis in ("xtick", "ytick"):
        # minor ticks would take as long to draw as all the rest
        settings |= {f"{axis}.major.size": 7, f"{axis}.minor.visible": False}
        settings |= {f"{axis}.labelsize": 13}
    with mpl.rc_context(settings):
        yield


def blank(width: float, height: float) -> Figure:
    """A figure of a size in inches."""
    figure = Figure(figsize=(width, height), dpi=_DPI)
    FigureCanvasAgg(figure)
    return figure


def saved(figure: Figure, look: Look) -> dict[str, bytes]:
    """The bytes of each kind of file; equal pictures are equal bytes."""
    return {kind: _bytes(figure, kind) for kind in look.kinds}


def _bytes(figure: Figure, kind: str) -> bytes:
    buffer = io.BytesIO()
    # without the version of matplotlib, and the time
    options: dict[str, Any] = {"metadata": {"Software": None}, "pil_kwargs": {"compress_level": 2}}
    if kind == "pdf":
        options = {"metadata": {"CreationDate": None, "Producer": None, "Creator": None}}
    figure.savefig(buffer, format=kind, **options)
    return buffer.getvalue()


def plain(text: str) -> str:
    """Text as a legend and matplotlib's formulas take it: as it stands."""
    return f" {text}".replace("$", r"\$") if text.startswith("_") else text.replace("$", r"\$")


def name_above(axes: Axes, kinds: str, caption: str, look: Look) -> None:
    """What stands above the axes: experiment or kinds of events, and years with luminosity."""
    if look.experiment:
        words = ("" if "Data" in kinds else "Simulation", look.label)
        mplhep.label.exp_label(
            exp=look.experiment,
            text=plain(" ".join(filter(None, words))),
            data=True,
            rlabel=f"{plain(caption)} ({plain(look.energy)} TeV)",
            loc=0,
            fontsize=13,
            ax=axes,
        )
        return
    # titles of axes would do, but cost as much time as all the rest of the picture
    place: dict[str, Any] = {"transform": axes.transAxes, "va": "bottom"}
    axes.text(0.0, 1.01, kinds, fontsize=13, fontweight="bold", **place)
    axes.text(1.0, 1.01, plain(caption), fontsize=12, ha="right", **place)
