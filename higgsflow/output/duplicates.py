"""Events that two samples of data hold both: they would count twice where the samples add."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from higgsflow.errors import NormalizationError
from higgsflow.output.merged_events import read

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_IDENTITY = ["run", "luminosityBlock", "event"]


def refuse_shared(merged: Mapping[str, Path]) -> None:
    """Compares (run, lumi, event) of merged data files, by sample, that are added somewhere.

    Raises:
        NormalizationError: for an event that two of them hold; names both and the event.
    """
    if len(merged) < 2:
        return
    # each file was found to hold no event twice when it was merged
    identities = {name: read(path, _IDENTITY) for name, path in merged.items()}
    for first, second in combinations(identities, 2):
        shared = identities[first].join(identities[second], _IDENTITY, join_type="inner")
        if len(shared):
            shared = shared.sort_by([(name, "ascending") for name in _IDENTITY])
            event = ":".join(str(shared[name][0].as_py()) for name in _IDENTITY)
            raise NormalizationError(
                f"{first} and {second} both hold event {event}",
                f"and {len(shared) - 1} more",
                "name both in `primary_datasets` of the catalogue, with their triggers",
            )
