"""What the needed columns of a file take to decompress, by codec and library.

    python -m benchmarks.codecs FOLDER [--codecs zlib lzma lz4 zstd]

makes a file of signal in each, and prints the processor seconds of the libraries that uproot takes
beside those of the fastest at hand, which the program takes. Files in the folder are kept.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.cases import Case, Scale
from benchmarks.limit import limit
from benchmarks.program import configure

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

CODECS = ("zlib", "lzma", "lz4", "zstd")


class Row(NamedTuple):
    """Processor seconds to decompress the needed columns of a file."""

    codec: str
    as_uproot: float
    fastest: float


def row(codec: str, scale: Scale) -> Row:
    """Of a file of signal."""
    case = Case("signal", codec, 0)
    files = scale.files(case)
    found = limit(configure(case, scale, files), files[0])
    return Row(codec, found.decompress_as_uproot, found.decompress)


def table(rows: Sequence[Row]) -> Iterator[str]:
    """As Markdown."""
    yield "| codec | libraries of uproot, CPU-s | those of the program | of it |"
    yield "|---|---|---|---|"
    for one in rows:
        share = one.fastest / one.as_uproot
        yield f"| {one.codec} | {one.as_uproot:.3g} | {one.fastest:.3g} | {share:.2f} |"


def main() -> None:
    """Measures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--codecs", nargs="+", default=CODECS, choices=CODECS)
    given = parser.parse_args()
    scale = Scale(given.folder.resolve(), n_files=1)
    print("\n".join(table([row(codec, scale) for codec in given.codecs])))


if __name__ == "__main__":
    main()
