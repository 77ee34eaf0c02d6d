"""Decompression of what ROOT compresses: blocks, each with a head that names codec and lengths.

The libraries are the fastest at hand: for zstd that of pyarrow, which unpacks a block in one step,
in a tenth less time than cramjam does it as a stream; for zlib libdeflate, in half of the time; for
LZMA that of Python, in a tenth less than cramjam's, with liblzma 5.8 in a quarter less.
"""

from __future__ import annotations

import struct
from functools import cache
from typing import TYPE_CHECKING, Any

import lazy_loader as lazy

if TYPE_CHECKING:
    from collections.abc import Callable

try:
    import lzma
except ImportError:
    # a Python that was built where liblzma had no headers
    lzma = None  # type: ignore[assignment]

cramjam = lazy.load("cramjam")
deflate = lazy.load("deflate")
pyarrow = lazy.load("pyarrow")
xxhash = lazy.load("xxhash")

# of a codec's own kind
Bytes = Any
# codec, method, and two lengths of three bytes each, the low one first
_HEAD = struct.Struct("<2sBHBHB")
_CHECKSUM = struct.Struct(">Q")


def decompressed(data: memoryview, size: int) -> Bytes:
    """The content of one or more blocks, which have `size` bytes together.

    Raises:
        ValueError: when a length, a checksum or the codec is not what it should be.
    """
    block, end = _block(data, 0) if data else (b"", 0)
    if len(block) == size:
        return block
    content = bytearray(block)
    while end < len(data) and len(content) <= size:
        block, end = _block(data, end)
        content += block
    if len(content) > size:
        raise ValueError(f"blocks hold more than {size} bytes")
    if len(content) < size:
        raise ValueError(f"blocks hold {len(content)} bytes, {size} were expected")
    return content


def _block(data: memoryview, position: int) -> tuple[Bytes, int]:
    """The content of the block that begins there, and where it ends."""
    if position + _HEAD.size > len(data):
        raise ValueError("the head of a compressed block is cut off")
    codec, _, low, high, size_low, size_high = _HEAD.unpack_from(data, position)
    position += _HEAD.size
    end, size = position + low + (high << 16), size_low + (size_high << 16)
    if end > len(data):
        raise ValueError("a compressed block is cut off")
    if codec not in _CODECS:
        raise ValueError(f"unknown codec {codec!r}")
    block = _CODECS[codec](data[position:end], size)
    if len(block) != size:
        raise ValueError(f"a block holds {len(block)} bytes, {size} were expected")
    return block, end


def _zlib(data: memoryview, size: int) -> Any:
    try:
        return deflate.zlib_decompress(data, size)
    except deflate.DeflateError as error:
        raise ValueError(f"a block was not {size} bytes, as were expected: {error}") from error


def _lzma(data: memoryview, size: int) -> Any:
    if lzma is None:
        return cramjam.xz.decompress(data, output_len=size)
    stream = lzma.LZMADecompressor(lzma.FORMAT_XZ)
    # one more than there should be, so that it goes on to the checksum at the end
    content = stream.decompress(data, size + 1)
    if not stream.eof:
        raise ValueError(f"a block was not {size} bytes, as were expected")
    return content


def _zstd(data: memoryview, size: int) -> Any:
    try:
        # as bytes, whose memory is that of all arrays: pyarrow's own goes back to the system
        return _arrow("zstd").decompress(data, size, asbytes=True)
    except OSError as error:
        # an error of the data, not of the file
        raise ValueError(f"a block was not {size} bytes, as were expected: {error}") from error


@cache
def _arrow(codec: str) -> Any:
    return pyarrow.Codec(codec)


def _lz4(data: memoryview, size: int) -> Any:
    (expected,) = _CHECKSUM.unpack_from(data)
    content = data[_CHECKSUM.size :]
    if xxhash.xxh64(content).intdigest() != expected:
        raise ValueError("the checksum of a block does not fit")
    return cramjam.lz4.decompress_block(content, output_len=size)


_CODECS: dict[bytes, Callable[[memoryview, int], Any]] = {
    b"ZL": _zlib,
    b"XZ": _lzma,
    b"ZS": _zstd,
    b"L4": _lz4,
}
