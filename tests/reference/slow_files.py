"""NanoAOD files as plain Python events: one dict per event, one list of dicts per collection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import uproot

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

Event = dict[str, Any]

REQUIRED = {
    "Photon": ("pt", "eta", "phi", "electronVeto", "mvaID"),
    "Electron": ("pt", "eta", "phi", "charge", "dxy", "dz"),
    "Muon": (
        *("pt", "eta", "phi", "charge", "dxy", "dz"),
        *("pfRelIso03_all", "mediumId", "isGlobal"),
    ),
    "Jet": ("pt", "eta", "phi", "mass", "jetId", "btagDeepFlavB"),
}
OPTIONAL = {
    "Photon": ("isScEtaEB", "isScEtaEE", "r9"),
    "Electron": ("mass",),
    "Muon": ("mass",),
    "Jet": (),
}
# the name of the 90 % electron identification in the file, in order of preference
ELECTRON_WP90 = (
    "mvaFall17V2Iso_WP90",
    "mvaIso_WP90",
    "mvaIso_Fall17V2_WP90",
    "mvaFall17V1Iso_WP90",
)


class MissingColumn(LookupError):
    """A column that a cut needs is not in the file."""

    def __init__(self, path: Path, column: str) -> None:
        super().__init__(f"no column {column!r} in {path}")


def read_events(path: Path, scalars: Sequence[str]) -> Iterator[Event]:
    """All events of a file (TTree or RNTuple) with the named per-event columns."""
    with uproot.open(path) as file:
        tree = file["Events"]
        existing = set(tree.keys(recursive=False))
        sources = _sources(path, existing)
        for name in scalars:
            if name not in existing:
                raise MissingColumn(path, name)
        wanted = [*scalars, *(c for fields in sources.values() for c in fields.values())]
        # one by one: an RNTuple that is read together is walked through whole for each column
        columns = {name: tree[name].array().tolist() for name in wanted}
        entries = int(tree.num_entries)
    for entry in range(entries):
        event: Event = {name: columns[name][entry] for name in scalars}
        for collection, fields in sources.items():
            event[collection] = _objects(fields, columns, entry)
        yield event


def _sources(path: Path, existing: set[str]) -> dict[str, dict[str, str]]:
    """For each collection: field -> column of the file that holds it."""
    sources: dict[str, dict[str, str]] = {}
    for collection, required in REQUIRED.items():
        fields = {name: f"{collection}_{name}" for name in required}
        for column in fields.values():
            if column not in existing:
                raise MissingColumn(path, column)
        for name in OPTIONAL[collection]:
            if f"{collection}_{name}" in existing:
                fields[name] = f"{collection}_{name}"
        sources[collection] = fields
    sources["Electron"]["WP90"] = _electron_wp90(path, existing)
    return sources


def _electron_wp90(path: Path, existing: set[str]) -> str:
    for name in ELECTRON_WP90:
        if f"Electron_{name}" in existing:
            return f"Electron_{name}"
    raise MissingColumn(path, f"Electron_{ELECTRON_WP90[0]}")


def _objects(
    fields: dict[str, str], columns: dict[str, list[Any]], entry: int
) -> list[dict[str, Any]]:
    """The objects of one collection of one event."""
    values = {field: columns[column][entry] for field, column in fields.items()}
    count = len(values["pt"])
    return [{field: values[field][i] for field in fields} for i in range(count)]
