"""What an RNTuple says of itself, held against its checksums before anybody takes it at its word.

uproot compares these once it has read what they are of; a damaged count keeps it reading for hours.
Source of the layout: the specification of the binary format of RNTuple, 1.0.
"""

from __future__ import annotations

import struct
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import lazy_loader as lazy

from higgsflow.errors import InputFileError
from higgsflow.events.codecs import decompressed
from higgsflow.events.page_lists import Group, PageLists

if TYPE_CHECKING:
    from collections.abc import Iterator

xxhash = lazy.load("xxhash")

_CHECKSUM = struct.Struct("<Q")


def is_rntuple(tree: Any) -> bool:
    """Whether uproot has opened an RNTuple, not a TTree."""
    return hasattr(type(tree), "cluster_summaries")


def check_envelopes(file: Any, ntuple: Any, url: str) -> None:
    """Raises where header, footer or the lists of pages are not what was written."""
    for part in ("Header", "Footer"):
        said = (int(ntuple.member(f"f{field}{part}")) for field in ("Seek", "NBytes", "Len"))
        with _telling(part.lower(), url):
            _checked(file, *said)
    lists = PageLists(ntuple.header.checksum)
    for number, group in enumerate(ntuple.footer.cluster_group_records):
        link = group.page_list_link
        with _telling(f"page list {number}", url):
            content = _checked(
                file, link.locator.offset, link.locator.num_bytes, link.env_uncomp_size
            )
            lists.add(content, Group(group.min_entry_num, group.entry_span, group.num_clusters))


@contextmanager
def _telling(part: str, url: str) -> Iterator[None]:
    try:
        yield
    except (ValueError, struct.error) as error:
        raise InputFileError(
            f"the {part} of an RNTuple in {url} is damaged", str(error), "copy the file again"
        ) from error


def _checked(file: Any, seek: int, packed: int, size: int) -> bytes:
    """What is at a place, and bytes there and unpacked.

    Raises:
        ValueError: unless its checksum says that it is whole.
    """
    raw = memoryview(file.file.chunk(seek, seek + packed).raw_data.tobytes())
    content = raw if packed == size else memoryview(decompressed(raw, size).tobytes())
    (expected,) = _CHECKSUM.unpack(content[-_CHECKSUM.size :])
    if xxhash.xxh3_64_intdigest(content[: -_CHECKSUM.size]) != expected:
        raise ValueError("its checksum does not fit")
    return content.tobytes()
