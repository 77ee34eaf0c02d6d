"""Which lumisections the demo data were taken in, and which of them are certified."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from higgsflow.demo import constants

if TYPE_CHECKING:
    from numpy.typing import NDArray

Ranges = tuple[tuple[int, int], ...]

# Recorded lumisections [1, last] of every run and the certified ranges, both ends included. Each
# year has three runs per file; one run of each year is not certified at all.
RUNS: dict[str, dict[int, tuple[int, Ranges]]] = {
    "2016": {
        273158: (36, ((1, 34),)),
        275657: (40, ((1, 16), (19, 40))),
        276831: (28, ((3, 28),)),
        278308: (44, ((1, 20), (24, 44))),
        278808: (8, ()),
        279694: (50, ((2, 49),)),
        281976: (38, ((1, 38),)),
        283270: (33, ((1, 11), (14, 30))),
        284044: (26, ((1, 24),)),
    },
    "2017": {
        297050: (42, ((5, 41),)),
        299368: (35, ((1, 35),)),
        300122: (30, ((1, 12), (15, 30))),
        302131: (7, ()),
        303832: (48, ((1, 22), (25, 46))),
        304062: (40, ((2, 40),)),
        305040: (37, ((1, 33),)),
        306155: (29, ((4, 29),)),
        306459: (45, ((1, 23), (27, 45))),
    },
    "2018": {
        315257: (30, ((1, 28),)),
        316758: (46, ((1, 19), (22, 46))),
        317291: (34, ((3, 33),)),
        319347: (41, ((1, 41),)),
        320497: (39, ((1, 17), (20, 36))),
        321973: (9, ()),
        322599: (32, ((2, 32),)),
        323940: (47, ((1, 25), (29, 47))),
        325172: (31, ((1, 30),)),
    },
}


class Lumisections(NamedTuple):
    """Recorded lumisections of one data file, in order; arrays of one length."""

    run: NDArray[np.uint32]
    luminosity_block: NDArray[np.uint32]
    certified: NDArray[np.bool_]


def golden_json(year: str) -> dict[str, list[list[int]]]:
    """The certified ranges of a year in the CMS format, as they stand in config/golden."""
    return {
        str(run): [list(pair) for pair in ranges]
        for run, (_, ranges) in RUNS[year].items()
        if ranges
    }


def of_file(year: str, number: int) -> Lumisections:
    """All lumisections of one data file, empty ones included."""
    per_file = len(RUNS[year]) // constants.N_FILES
    runs = list(RUNS[year].items())[number * per_file : (number + 1) * per_file]
    blocks = [np.arange(1, last + 1, dtype=np.uint32) for _, (last, _) in runs]
    certified = [
        np.any([(block >= low) & (block <= high) for low, high in ranges], axis=0)
        if ranges
        else np.zeros(len(block), dtype=bool)
        for block, (_, (_, ranges)) in zip(blocks, runs, strict=True)
    ]
    names = np.array([run for run, _ in runs], dtype=np.uint32)
    run = np.repeat(names, [len(block) for block in blocks])
    return Lumisections(run, np.concatenate(blocks), np.concatenate(certified))


def certified_share(year: str, number: int) -> float:
    """Fraction of the year's certified luminosity that one data file holds."""
    counts = [int(of_file(year, n).certified.sum()) for n in range(constants.N_FILES)]
    return counts[number] / sum(counts)


def draw_lumisections(
    rng: np.random.Generator, lumisections: Lumisections, certified: NDArray[np.bool_]
) -> NDArray[np.integer[Any]]:
    """Indices of the lumisection of each event, by whether it is to be certified.

    The second certified lumisection of a file stays without events: its luminosity counts.
    """
    good = np.flatnonzero(lumisections.certified)
    good = np.delete(good, 1)
    bad = np.flatnonzero(~lumisections.certified)
    return np.where(certified, rng.choice(good, len(certified)), rng.choice(bad, len(certified)))
