"""Units of NanoAOD's columns, which its files do not say: by the last part of their names."""

from __future__ import annotations

_UNITS = {
    "GeV": (
        "pt",
        "Vpt",
        "mass",
        "msoftdrop",
        "sumEt",
        "HT",
        "HTIncoming",
        "fixedGridRhoFastjetAll",
    ),
    "rad": ("phi",),
    "cm": ("dxy", "dz"),
}
_BY_ENDING = {ending: unit for unit, endings in _UNITS.items() for ending in endings}


def nanoaod_unit(column: str) -> str:
    """The unit of a column such as `MET_pt`; empty where it has none, or none is known."""
    return _BY_ENDING.get(column.rpartition("_")[2], "")
