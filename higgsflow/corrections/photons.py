"""Shifts of photons."""

from __future__ import annotations

from typing import Any

from higgsflow.errors import UnknownName


def scale_pt(events: Any, direction: str, shift: float = 0.01) -> Any:
    """Photon pt [GeV] times 1 + shift (up) or 1 - shift (down); jagged, like `events.Photon.pt`.

    Raises:
        UnknownName: for another direction.
    """
    signs = {"up": 1.0, "down": -1.0}
    if direction not in signs:
        raise UnknownName("direction", direction, signs, "scale_pt")
    return events.Photon.pt * (1 + signs[direction] * shift)
