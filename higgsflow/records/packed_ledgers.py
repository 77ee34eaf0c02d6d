"""The ledgers of a sample, packed until one is looked at: of hundreds few are needed as objects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

from pydantic import PlainSerializer, PlainValidator

from higgsflow.model.source import NOMINAL
from higgsflow.records.ledger import Ledger
from higgsflow.records.packed import Packed, as_text, from_text, pack, unpack

_PACKED = "packed"  # no variation is called that


class PackedLedgers(Mapping[str, Ledger]):
    """Ledgers by variation, each made anew when it is asked for."""

    def __init__(self, groups: Sequence[Packed]) -> None:
        self._places = {
            variation: (group, row)
            for group in groups
            for row, variation in enumerate(group.variations)
        }

    def __getitem__(self, variation: str) -> Ledger:
        return unpack([self.only(variation)])[variation]

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def only(self, variation: str) -> Packed:
        """One of them as it is."""
        group, row = self._places[variation]
        return Packed(group.layout, (variation,), group.rows[row : row + 1])

    def without(self, variation: str) -> list[Packed]:
        """All others as they are, those of one layout together."""
        rows: dict[int, tuple[Packed, list[int]]] = {}
        for name, (group, row) in self._places.items():
            if name != variation:
                rows.setdefault(id(group), (group, []))[1].append(row)
        return [
            Packed(group.layout, tuple(group.variations[i] for i in mine), group.rows[mine])
            for group, mine in rows.values()
        ]


def _read(value: Any) -> Mapping[str, Ledger]:
    """Of a file, whose nominal ledger everybody can read; of earlier versions all are like that."""
    if not isinstance(value, Mapping):
        raise ValueError("no ledgers")
    if _PACKED not in value:
        return {name: Ledger.model_validate(ledger) for name, ledger in value.items()}
    nominal = {n: Ledger.model_validate(value[n]) for n in (NOMINAL,) if n in value}
    return PackedLedgers((*pack(nominal), *from_text(value)))


def _written(ledgers: Mapping[str, Ledger]) -> dict[str, Any]:
    packed = ledgers if isinstance(ledgers, PackedLedgers) else PackedLedgers(pack(ledgers))
    nominal = {NOMINAL: packed[NOMINAL].model_dump(mode="json")} if NOMINAL in packed else {}
    return {**nominal, **as_text(packed.without(NOMINAL))}


SampleLedgers = Annotated[
    Mapping[str, Ledger],
    PlainValidator(_read),
    PlainSerializer(_written, when_used="json"),
]
