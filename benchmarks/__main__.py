"""Measures the goals in rounds, or growth: prints a table and writes it as JSON."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.cases import Scale, short
from benchmarks.growth import SHORT, Steps, growth, steps_of
from benchmarks.measurement import (
    Growth,
    Measurement,
    grown,
    growth_table,
    known_points,
    markdown,
    measurement,
    stages_table,
)
from benchmarks.pictures import draw
from benchmarks.rounds import one_round, short_round

if TYPE_CHECKING:
    from collections.abc import Sequence


def arguments(words: Sequence[str] | None) -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser("python -m benchmarks", description=__doc__)
    parser.add_argument("what", choices=("goals", "growth"))
    parser.add_argument("folder", type=Path, help="for inputs, which are kept, and results")
    parser.add_argument("--rounds", type=int, default=3, help="goals are measured so often")
    parser.add_argument("--short", action="store_true", help="few events, not to look at times")
    return parser.parse_args(words)


def main(words: Sequence[str] | None = None) -> None:
    """Measures, prints the table, and writes JSON and pictures into the folder."""
    given = arguments(words)
    folder = given.folder.resolve()
    if given.what == "growth":
        _growth(folder, given.short)
    elif given.short:
        short_round(short(folder))
        print("all designs selected the same events")
    else:
        _goals(folder, given.rounds)


def _goals(folder: Path, n_rounds: int) -> None:
    scale, rounds = Scale(folder), []
    for number in range(n_rounds):
        rounds.append(one_round(scale))
        found = measurement(scale, rounds)
        _write(folder / "goals.json", found)
        print(f"round {number + 1} of {n_rounds}", file=sys.stderr, flush=True)
    print(markdown(found))
    print(stages_table(found))


def _growth(folder: Path, is_short: bool) -> None:
    """Goes on where it was stopped, if nothing was changed since."""
    scale, steps = (short(folder), SHORT) if is_short else (Scale(folder), Steps())
    path = folder / "growth.json"
    for curves in growth(steps_of(scale, steps), known_points(path)):
        found = grown(curves)
        _write(path, found)
        n_points = sum(map(len, curves.values()))
        print(f"{n_points} points are measured", file=sys.stderr, flush=True)
    draw(folder / "growth.png", found.curves, found.lines)
    print(growth_table(found))


def _write(path: Path, found: Measurement | Growth) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(found.model_dump_json(indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
