"""What an RNTuple says of itself, held against its checksums before anybody takes it at its word.

uproot compares these once it has read what they are of; a damaged count keeps it reading for hours.
Source of the layout: the specification of the binary format of RNTuple, 1.0.
"""

from __future__ import annotations

import struct
from typing import Any

import lazy_loader as lazy

from higgsflow.errors import InputFileError
from higgsflow.events.codecs import decompressed

xxhash = lazy.load("xxhash")

_CHECKSUM = struct.Struct("<Q")


def is_rntuple(tree: Any) -> bool:
    """Whether uproot has opened an RNTuple, not a TTree."""
    return hasattr(type(tree), "cluster_summaries")


def check_envelopes(file: Any, ntuple: Any, url: str) -> None:
    """Raises where header or footer are not what was written."""
    for part in ("Header", "Footer"):
        seek, packed, size = (
            int(ntuple.member(f"f{field}{part}")) for field in ("Seek", "NBytes", "Len")
        )
        raw = memoryview(file.file.chunk(seek, seek + packed).raw_data.tobytes())
        content = raw if packed == size else memoryview(decompressed(raw, size).tobytes())
        (expected,) = _CHECKSUM.unpack(content[-_CHECKSUM.size :])
        if xxhash.xxh3_64_intdigest(content[: -_CHECKSUM.size]) != expected:
            raise InputFileError(
                f"the {part.lower()} of an RNTuple in {url} is damaged", "", "copy the file again"
            )
