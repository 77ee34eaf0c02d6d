"""The demo samples: which there are, and how one file of them is made.

A file depends on nothing but its sample, year and number, so that it can be made anywhere, alone,
and twice with the same content.
"""

from __future__ import annotations

import json
import logging
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from higgsflow.demo import constants, events, lumisections, padded, root_file, truth
from higgsflow.demo.names import N_FILES, file_name

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

logger = logging.getLogger(__name__)

EVENTS_PER_LUMISECTION = 200  # of simulation
FIRST_EVENT = 10_000_000  # events of different files have different numbers

Trees = dict[str, dict[str, Any]]


def generate_sample(sample: str, year: str, directory: Path) -> tuple[Path, ...]:
    """Write all files of a sample and year."""
    return tuple(generate_file(sample, year, number, directory) for number in range(N_FILES))


def generate_file(sample: str, year: str, number: int, directory: Path) -> Path:
    """Write one ROOT file, and its truth beside it.

    The truth comes first: a ROOT file that exists is complete in every respect.

    Raises:
        UnknownName: the demo has no such sample, year or file.
    """
    path = directory / file_name(sample, year, number)
    seed = zlib.crc32(f"{sample}/{year}/{number}".encode())
    rng = np.random.default_rng(np.random.SeedSequence(seed))
    make = _make_data if sample == constants.DATA else _make_simulation
    columns, trees, facts = make(rng, sample, year, number)
    known = {"sample": sample, "year": year, "number": number, "n_events": len(columns["run"])}
    text = json.dumps(known | facts, indent=2) + "\n"
    root_file.write_atomically(truth.truth_path(path), text.encode())
    root_file.write_root_file(path, columns, trees)
    logger.debug("wrote %s events to %s", known["n_events"], path)
    return path


def _make_simulation(
    rng: np.random.Generator, sample: str, year: str, number: int
) -> tuple[dict[str, Any], Trees, dict[str, Any]]:
    """Columns, further trees and truth of a file of simulation."""
    n = constants.simulated_events(sample, year, number)
    single = (sample, number) == (constants.ONE_PHOTON_SAMPLE, constants.ONE_PHOTON_FILE)
    columns = events.simulate(rng, sample, year, n, single=single)
    index = np.arange(n)
    # 100 lumisections lie between two files: far more than a file has
    block = (1 + 100 * number + index // EVENTS_PER_LUMISECTION).astype(np.uint32)
    run = np.ones(n, dtype=np.uint32)
    numbers = _event_numbers(run, block, number)
    blocks = np.unique(block)
    trees: Trees = {
        "Runs": _runs_of_simulation(columns, constants.RUNS_ROWS[sample]),
        "LuminosityBlocks": {"run": np.ones_like(blocks), "luminosityBlock": blocks},
    }
    return numbers | columns, trees, truth.describe_simulation(sample, columns["genWeight"])


def _event_numbers(
    run: NDArray[np.uint32], block: NDArray[np.uint32], number: int
) -> dict[str, NDArray[Any]]:
    event = np.arange(len(run)) + FIRST_EVENT * (number + 1)
    return {"run": run, "luminosityBlock": block, "event": event.astype(np.uint64)}


def _runs_of_simulation(columns: dict[str, Any], n_rows: int) -> dict[str, Any]:
    """The sums of the Runs tree, exactly those of the file's events, in `n_rows` rows."""
    weights = np.array_split(columns["genWeight"].astype(np.float64), n_rows)
    scales = np.asarray(columns["LHEScaleWeight"]).astype(np.float64)
    sums = np.array([w.sum() for w in weights])
    scale_sums = [
        w @ part / w.sum() for w, part in zip(weights, np.array_split(scales, n_rows), strict=True)
    ]
    return {
        "run": np.ones(n_rows, dtype=np.uint32),
        "genEventCount": np.array([len(w) for w in weights], dtype=np.int64),
        "genEventSumw": sums,
        "genEventSumw2": np.array([(w**2).sum() for w in weights]),
        "LHEScaleSumw": padded.fixed(np.array(scale_sums)),
    }


def _make_data(
    rng: np.random.Generator,
    _sample: str,
    year: str,
    number: int,
) -> tuple[dict[str, Any], Trees, dict[str, Any]]:
    """Columns, further trees and truth of a data file."""
    sections = lumisections.of_file(year, number)
    process, section, expected = _draw_processes(rng, year, number)
    columns, recorded = events.measure(rng, year, process)
    process, section = process[recorded], section[recorded]
    certified = sections.certified[section]
    run, block = sections.run[section], sections.luminosity_block[section]
    facts = {
        "events_per_process": truth.count_processes(process[certified]),
        "uncertified_events_per_process": truth.count_processes(process[~certified]),
        "expected_events_per_process": expected,
        "n_lost_to_prefiring": int((~recorded).sum()),
        "n_lumisections": len(sections.run),
        "n_certified_lumisections": int(sections.certified.sum()),
        "certified_share": lumisections.certified_share(year, number),
    }
    trees: Trees = {
        "Runs": {"run": np.unique(sections.run)},
        "LuminosityBlocks": {
            "run": sections.run,
            "luminosityBlock": sections.luminosity_block,
        },
    }
    return _event_numbers(run, block, number) | columns, trees, facts


def _draw_processes(
    rng: np.random.Generator, year: str, number: int
) -> tuple[NDArray[np.integer[Any]], NDArray[np.integer[Any]], dict[str, float]]:
    """Process and lumisection of each event, in order of time, and the expected numbers.

    Lumisections outside the golden JSON have events at the same rate, on top of the expectation.
    """
    share = lumisections.certified_share(year, number)
    expected = {name: truth.expected_yield(name, year) * share for name in constants.SIMULATIONS}
    sections = lumisections.of_file(year, number)
    means = np.array(list(expected.values()))
    outside = means * (~sections.certified).sum() / sections.certified.sum()
    counts = rng.poisson(np.concatenate([means, outside]))
    kind = np.repeat(np.arange(len(counts)), counts)
    section = lumisections.draw_lumisections(rng, sections, kind < len(means))
    # events of one lumisection come in random order, or processes would be told by their place
    order = np.lexsort((rng.random(len(kind)), section))
    return kind[order] % len(means), section[order], expected
