"""What an RNTuple says of itself, held against its checksums before anybody takes it at its word.

uproot compares these once it has read what they are of; a damaged count keeps it reading for hours.
Source of the layout: the specification of the binary format of RNTuple, 1.0.
"""

from __future__ import annotations

import os
import re
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import lazy_loader as lazy

from higgsflow.errors import InputFileError
from higgsflow.events.codecs import decompressed
from higgsflow.events.page_lists import Group, PageLists, check_lists

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

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

    As far as pages have checksums, as those of ROOT do. A server is asked for all of them at once,
    and uproot then has them at hand.
    """
    pages = _pages_by_name(ntuple, names, entries)
    source = ntuple.file.source
    with _kept(source, pages) if hasattr(source, "keep") else _opened(source) as content_of:
        for name, those in pages.items():
            with _telling(f"column '{name}'", url):
                for page in those:
                    if page.has_checksum:
                        _compared(memoryview(content_of(_range_of(page))))


_Range = tuple[int, int]
_Contents = Callable[[_Range], bytes]


@contextmanager
def _kept(source: Any, pages: Mapping[str, Iterable[Any]]) -> Iterator[_Contents]:
    """What is in pages at a server."""
    ranges = [_range_of(page) for those in pages.values() for page in those]
    yield dict(zip(ranges, source.keep(ranges), strict=True)).__getitem__


@contextmanager
def _opened(source: Any) -> Iterator[_Contents]:
    """What is in pages of a file of this machine."""
    with Path(source.file_path).open("rb") as file:
        yield lambda place: os.pread(file.fileno(), place[1] - place[0], place[0])


def _range_of(page: Any) -> _Range:
    """Where a page is in the file, with its checksum."""
    begin, size = int(page.locator.offset), int(page.locator.num_bytes)
    return begin, begin + size + (_CHECKSUM.size if page.has_checksum else 0)


def _pages_by_name(
    ntuple: Any, names: Iterable[str], entries: tuple[int, int]
) -> dict[str, list[Any]]:
    """The pages that each column needs, of those that an earlier one needs, too, none."""
    fields = [record.field_id for record in ntuple.column_records]
    of_field: dict[int, set[int]] = {}
    for number, field in enumerate(fields):
        of_field.setdefault(field, set()).add(number)
    looked_at: set[int] = set()
    found = {}
    for name in names:
        # in every form in which they may be stored
        forms = (of_field[fields[n]] for n in _columns_of(ntuple, name))
        columns = set().union(*forms) - looked_at
        looked_at |= columns
        found[name] = list(_pages(ntuple, columns, entries))
    return found


def _columns_of(ntuple: Any, name: str) -> set[int]:
    """The columns that a field is made from."""
    form, _ = ntuple[name].to_akform()
    return {int(number) for number in _COLUMN.findall(form.to_json())}


def _pages(ntuple: Any, columns: set[int], entries: tuple[int, int]) -> Iterator[Any]:
    """The pages of the clusters that have some of the entries."""
    start, stop = entries
    for cluster, links in zip(ntuple.cluster_summaries, ntuple.page_link_list, strict=True):
        first = cluster.num_first_entry
        if first < stop and first + cluster.num_entries > start:
            for n in columns.intersection(range(len(links))):
                yield from links[n].pages


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
    read = file.file.chunk(seek, seek + packed).raw_data.tobytes()
    if hasattr(file.file.source, "hold"):
        file.file.source.hold(seek, read)
    raw = memoryview(read)
    content = raw if packed == size else memoryview(decompressed(raw, size))
    _compared(content)
    return content.tobytes()


def _compared(content: memoryview) -> None:
    """Raises a `ValueError` unless it ends with its checksum."""
    (expected,) = _CHECKSUM.unpack(content[-_CHECKSUM.size :])
    if xxhash.xxh3_64_intdigest(content[: -_CHECKSUM.size]) != expected:
        raise ValueError("its checksum does not fit")
