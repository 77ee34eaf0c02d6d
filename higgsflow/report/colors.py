"""What tells processes and directions apart: a colour, and hatching once all colours are used."""

from __future__ import annotations

# M. A. Petroff, "Accessible Color Sequences for Data Visualization", 2021; without the red of
# signal
COLORS = (
    "#3f90da",
    "#ffa90e",
    "#832db6",
    "#94a4a2",
    "#a96b59",
    "#e76300",
    "#b9ac70",
    "#92dadd",
    "#717581",
)
# as matplotlib writes them: of a thin layer, too, each still looks different
HATCHES = ("", "///", "||", "...")
N_LOOKS = len(COLORS) * len(HATCHES)
_DARK = frozenset({"#832db6", "#a96b59", "#717581"})


def color(rank: int) -> str:
    """The colour of a rank, as matplotlib takes it."""
    return COLORS[rank % len(COLORS)]


def line_color(rank: int) -> str:
    """The colour of its hatching: white on what is dark."""
    return "#ffffff" if color(rank) in _DARK else "#000000"


def hatch(rank: int) -> str:
    """The hatching of a rank, as matplotlib takes it; empty for the first ranks."""
    return HATCHES[rank // len(COLORS) % len(HATCHES)]


def look(rank: int) -> str:
    """The class of a rank in the page."""
    number = rank // len(COLORS) % len(HATCHES)
    return f"c{rank % len(COLORS)}" + (f"h{number}" if number else "")


# on a dark page points are white, so what is behind them is darker there
CSS = "".join(
    f"svg .c{i} {{ fill: {c}; fill: color-mix(in srgb, {c}, black var(--shade)); stroke: none; }}\n"
    for i, c in enumerate(COLORS)
)
