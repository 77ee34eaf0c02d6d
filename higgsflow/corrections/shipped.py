"""What functions of this program shift: they give nothing else, whatever a configuration asks."""

from __future__ import annotations

from typing import NamedTuple


class Shifted(NamedTuple):
    """The column that a function gives, and the directions that it knows."""

    column: str
    directions: tuple[str, ...]


SHIPPED = {"higgsflow.corrections.photons:scale_pt": Shifted("Photon_pt", ("up", "down"))}
