"""What each systematic does to the yield of several samples; tables and page show the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from higgsflow.records.moments import Moments
from higgsflow.report.aggregates import as_moments, nominal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from higgsflow.report.content import SampleSummary
    from higgsflow.report.variation_content import SystematicSummary, Yield

# a sample and year, and the effect of each systematic and direction there
_Known = tuple["SampleSummary", "dict[tuple[str, str], SystematicSummary]"]


@dataclass(frozen=True)
class SystematicRow:
    """One direction of a systematic over several samples.

    The effect is on the yield of all of them; those it does not apply to stay as they are.
    """

    systematic: str
    direction: str
    kind: str
    n_samples: int
    factor: Moments
    effect: dict[str, float | None]


def systematic_rows(
    samples: Sequence[SampleSummary], tags: Sequence[str]
) -> tuple[SystematicRow, ...]:
    """Factor and effect of every direction over these simulated samples and years."""
    keys: dict[tuple[str, str, str], int] = {}
    for sample in samples:
        for found in sample.systematics:
            key = (found.systematic, found.direction, found.kind)
            keys[key] = keys.get(key, 0) + 1
    known = effects(samples, tags)
    return tuple(
        SystematicRow(
            *key,
            n_samples,
            factor(samples, f"weight_{key[0]}_{key[1]}") if key[2] == "weight" else Moments(),
            known[key[:2]],
        )
        for key, n_samples in keys.items()
    )


def effects(
    samples: Iterable[SampleSummary], tags: Sequence[str]
) -> dict[tuple[str, str], dict[str, float | None]]:
    """Per systematic and direction the effect on the yield of all these samples, by tag."""
    # looked up, since a hundred systematics would be searched for each of them
    known = [(s, {(one.systematic, one.direction): one for one in s.systematics}) for s in samples]
    names = dict.fromkeys(name for _, systematics in known for name in systematics)
    return {name: {tag: _effect(known, name, tag) for tag in tags} for name in names}


def factor(samples: Sequence[SampleSummary], column: str) -> Moments:
    """The moments of a factor over the selected events of all tags."""
    total = Moments()
    for known in (n for n in map(nominal, samples) if n is not None):
        for columns in known.moments.values():
            if column in columns:
                total = total + as_moments(columns[column])
    return total


def _effect(samples: Iterable[_Known], variation: tuple[str, str], tag: str) -> float | None:
    """Relative change of the sum of yields; None where it is zero or one part is not known."""
    total = changed = 0.0
    for sample, systematics in samples:
        known = nominal(sample)
        if known is None or tag not in known.yields:
            continue
        central = known.yields[tag]
        one = systematics.get(variation)
        found = central.value if one is None else _varied(one, tag, central)
        if found is None:
            return None
        total += central.value
        changed += found
    return changed / total - 1 if total else None


def _varied(found: SystematicSummary, tag: str, central: Yield) -> float | None:
    """The yield with it; None where not every job knows it."""
    return found.yields.get(tag, 0.0 if central.n == 0 else None)
