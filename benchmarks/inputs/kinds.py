"""The two kinds of files that costs are measured on, by what share of their events is selected."""

from __future__ import annotations

from typing import NamedTuple

# Shares of events of the demo's processes that have a diphoton, and that are selected.
TOP_DIPHOTON, TOP_SELECTED = 0.623, 0.421
PLAIN_DIPHOTON, PLAIN_SELECTED = 0.596, 0.012


class Kind(NamedTuple):
    """How many of the events have a diphoton, and how many get a tag."""

    diphoton: float
    selected: float

    @property
    def paired(self) -> float:
        """Share of events that keep more than one photon, so that as many have a diphoton."""
        pure = self.top * TOP_DIPHOTON + (1 - self.top) * PLAIN_DIPHOTON
        return min(1.0, self.diphoton / pure)

    @property
    def top(self) -> float:
        """Share of events with top quarks, so that as many of the diphotons are selected."""
        wanted = self.selected / self.diphoton
        plain = PLAIN_SELECTED - wanted * PLAIN_DIPHOTON
        top = TOP_SELECTED - wanted * TOP_DIPHOTON
        return min(1.0, max(0.0, plain / (plain - top)))


KINDS = {"signal": Kind(0.52, 0.17), "background": Kind(0.003, 0.00015)}
