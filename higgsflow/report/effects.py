"""What each direction of a systematic does to the yields of a sample, from merged counters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from higgsflow.model.systematic import CENTRAL, NOMINAL
from higgsflow.records.moments import Moments
from higgsflow.report.variation_content import SystematicSummary

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from higgsflow.model.systematic import Systematics
    from higgsflow.records.ledger import Ledger
    from higgsflow.selection.cutflow import Counter


def effects(
    systematics: Systematics, ledgers: Mapping[str, Ledger], merged: Collection[str], scale: float
) -> tuple[SystematicSummary, ...]:
    """One entry for each direction of each source, of collections only where it was merged.

    `scale` is what the merge multiplies weights with.
    """
    nominal = ledgers[NOMINAL]
    central = _scaled({tag: found[CENTRAL] for tag, found in nominal.yields.items()}, scale)
    return (
        *_of_weights(systematics, nominal, central, scale),
        *_of_collections(systematics, ledgers, central, (merged, scale)),
    )


def _of_weights(
    systematics: Systematics, nominal: Ledger, central: Mapping[str, float], scale: float
) -> Iterator[SystematicSummary]:
    for weight in systematics.weights.values():
        for direction, variation in zip(weight.directions, weight.variations, strict=True):
            known = {tag: y[variation] for tag, y in nominal.yields.items() if variation in y}
            varied = _scaled(known, scale)
            factor = _all_tags(nominal, f"weight_{variation}")
            yield SystematicSummary(
                systematic=weight.name,
                direction=direction,
                kind="weight",
                mean=factor.mean if factor.n else None,
                std=factor.std,
                n=factor.n,
                min=factor.min,
                max=factor.max,
                effect=_effect(central, varied),
                yields=varied,
            )


def _of_collections(
    systematics: Systematics,
    ledgers: Mapping[str, Ledger],
    central: Mapping[str, float],
    of_merge: tuple[Collection[str], float],
) -> Iterator[SystematicSummary]:
    merged, scale = of_merge
    for source in systematics.independent_collections.values():
        for direction, variation in zip(source.directions, source.variations, strict=True):
            if variation in merged:
                shifted = ledgers[variation].yields
                varied = _scaled({tag: y[CENTRAL] for tag, y in shifted.items()}, scale)
                yield SystematicSummary(
                    systematic=source.name,
                    direction=direction,
                    kind="independent collection",
                    mean=None,
                    std=None,
                    effect=_effect(central, varied),
                    yields=varied,
                )


def _scaled(counters: Mapping[str, Counter], scale: float) -> dict[str, float]:
    return {tag: counter.sumw * scale for tag, counter in counters.items()}


def _all_tags(ledger: Ledger, column: str) -> Moments:
    total = Moments()
    for columns in ledger.moments.values():
        total = total + columns.get(column, Moments())
    return total


def _effect(central: Mapping[str, float], varied: Mapping[str, float]) -> dict[str, float | None]:
    return {
        tag: varied[tag] / central[tag] - 1 if central[tag] else None
        for tag in central
        if tag in varied
    }
