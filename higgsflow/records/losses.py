"""What was processed of an incomplete sample, against what was lost of it.

Of lost events only their places are known. Whether losing them may bias numbers is judged by two
things: how much parts of what was processed differ from each other, beyond statistics, since what
was lost may differ as much; and whether what was lost looks like a random choice of all parts.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal, NamedTuple

from higgsflow.model.noun import Noun

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from higgsflow.events.chunks import Range
    from higgsflow.records.job_record import RangeSums

_ROUNDING = 1e-12  # relative; of sums of squares
_MANY = 5  # lost ranges from which on their mean is compared with a normal distribution

Pattern = Literal["", "of one file", "whole files", "the ends of files", "the beginnings of files"]
# entries, and mean of something over them
Part = tuple[int, float]


class Spread(Noun):
    """How much parts differ from each other.

    Attributes:
        mean: over all events that were processed.
        chi2: of the parts around it; null where there is no variance within parts, but between.
        ndf: parts less one.
        excess: standard deviation between parts beyond statistics, relative to the mean.
    """

    mean: float
    chi2: float | None
    ndf: int
    excess: float

    def is_beyond(self, significance: float) -> bool:
        """Whether that is more than statistics allow, in standard deviations of chi2."""
        if self.chi2 is None:
            return True
        return self.ndf > 0 and self.chi2 - self.ndf > significance * math.sqrt(2 * self.ndf)


class Placing(Noun):
    """A mean over lost ranges, and over all.

    Attributes:
        lost, every: the two means.
        chance: that a random choice of as many ranges is as far off, to either side.
    """

    lost: float
    every: float
    chance: float


class Losses(Noun):
    """What is known of the ranges that were lost.

    Attributes:
        n_ranges, n_lost: ranges that jobs read or should have read, and those that were lost.
        fraction_lost: of the entries, with those that are left out.
        weight: of the mean generator weight of ranges; null where each has one event, since then
            nobody knows how much events differ.
        selected: of the selected fraction of chunks, nominal; null where an event may have
            several rows.
        pattern: what all lost ranges are, the least likely of what is true.
        chance: that a random choice of as many ranges is that.
        position: of the middle of a range in its file, 0 its beginning and 1 its end.
        file_entries: entries of the file that a range is in.
    """

    n_ranges: int
    n_lost: int
    fraction_lost: float
    weight: Spread | None
    selected: Spread | None
    pattern: Pattern
    chance: float
    position: Placing | None
    file_entries: Placing | None


class _Place(NamedTuple):
    """A range, and whether it was lost."""

    uuid: str
    start: int
    stop: int
    lost: bool


def losses(
    done: Sequence[RangeSums],
    lost: Sequence[Range],
    selected: Iterable[tuple[int, int | None]],
    left_out: Sequence[Range] = (),
) -> Losses | None:
    """Compares what was processed with what was lost; None where nothing was.

    `selected` are entries and selected events of each chunk that counts. `left_out` was read, but
    does not count without what was lost, as parts of skims. Files without events, whose ranges are
    empty, have no part in it.
    """
    done = [part for part in done if part.stop > part.start]
    lost, left_out = ([part for part in parts if part.n_entries] for parts in (lost, left_out))
    if not lost:
        return None
    places = [
        *(_Place(part.uuid, part.start, part.stop, lost=False) for part in done),
        *(_Place(part.uuid, part.start, part.stop, lost=False) for part in left_out),
        *(_Place(part.uuid, part.start, part.stop, lost=True) for part in lost),
    ]
    n_lost = sum(part.n_entries for part in (*lost, *left_out))
    n_done = sum(part.stop - part.start for part in done)
    pattern, chance = _pattern(places)
    length: dict[str, int] = {}
    for place in places:
        length[place.uuid] = max(length.get(place.uuid, 0), place.stop)
    middles = {p: (p.start + p.stop) / 2 / length[p.uuid] for p in places}
    return Losses(
        n_ranges=len(places),
        n_lost=len(lost),
        fraction_lost=n_lost / (n_lost + n_done),
        weight=_of_weights(done),
        selected=_of_selected(list(selected)),
        pattern=pattern,
        chance=chance,
        position=_placing(places, middles),
        file_entries=_placing(places, {p: float(length[p.uuid]) for p in places}),
    )


def _of_weights(done: Sequence[RangeSums]) -> Spread | None:
    parts = [(part.stop - part.start, part.sum_g / (part.stop - part.start)) for part in done]
    within = math.fsum(
        part.sum_g2 - n * mean**2 for part, (n, mean) in zip(done, parts, strict=True)
    )
    free = sum(n for n, _ in parts) - len(parts)
    return _spread(parts, max(0.0, within / free)) if free else None


def _of_selected(chunks: Sequence[tuple[int, int | None]]) -> Spread | None:
    known = [(n, k) for n, k in chunks if n and k is not None and k <= n]
    if len(known) < len(chunks) or not known:
        return None
    share = sum(k for _, k in known) / sum(n for n, _ in known)
    return _spread([(n, k / n) for n, k in known], share * (1 - share))


def _spread(parts: Sequence[Part], variance: float) -> Spread | None:
    """Of the means of parts, given the variance of one event within them.

    The excess is the estimate of DerSimonian and Laird, Control. Clin. Trials 7 (1986) 177.
    """
    total = sum(n for n, _ in parts)
    if len(parts) < 2:
        return None
    mean = math.fsum(n * m for n, m in parts) / total
    between = math.fsum(n * (m - mean) ** 2 for n, m in parts)
    scale = _ROUNDING * math.fsum(n * m**2 for n, m in parts)
    between = between if between > scale else 0.0
    ndf = len(parts) - 1
    weight = total - sum(n**2 for n, _ in parts) / total
    excess = math.sqrt(max(0.0, between - ndf * variance) / weight)
    chi2 = between / variance if variance * total > scale else (None if between else 0.0)
    return Spread(mean=mean, chi2=chi2, ndf=ndf, excess=excess / abs(mean) if mean else 0.0)


def _pattern(places: Sequence[_Place]) -> tuple[Pattern, float]:
    """The least likely of what is true of all lost ranges, were they chosen at random."""
    files: dict[str, list[_Place]] = {}
    for place in sorted(places):
        files.setdefault(place.uuid, []).append(place)
    n_lost = sum(place.lost for place in places)
    touched = [parts for parts in files.values() if any(p.lost for p in parts)]
    ways: list[tuple[int, Pattern]] = []
    if len(touched) == 1:
        ways.append((sum(math.comb(len(parts), n_lost) for parts in files.values()), "of one file"))
    if all(p.lost for parts in touched for p in parts):
        ways.append((math.comb(len(files), len(touched)), "whole files"))
    for name, at in _EDGES.items():
        if n_lost == sum(parts[at].lost for parts in files.values()):
            ways.append((math.comb(len(files), n_lost), name))
    if not ways:
        return "", 1.0
    fewest, found = min(ways)
    return found, min(1.0, fewest / math.comb(len(places), n_lost))


_EDGES: dict[Pattern, int] = {"the ends of files": -1, "the beginnings of files": 0}


def _placing(places: Sequence[_Place], values: Mapping[_Place, float]) -> Placing | None:
    """A mean over a sample without replacement from a finite population."""
    n, chosen = len(places), [values[place] for place in places if place.lost]
    every = math.fsum(values.values()) / n
    variance = math.fsum((value - every) ** 2 for value in values.values()) / n
    if len(chosen) < _MANY or len(chosen) == n or not variance:
        return None
    lost = math.fsum(chosen) / len(chosen)
    sigma = math.sqrt(variance / len(chosen) * (n - len(chosen)) / (n - 1))
    chance = math.erfc(abs(lost - every) / sigma / math.sqrt(2))
    return Placing(lost=lost, every=every, chance=chance)
