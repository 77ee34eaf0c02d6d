"""The limit: how long the needed columns of a file take to decompress, and to turn their bytes."""

from __future__ import annotations

import lzma
import time
from functools import partial
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

import deflate
import numpy as np
import pyarrow as pa
import uproot
from uproot.compression import LZ4, LZMA, ZLIB, ZSTD

from higgsflow.catalog.load import load_analysis
from higgsflow.events.columns import locate
from higgsflow.events.tree import column_names
from higgsflow.kept_memory import use_large_pages
from higgsflow.plan import make_plan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    Codecs = Mapping[bytes, Callable[[bytes, int], Any]]

_HEADER = 9  # bytes before each compressed block: two of the codec, one of the method, two lengths
_OF_UPROOT = {
    b"ZL": ZLIB(1).decompress, b"XZ": LZMA(1).decompress, b"L4": LZ4(1).decompress,
    b"ZS": ZSTD(1).decompress,
}  # fmt: skip
# as the program does it: in one step, a tenth faster than uproot's, which is a stream
_FASTEST = {
    b"ZL": deflate.zlib_decompress, b"XZ": lambda body, _: lzma.decompress(body),
    b"L4": LZ4(1).decompress, b"ZS": partial(pa.Codec("zstd").decompress, asbytes=True),
}  # fmt: skip
_CHECKSUM = 8  # bytes, of LZ4
_WIDTHS = (1, 2, 4, 8)
_TIMES = 5


class Limit(NamedTuple):
    """Processor seconds of one file.

    Attributes:
        decompress, with_byteswap: by the fastest libraries at hand.
        decompress_as_uproot, with_byteswap_as_uproot: by those that uproot takes.
    """

    decompress: float
    with_byteswap: float
    decompress_as_uproot: float
    with_byteswap_as_uproot: float
    n_columns: int


class _Spent(NamedTuple):
    decompress: float
    with_byteswap: float


def limit(config: Path, path: Path) -> Limit:
    """Of the columns that the analysis reads."""
    model = load_analysis(config)
    plan = make_plan(model, model.samples.pairs[0])
    with uproot.open(path, array_cache=None, object_cache=None) as file:
        tree = file["Events"]
        needs = (*plan.first_needs, *plan.rest_needs)
        names = set(locate(needs, column_names(tree), str(path), plan.needed_by).values())
        baskets = [found for name in sorted(names) for found in _baskets(tree[name])]
    use_large_pages()
    _spent(baskets, _FASTEST)
    # when memory is there, as in a worker that has done another job; a tenth of a second by itself
    # says little where others share the machine
    both = [(_spent(baskets, _FASTEST), _spent(baskets, _OF_UPROOT)) for _ in range(_TIMES)]
    return Limit(
        decompress=median(fastest.decompress for fastest, _ in both),
        with_byteswap=median(fastest.with_byteswap for fastest, _ in both),
        decompress_as_uproot=median(slow.decompress for _, slow in both),
        with_byteswap_as_uproot=median(slow.with_byteswap for _, slow in both),
        n_columns=len(names),
    )


def _spent(baskets: list[tuple[bytes, int, int]], codecs: Codecs) -> _Spent:
    """Processor seconds to decompress, and to turn the bytes too; nothing is kept."""
    decompress = turn = 0.0
    for blocks, size, width in baskets:
        start = time.process_time()
        content = _decompressed(blocks, size, codecs)
        middle = time.process_time()
        np.frombuffer(content, f">u{width}", len(content) // width).astype(f"u{width}")
        decompress, turn = decompress + middle - start, turn + time.process_time() - middle
    return _Spent(decompress, decompress + turn)


def _baskets(branch: Any) -> Iterator[tuple[bytes, int, int]]:
    """Compressed bytes of each basket, the size of its content, and the width of its numbers."""
    content = getattr(branch.interpretation, "content", branch.interpretation)
    width = content.from_dtype.itemsize
    for number in range(branch.num_baskets):
        key = branch.basket_key(number)
        chunk, _ = branch.basket_chunk_cursor(number)
        payload = bytes(chunk.raw_data)[key.fKeylen : key.fNbytes]
        yield payload, key.fObjlen, width if width in _WIDTHS else 1


def _decompressed(blocks: bytes, size: int, codecs: Codecs) -> Any:
    if len(blocks) == size:
        return blocks
    found, at = [], 0
    while at < len(blocks):
        head = blocks[at : at + _HEADER]
        length, whole = (int.from_bytes(part, "little") for part in (head[3:6], head[6:9]))
        body = blocks[at + _HEADER : at + _HEADER + length]
        body = body[_CHECKSUM:] if head[:2] == b"L4" else body
        found.append(codecs[head[:2]](body, whole))
        at += _HEADER + length
    return found[0] if len(found) == 1 else b"".join(bytes(part) for part in found)
