"""Which events are a primary dataset's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import lazy_loader as lazy
import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Iterable

    from higgsflow.model.dataset import PrimaryDataset

ak = lazy.load("awkward")

# what the sum of these is called, beside those of factors
LEFT_TO_OTHERS = "events_of_other_datasets"


Rows = npt.NDArray[np.int64]


def own_rows(dataset: PrimaryDataset | None, events: Any, rows: Rows) -> Rows:
    """Of these rows those that no other dataset has; all where there are no others."""
    return rows if dataset is None else rows[is_own(dataset, events[rows])]


def left_to_others(dataset: PrimaryDataset | None, rows: Rows, own: Rows) -> dict[str, float]:
    """How many of the rows are not its own, as a sum by name."""
    return {} if dataset is None else {LEFT_TO_OTHERS: float(len(rows) - len(own))}


def is_own(dataset: PrimaryDataset, events: Any) -> npt.NDArray[np.bool_]:
    """Whether an event fired a trigger of its dataset, and none of those before it."""
    return _fired(dataset.triggers, events) & ~_fired(dataset.before, events)


def _fired(triggers: Iterable[str], events: Any) -> npt.NDArray[np.bool_]:
    """Any of these; one that may be absent, and is, did not fire."""
    fired = np.zeros(len(events), dtype=np.bool_)
    for trigger in triggers:
        name = trigger.rstrip("?")
        if name == trigger or name in events.fields:
            fired |= np.asarray(ak.to_numpy(events[name])) != 0
    return fired
