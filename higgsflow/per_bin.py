"""What jobs keep for every combination of the bins in which weights preserve sums.

A job does not know the ratios that the merge multiplies weights with. Within one combination of
bins they are constants: so counters and moments are kept of each, and put together when all ratios
are known (`yields.py`, `merged_moments.py`).
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from higgsflow.preserved import bin_column
from higgsflow.records.moments import measure_all
from higgsflow.selection.cutflow import count

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from higgsflow.events.lists import Index
    from higgsflow.model.systematic import Systematics, WeightSystematic
    from higgsflow.records.moments import MeasuredColumns
    from higgsflow.selection.cutflow import Counter

Array = npt.NDArray[np.float64]
Binned = tuple["WeightSystematic", ...]
# the bin of each event, and the number of bins, of one source
Positions = tuple[npt.NDArray[Any], int]


def binned_for(systematics: Systematics, weight: WeightSystematic | None) -> Binned:
    """The sources whose bins matter to the full weight of a source; to the central one for None."""
    binned = [w for w in systematics.weights.values() if w.preserved and w.preserved.column]
    return tuple(w for w in binned if w.modify_central_weight or w is weight)


def combinations(binned: Binned) -> Iterator[tuple[str, dict[str, int]]]:
    """How names end that are of one combination, and its bin by the column of bins; in order."""
    columns = [bin_column(weight) for weight in binned]
    sizes = [weight.preserved.n for weight in binned if weight.preserved is not None]
    for bins in product(*map(range, sizes)):
        yield _ending(bins), dict(zip(columns, bins, strict=True))


def _ending(bins: Sequence[int]) -> str:
    return f"@{','.join(map(str, bins))}" if bins else ""


def count_per_bin(
    name: str, weight: Array, rows: Index, bins: Sequence[Positions]
) -> dict[str, Counter]:
    """Counters of a weight over some rows, for each combination of bins.

    None where there are no bins: then the counter of all rows says it.
    """
    return {name + ending: count(weight.take(of)) for ending, of in _rows(rows, bins).items()}


def measure_per_bin(
    columns: Mapping[str, npt.NDArray[Any]], bins: Sequence[Positions], rows: Index, weight: Array
) -> list[MeasuredColumns]:
    """Moments of columns over some rows, for each combination of bins; none without bins."""
    found = measure_all(columns, weight, _rows(rows, bins))
    return [measured.called(ending) for ending, measured in found.items()]


def _rows(rows: Index, bins: Sequence[Positions]) -> dict[str, Index]:
    """The rows of each combination, also of those that have none."""
    if not bins:
        return {}
    sizes = [n for _, n in bins]
    numbers = np.ravel_multi_index([positions.take(rows) for positions, _ in bins], sizes)
    ends = np.cumsum(np.bincount(numbers, minlength=int(np.prod(sizes))))
    parts = np.split(rows.take(np.argsort(numbers, kind="stable")), ends[:-1])
    endings = (_ending(chosen) for chosen in product(*map(range, sizes)))
    return dict(zip(endings, parts, strict=True))
