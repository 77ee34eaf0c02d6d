"""Sentinels for systematics: those that do nothing, or not what a systematic does.

What is found in several samples and years is one finding, told by the first of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import sqrt
from typing import TYPE_CHECKING

from higgsflow.errors import shorten
from higgsflow.model.systematic import CENTRAL, NOMINAL
from higgsflow.report import aggregates
from higgsflow.report.content import Finding
from higgsflow.report.formatting import number, relative
from higgsflow.report.systematic_rows import factor, systematic_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from higgsflow.model.reporting import Sentinels
    from higgsflow.records.moments import Moments
    from higgsflow.report.content import SampleSummary, Severity
    from higgsflow.report.systematic_rows import SystematicRow
    from higgsflow.report.variation_content import SystematicSummary, VariationSummary, Yield

Directions = dict[str, "SystematicSummary"]

_UP, _DOWN = "up", "down"
# what summing the same numbers in another way may change
_ROUNDING = 1e-9
_MOST_SAMPLES = 3


@dataclass(frozen=True)
class _Hit:
    """One sample and year in which something was found."""

    kind: str
    systematic: str
    text: str
    severity: Severity
    sample: str


@dataclass(frozen=True)
class _Case:
    """One systematic in one sample and year, with the number of its selected events."""

    name: str
    sample: SampleSummary
    nominal: VariationSummary
    directions: Directions
    n: int

    @property
    def is_weight(self) -> bool:
        return all(one.kind == "weight" for one in self.directions.values())

    def seen(self, direction: str) -> bool:
        """Whether there are numbers of this direction."""
        one = self.directions.get(direction)
        if one is None:
            return False
        if self.is_weight:
            return one.mean is not None
        return f"{self.name}_{direction}" in self.sample.variations

    def factor(self, direction: str) -> Moments:
        """Of a weight, over the selected events."""
        return factor([self.sample], f"weight_{self.name}_{direction}")


def about_systematics(
    samples: Sequence[SampleSummary], tags: Sequence[str], limits: Sentinels
) -> tuple[Finding, ...]:
    """What stands out in the systematics of simulated samples."""
    cases = [case for sample in samples for case in _cases(sample)]
    checks: tuple[Callable[[_Case, Sentinels], Iterable[_Hit]], ...] = (
        _not_finite,
        _missing,
        _nothing,
        _equal,
        _far,
    )
    hits = [hit for check in checks for case in cases for hit in check(case, limits)]
    return (*_told(hits), *_one_sided(samples, tags, limits))


def _cases(sample: SampleSummary) -> Iterator[_Case]:
    nominal = aggregates.nominal(sample)
    by_name: dict[str, Directions] = {}
    for one in sample.systematics:
        by_name.setdefault(one.systematic, {})[one.direction] = one
    for name, directions in by_name.items() if nominal is not None else ():
        assert nominal is not None
        n = sum(found.n for found in nominal.yields.values())
        yield _Case(name, sample, nominal, directions, n)


def _told(hits: Sequence[_Hit]) -> Iterator[Finding]:
    by_key: dict[tuple[str, str], list[_Hit]] = {}
    for hit in hits:
        by_key.setdefault((hit.systematic, hit.kind), []).append(hit)
    for (systematic, kind), found in by_key.items():
        names = dict.fromkeys(hit.sample for hit in found)
        where = shorten(list(names), _MOST_SAMPLES)
        text = f"{found[0].text}, in {where}"
        yield Finding(kind=kind, where=systematic, text=text, severity=found[0].severity)


def _hit(case: _Case, kind: str, text: str, severity: Severity = "warning") -> _Hit:
    return _Hit(kind, case.name, text, severity, aggregates.label(case.sample))


def _not_finite(case: _Case, limits: Sentinels) -> Iterator[_Hit]:
    """Moments leave out what is not finite: fewer factors than weights tell that there were."""
    del limits
    for direction in case.directions if case.is_weight else ():
        column = f"weight_{case.name}_{direction}"
        missing = sum(
            columns["weight_central"].n - columns[column].n
            for columns in case.nominal.moments.values()
            if column in columns and "weight_central" in columns
        )
        if missing > 0:
            text = f"{direction}: the factors of {missing} selected events are not finite"
            yield _hit(case, "not finite", text, "error")


def _missing(case: _Case, limits: Sentinels) -> Iterator[_Hit]:
    """Up without down, and directions of which some job has no numbers."""
    del limits
    if (_UP in case.directions) != (_DOWN in case.directions):
        given, other = (_UP, _DOWN) if _UP in case.directions else (_DOWN, _UP)
        yield _hit(case, "missing direction", f"{given} is given, {other} is not")
    for direction in case.directions if case.n else ():
        if not case.seen(direction):
            yield _hit(case, "missing direction", f"not every job has {direction}")


def _nothing(case: _Case, limits: Sentinels) -> Iterator[_Hit]:
    """No direction changes anything in the selected events."""
    if case.n < limits.min_events or not all(map(case.seen, case.directions)):
        return
    if all(_is_nominal(case, direction) for direction in case.directions):
        what = "every varied weight is the nominal one" if case.is_weight else "every number"
        more = "" if case.is_weight else " of every variation is the nominal one"
        yield _hit(case, "does nothing", f"{what}{more}")


def _is_nominal(case: _Case, direction: str) -> bool:
    effects = [e for e in case.directions[direction].effect.values() if e is not None]
    if not effects or max(map(abs, effects)) > _ROUNDING:
        return False
    # factors around 1 that average out do something
    if case.is_weight:
        return _spread(case.factor(direction)) <= _ROUNDING or _all_alike(case)
    return case.nominal.numbers == case.sample.variations[f"{case.name}_{direction}"].numbers


def _spread(factor: Moments) -> float:
    return (factor.max or 0.0) - (factor.min or 0.0)


def _all_alike(case: _Case) -> bool:
    """Whether all directions have the same factors: together with no effect, the central one."""
    return all(_same_factor(case, one, two) for one, two in combinations(case.directions, 2))


def _same_factor(case: _Case, one: str, two: str) -> bool:
    a, b = case.factor(one), case.factor(two)
    pairs = ((a.mean, b.mean), (a.std, b.std), (a.min, b.min), (a.max, b.max))
    return a.n == b.n and all(abs((x or 0.0) - (y or 0.0)) <= _ROUNDING for x, y in pairs)


def _equal(case: _Case, limits: Sentinels) -> Iterator[_Hit]:
    """Up is down, and not nominal."""
    if case.n < limits.min_events or not (case.seen(_UP) and case.seen(_DOWN)):
        return
    up, down = case.directions[_UP].effect, case.directions[_DOWN].effect
    effects = [(up.get(tag), down.get(tag)) for tag in up]
    if any(abs((x or 0.0) - (y or 0.0)) > _ROUNDING for x, y in effects):
        return
    if _is_nominal(case, _UP) or not _same_directions(case):
        return
    yield _hit(case, "up equals down", "both directions give the same")


def _same_directions(case: _Case) -> bool:
    if case.is_weight:
        return _same_factor(case, _UP, _DOWN)
    up, down = (case.sample.variations[f"{case.name}_{direction}"] for direction in (_UP, _DOWN))
    return up.numbers == down.numbers


def _far(case: _Case, limits: Sentinels) -> Iterator[_Hit]:
    """The mean factor is far from 1: over all events where known, else over selected ones."""
    # what preserves the sum of weights has a mean of 1 over all events, by the merge
    preserved = case.name in case.sample.normalization.weight_ratios.get(NOMINAL, {})
    if not case.is_weight or preserved or case.n < limits.min_events:
        return
    # what all weights of simulation are multiplied with, where that is known before the taggers
    central = case.sample.factor_means.get(f"weight_{case.name}_{CENTRAL}")
    if central is not None and abs(central - 1) > limits.mean_factor:
        text = f"the mean of the central factor over all events is {number(central)}"
        yield _hit(case, "mean far from 1", text)
    for direction in case.directions:
        found = case.factor(direction)
        mean, which = found.mean, "selected events"
        column = f"weight_{case.name}_{direction}"
        if column in case.sample.factor_means:
            mean, which = case.sample.factor_means[column], "all events"
        noise = 3 * (found.std or 0.0) / sqrt(max(found.n, 1))
        if found.n and abs(mean - 1) > max(limits.mean_factor, noise):
            text = f"{direction}: the mean factor over {which} is {number(mean)}"
            yield _hit(case, "mean far from 1", text)


def _one_sided(
    samples: Sequence[SampleSummary], tags: Sequence[str], limits: Sentinels
) -> Iterator[Finding]:
    """Up and down change the yield of a process in the same direction, by more than chance may."""
    for process, members in aggregates.processes(samples).items():
        yields = aggregates.nominal_yields(members, tags)
        enough = [tag for tag in tags if yields[tag].n >= limits.min_events]
        for row, other in _up_and_down(systematic_rows(members, tags)):
            for tag in enough:
                pair = (row.effect[tag], other.effect[tag])
                if _same_side(pair, max(limits.one_sided, _noise(row, yields[tag]))):
                    effects = f"up {relative(pair[0])}, down {relative(pair[1])}"
                    text = f"yield of {process} in {tag}: {effects}"
                    where = row.systematic
                    yield Finding(kind="one-sided", where=where, text=text, severity="warning")


def _up_and_down(
    rows: Sequence[SystematicRow],
) -> Iterator[tuple[SystematicRow, SystematicRow]]:
    """The rows of systematics that have both directions."""
    down = {row.systematic: row for row in rows if row.direction == _DOWN}
    up = {row.systematic: row for row in rows if row.direction == _UP}
    return ((row, down[name]) for name, row in up.items() if name in down)


def _same_side(pair: tuple[float | None, float | None], least: float) -> bool:
    """Equal directions are another finding."""
    up, down = pair
    if up is None or down is None or abs(up - down) <= _ROUNDING:
        return False
    return up * down > 0 and min(abs(up), abs(down)) > least


def _noise(row: SystematicRow, found: Yield) -> float:
    """What chance may do: events have other factors, and shifted ones migrate between tags."""
    if row.kind == "weight":
        return (row.factor.std or 0.0) / sqrt(max(found.n, 1))
    return found.error / abs(found.value) if found.value else 0.0
