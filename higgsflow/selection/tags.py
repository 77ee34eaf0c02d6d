"""Counters of tags: the events of their masks, those that they got, and those that they share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from higgsflow.selection.cutflow import (
    Counter,
    Mask,
    Weight,
    combined,
    counters,
    is_dense,
    sums_by_pattern,
)

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class TagCounters:
    """What was counted of the tags of a step.

    Attributes:
        before: per tag the events of its mask.
        after: per tag the events that it got: those of its mask and of none before.
        overlap: O_ij, events in the masks of tags i and j.
    """

    before: dict[str, Counter]
    after: dict[str, Counter]
    overlap: tuple[tuple[int, ...], ...]


def count_tags(tags: Sequence[str], masks: Any, weight: Weight) -> TagCounters:
    """Counters of masks (taggers x events).

    Events are counted once, by the combination of masks that they are in.
    """
    inside, sums = _combinations_of(np.asarray(masks), weight)
    got = inside & (np.cumsum(inside, axis=0) == 1)
    both = np.where(np.concatenate([inside, got]), sums[:, np.newaxis], 0).sum(axis=2)
    found, n = counters(both), len(inside)
    overlap = (inside * sums[0]) @ inside.T
    return TagCounters(
        before=dict(zip(tags, found[:n], strict=True)),
        after=dict(zip(tags, found[n:], strict=True)),
        overlap=tuple(tuple(map(int, line)) for line in overlap.tolist()),
    )


def _combinations_of(masks: Mask, weight: Weight) -> tuple[Mask, npt.NDArray[np.float64]]:
    """Which masks each combination is in (taggers x combinations), and the sums of its events."""
    if is_dense(len(masks)):
        patterns, sums = sums_by_pattern(len(masks), combined(masks), weight)
        return (patterns >> np.arange(len(masks))[:, np.newaxis]) & 1 == 1, sums
    inside, codes = np.unique(masks, axis=1, return_inverse=True)
    found = [np.bincount(codes.ravel(), w, inside.shape[1]) for w in (None, weight, weight**2)]
    return inside, np.array(found)
