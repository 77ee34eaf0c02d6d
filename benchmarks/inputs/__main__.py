"""`python -m benchmarks.inputs FOLDER`: writes NanoAOD-like files for measurements."""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.inputs.generate import BRANCHES, LEVELS, Input
from benchmarks.inputs.kinds import KINDS


def main() -> None:
    """Writes the files and prints where they are."""
    parser = argparse.ArgumentParser("python -m benchmarks.inputs", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kind", choices=list(KINDS), default="signal")
    parser.add_argument("--codec", choices=list(LEVELS), default="zstd")
    parser.add_argument("--events", type=int, default=100_000, help="of one file")
    parser.add_argument("--basket", type=int, default=20_000, help="events of one basket")
    parser.add_argument("--branches", type=int, default=BRANCHES, help="TTree branches")
    parser.add_argument("--files", type=int, default=1)
    given = parser.parse_args()
    made = Input(given.kind, given.codec, given.events, given.basket, given.branches)
    for path in made.make(given.folder, given.files):
        print(f"{path} {path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
