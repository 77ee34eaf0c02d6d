"""Blocks as uproot writes them, and whatever may become of them."""

from __future__ import annotations

import lzma
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from uproot.compression import LZ4, LZMA, ZLIB, ZSTD, Compression, compress

from higgsflow.events import codecs
from higgsflow.events.codecs import decompressed

CODECS = (LZ4(1), LZMA(1), ZLIB(1), ZSTD(1))
CONTENT = np.arange(300, dtype=">u4").tobytes() * 10
contents = st.binary(min_size=1, max_size=50).map(lambda part: part * 200)


def packed(content: bytes, codec: Compression) -> bytes:
    block = compress(content, codec)
    assert len(block) < len(content)
    return bytes(block)


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)
@given(parts=st.lists(contents, min_size=1, max_size=3))
@settings(max_examples=20)
def test_blocks_are_what_was_packed(codec: Compression, parts: list[bytes]) -> None:
    blocks, whole = b"".join(packed(part, codec) for part in parts), b"".join(parts)
    assert bytes(decompressed(memoryview(blocks), len(whole))) == whole


def test_blocks_of_several_codecs_may_follow_each_other() -> None:
    blocks = b"".join(packed(CONTENT, codec) for codec in CODECS)
    assert bytes(decompressed(memoryview(blocks), 4 * len(CONTENT))) == 4 * CONTENT


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)
@pytest.mark.parametrize("kept", [0, 5, 9, 12, 100, -1])
def test_blocks_that_are_cut_off_are_refused(codec: Compression, kept: int) -> None:
    blocks = packed(CONTENT, codec)
    with pytest.raises(ValueError, match=r"cut off|were expected"):
        decompressed(memoryview(blocks[:kept]), len(CONTENT))


@pytest.mark.parametrize("wrong", [-1, 1, 5000])
@pytest.mark.parametrize("n", [1, 2])
def test_another_length_is_refused(n: int, wrong: int) -> None:
    blocks = packed(CONTENT, ZSTD(1)) * n
    with pytest.raises(ValueError, match=r"more than|were expected"):
        decompressed(memoryview(blocks), n * len(CONTENT) + wrong)


def test_a_block_of_another_length_than_it_says_is_refused() -> None:
    """A valid stream behind a head that lies."""
    stream = zlib.compress(CONTENT)
    head = b"ZL\x08" + struct.pack("<I", len(stream))[:3] + struct.pack("<I", 2 * len(CONTENT))[:3]
    with pytest.raises(ValueError, match=f"holds {len(CONTENT)} bytes"):
        decompressed(memoryview(head + stream), 2 * len(CONTENT))


def test_unknown_codec_is_named() -> None:
    with pytest.raises(ValueError, match="unknown codec b'CS'"):
        decompressed(memoryview(b"CS" + packed(CONTENT, ZSTD(1))[2:]), len(CONTENT))


@given(position=st.integers(9, 400), flipped=st.integers(1, 255))
def test_no_flipped_bit_of_lz4_stays_unseen(position: int, flipped: int) -> None:
    """Of the other codecs not all have checksums."""
    blocks = bytearray(packed(CONTENT[:2000] * 10, LZ4(1)))
    blocks[position] ^= flipped
    with pytest.raises(ValueError, match="checksum"):
        decompressed(memoryview(blocks), 20_000)


def test_lzma_that_another_program_wrote() -> None:
    stream = lzma.compress(CONTENT, preset=9)
    head = b"XZ\x00" + struct.pack("<I", len(stream))[:3] + struct.pack("<I", len(CONTENT))[:3]
    assert bytes(decompressed(memoryview(head + stream), len(CONTENT))) == CONTENT


def test_lzma_of_a_python_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codecs, "lzma", None)
    blocks = packed(CONTENT, LZMA(1))
    assert bytes(decompressed(memoryview(blocks), len(CONTENT))) == CONTENT


@pytest.mark.parametrize("codec", [LZMA(1), ZLIB(1)], ids=lambda codec: codec.name)
@pytest.mark.parametrize("wrong", [-1, 1, 3000])
def test_a_head_that_tells_another_size_is_refused(codec: Compression, wrong: int) -> None:
    blocks = bytearray(packed(CONTENT, codec))
    size = len(CONTENT) + wrong
    blocks[6:9] = struct.pack("<I", size)[:3]
    with pytest.raises(ValueError, match="expected"):
        decompressed(memoryview(blocks), size)


@pytest.mark.parametrize("codec", [LZMA(1), ZLIB(1)], ids=lambda codec: codec.name)
def test_a_checksum_at_the_end_is_compared(codec: Compression) -> None:
    blocks = bytearray(packed(CONTENT, codec))
    # of zlib the last bytes; of LZMA it stands before the index and the foot
    blocks[-1 if codec.name == "ZLIB" else -30] ^= 1
    with pytest.raises((ValueError, lzma.LZMAError)):
        decompressed(memoryview(blocks), len(CONTENT))


@pytest.mark.parametrize("codec", [LZMA(1), ZLIB(1)], ids=lambda codec: codec.name)
def test_a_stream_without_its_end_is_refused(codec: Compression) -> None:
    """All of the content is there, but not what would show that it is right."""
    blocks = bytearray(packed(CONTENT, codec))[:-3]
    blocks[3:6] = struct.pack("<I", len(blocks) - 9)[:3]
    with pytest.raises(ValueError, match="were expected"):
        decompressed(memoryview(blocks), len(CONTENT))
