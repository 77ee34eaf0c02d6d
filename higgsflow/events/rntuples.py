"""What an RNTuple says of itself, held against its checksums before anybody takes it at its word.

uproot compares these once it has read what they are of; a damaged count keeps it reading for hours.
Source of the layout: the specification of the binary format of RNTuple, 1.0.
"""

from __future__ import annotations

import os
import re
import struct
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import lazy_loader as lazy

from higgsflow.errors import InputFileError
from higgsflow.events.codecs import decompressed
from higgsflow.events.page_lists import Group, PageLists, check_lists

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

xxhash = lazy.load("xxhash")

_CHECKSUM = struct.Struct("<Q")
_COUNT, _LENGTH = struct.Struct("<I"), struct.Struct("<q")
# where the texts of a header begin, and in a footer what came later than its header
_BEFORE_TEXTS, _BEFORE_LATER = 16, 24
# how awkward calls what is made from one
_COLUMN = re.compile(r'"column-(\d+)')


def is_rntuple(tree: Any) -> bool:
    """Whether uproot has opened an RNTuple, not a TTree."""
    return hasattr(type(tree), "cluster_summaries")


def check_envelopes(file: Any, ntuple: Any, url: str) -> None:
    """Raises where header, footer or the lists of pages are not what was written."""
    for part in ("Header", "Footer"):
        said = (int(ntuple.member(f"f{field}{part}")) for field in ("Seek", "NBytes", "Len"))
        with _telling(part.lower(), url):
            _CHECKS[part](_checked(file, *said))
    lists = PageLists(ntuple.header.checksum)
    for number, group in enumerate(ntuple.footer.cluster_group_records):
        link = group.page_list_link
        with _telling(f"page list {number}", url):
            content = _checked(
                file, link.locator.offset, link.locator.num_bytes, link.env_uncomp_size
            )
            lists.add(content, Group(group.min_entry_num, group.entry_span, group.num_clusters))


def check_pages(ntuple: Any, names: Iterable[str], entries: tuple[int, int], url: str) -> None:
    """Raises where a page of these columns is not what was written; uproot does not look.

    As far as pages have checksums, as those of ROOT do, and only in files of this machine: a server
    would be asked for everything twice.
    """
    path = str(ntuple.file.file_path)
    if "://" in path:
        return
    fields = [record.field_id for record in ntuple.column_records]
    of_field: dict[int, set[int]] = {}
    for number, field in enumerate(fields):
        of_field.setdefault(field, set()).add(number)
    looked_at: set[int] = set()
    with Path(path).open("rb") as file:
        for name in names:
            # in every form in which they may be stored
            forms = (of_field[fields[n]] for n in _columns_of(ntuple, name))
            columns = set().union(*forms) - looked_at
            looked_at |= columns
            with _telling(f"column '{name}'", url):
                for place in _pages(ntuple, columns, entries):
                    _compared(
                        memoryview(
                            os.pread(file.fileno(), place.num_bytes + _CHECKSUM.size, place.offset)
                        )
                    )


def _columns_of(ntuple: Any, name: str) -> set[int]:
    """The columns that a field is made from."""
    form, _ = ntuple[name].to_akform()
    return {int(number) for number in _COLUMN.findall(form.to_json())}


def _pages(ntuple: Any, columns: set[int], entries: tuple[int, int]) -> Iterator[Any]:
    """Where the pages with checksums are, of the clusters that have some of the entries."""
    start, stop = entries
    for cluster, links in zip(ntuple.cluster_summaries, ntuple.page_link_list, strict=True):
        first = cluster.num_first_entry
        if first < stop and first + cluster.num_entries > start:
            for n in columns.intersection(range(len(links))):
                yield from (page.locator for page in links[n].pages if page.has_checksum)


def _check_header(content: bytes) -> None:
    """Its lists are of fields, columns, other names and types, after three texts."""
    at = _BEFORE_TEXTS
    for _ in range(3):
        at += _COUNT.size + _COUNT.unpack_from(content, at)[0]
    check_lists(content, at, 4)


def _check_footer(content: bytes) -> None:
    """It has the same lists of what came later, and that of groups of clusters."""
    (length,) = _LENGTH.unpack_from(content, _BEFORE_LATER)
    check_lists(content, _BEFORE_LATER + _LENGTH.size, 4)
    check_lists(content, _BEFORE_LATER + length, 1)


_CHECKS = {"Header": _check_header, "Footer": _check_footer}


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
    _compared(content)
    return content.tobytes()


def _compared(content: memoryview) -> None:
    """Raises a `ValueError` unless it ends with its checksum."""
    (expected,) = _CHECKSUM.unpack(content[-_CHECKSUM.size :])
    if xxhash.xxh3_64_intdigest(content[: -_CHECKSUM.size]) != expected:
        raise ValueError("its checksum does not fit")
