"""What really is in the demo files, for tests of closure and of the bookkeeping.

A JSON file stands beside every ROOT file, under the same stem with the suffix `.truth.json`:

- `sample`, `year`, `number`, `n_events`;
- `events_per_process`: the number of events of each process. For data only those in certified
  lumisections; the others are in `uncertified_events_per_process` (empty for simulation);
- simulation: `sum_weights` and `sum_weights2`, the float64 sums of the stored float32 `genWeight`
  and of its square, and `n_negative`;
- data: `n_lumisections`, `n_certified_lumisections`, `certified_share` (of the year's luminosity),
  `expected_events_per_process` (the mean of the Poisson distribution each process was drawn from,
  certified part) and `n_lost_to_prefiring` (drawn in addition, and not in the file).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from higgsflow.demo import constants

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


def expected_yield(sample: str, year: str) -> float:
    """Events of a process in the certified luminosity of a year, before any loss.

    The sum of the scaled generator weights of its simulation, and the mean number drawn for data
    (prefiring then loses some of them, as its weight says for simulation).
    """
    cross_section = constants.CROSS_SECTIONS[sample] * constants.BRANCHING_FRACTIONS[sample]
    return cross_section * 1000 * constants.LUMINOSITIES[year]


def truth_path(root_file: Path) -> Path:
    """Where the truth of a ROOT file stands."""
    return root_file.with_suffix(".truth.json")


def read_truth(root_file: Path) -> dict[str, Any]:
    """The truth of a ROOT file."""
    truth: dict[str, Any] = json.loads(truth_path(root_file).read_text(encoding="utf-8"))
    return truth


def describe_simulation(sample: str, weights: NDArray[np.float32]) -> dict[str, Any]:
    """The part of the truth that only simulation has."""
    exact = weights.astype(np.float64)
    return {
        "events_per_process": {sample: len(exact)},
        "uncertified_events_per_process": {},
        "sum_weights": float(exact.sum()),
        "sum_weights2": float((exact**2).sum()),
        "n_negative": int((exact < 0).sum()),
    }


def count_processes(process: NDArray[np.integer[Any]]) -> dict[str, int]:
    """Number of events of each process."""
    counts = np.bincount(process, minlength=len(constants.SIMULATIONS))
    return dict(zip(constants.SIMULATIONS, map(int, counts), strict=True))
