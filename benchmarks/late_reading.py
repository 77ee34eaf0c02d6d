"""What a job of background takes that looks at generated particles of selected events only.

    python -m benchmarks.late_reading FOLDER [--codec lzma] [--baskets 20000 5000 2000]

makes files of such events with baskets of these sizes, and prints what a warm job takes without
variations, beside what it takes to decompress all needed columns, and the share of their bytes that
it asks for. Files and stores in the folder are kept.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.cases import Case, Scale
from benchmarks.limit import limit
from benchmarks.program import profiled, run

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class Row(NamedTuple):
    """Jobs of files with baskets of one size.

    Attributes:
        job, decompression: processor seconds of one file.
        share: of the bytes of the needed columns that a job asks for.
    """

    basket: int
    job: float
    decompression: float
    share: float


def row(case: Case, scale: Scale) -> Row:
    """Of all files but the first, in one worker."""
    ran = run(case, scale)
    return Row(
        basket=scale.basket,
        job=median(ran.warm),
        decompression=limit(ran.config, ran.files[0]).decompress,
        share=profiled(case, scale).share,
    )


def table(rows: Sequence[Row]) -> Iterator[str]:
    """As Markdown."""
    yield "| events of a basket | job, CPU-s | decompression | of it | bytes asked for |"
    yield "|---|---|---|---|---|"
    for one in rows:
        of_it = one.job / one.decompression
        yield (
            f"| {one.basket:,} | {one.job:.3g} | {one.decompression:.3g} | {of_it:.2f} "
            f"| {one.share:.0%} |"
        )


def main() -> None:
    """Measures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--codec", default="lzma", choices=["zlib", "lzma", "lz4", "zstd"])
    parser.add_argument("--baskets", type=int, nargs="+", default=[20_000, 5_000, 2_000])
    given = parser.parse_args()
    case = Case("background", given.codec, 0)
    scales = [
        Scale(given.folder.resolve() / f"baskets_{basket}", basket=basket, n_files=3)
        for basket in given.baskets
    ]
    print("\n".join(table([row(case, scale) for scale in scales])))


if __name__ == "__main__":
    main()
