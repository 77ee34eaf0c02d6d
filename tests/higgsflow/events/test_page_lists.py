"""Lists of pages, made by hand: a list of a file whose checksum fits, and what is wrong with it."""

from __future__ import annotations

import struct

import pytest

from higgsflow.events.page_lists import Group, PageLists

HEADER = 77
# what the checksum of a list takes; it is compared before the list is looked at
CHECKSUM = bytes(8)


def frame(*parts: bytes) -> bytes:
    content = b"".join(parts)
    return struct.pack("<q", 8 + len(content)) + content


def listed(*parts: bytes, n: int | None = None, rest: bytes = b"") -> bytes:
    content = b"".join(parts) + rest
    return struct.pack("<qI", -12 - len(content), len(parts) if n is None else n) + content


def column(first: int, *pages: int, n: int | None = None) -> bytes:
    """A column of pages with so many elements; every other one is long."""
    made = [
        struct.pack("<iiQQ", elements, -(1 << 24), 1000, 500)
        if number % 2
        else struct.pack("<iiQ", elements, 100, 500)
        for number, elements in enumerate(pages)
    ]
    return listed(*made, n=n, rest=struct.pack("<qI", first, 505 if first >= 0 else 0))


def page_list(
    clusters: list[tuple[int, int]], columns: list[list[bytes]], kind: int = 3, header: int = HEADER
) -> bytes:
    summaries = listed(*(frame(struct.pack("<QQ", *cluster)) for cluster in clusters))
    pages = listed(*(listed(*of_cluster) for of_cluster in columns))
    return struct.pack("<QQ", kind, header) + summaries + pages + CHECKSUM


GROUP = Group(0, 10, 2)
CLUSTERS = [(0, 4), (4, 6 | 1 << 60)]
COLUMNS = [[column(0, 4), column(0, 3, -2)], [column(4, 6), column(5, 1)]]


def test_lists_that_go_on_are_taken() -> None:
    lists = PageLists(HEADER)
    lists.add(page_list(CLUSTERS, COLUMNS), GROUP)
    # a column that was not there before may begin anywhere, one in another form says less than 0
    more = [[column(10, 5), column(-1), column(3, 5)]]
    lists.add(page_list([(10, 5)], more), Group(10, 5, 1))
    lists.add(page_list([(15, 1)], [[column(15, 1), column(9, 1)]]), Group(15, 1, 1))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (page_list(CLUSTERS, COLUMNS, kind=2), "something else"),
        (page_list(CLUSTERS, COLUMNS, header=78), "something else"),
        (page_list([(0, 4), (5, 6)], COLUMNS), "a cluster begins at entry 5, not 4"),
        (
            page_list([(0, 4), (4, 5)], COLUMNS),
            "9 entries in 2 clusters, 10 entries in 2 clusters in the footer",
        ),
        (
            page_list([(0, 10)], COLUMNS[:1]),
            "10 entries in 1 clusters, 10 entries in 2 clusters in",
        ),
        (page_list(CLUSTERS, COLUMNS[:1]), "it has pages of 1 of 2 clusters"),
        (
            page_list(CLUSTERS, [COLUMNS[0], [column(4, 6), column(6, 1)]]),
            "column 1 begins at 6, not 5",
        ),
        (
            page_list(CLUSTERS, [[column(0, 4), column(0, 3, n=1 << 31)], COLUMNS[1]]),
            "a list of 2147483648 has 40 bytes",
        ),
        (
            page_list(CLUSTERS, [[column(0, 4), column(0, 3, n=3)], COLUMNS[1]]),
            "3 pages are more than their list holds",
        ),
    ],
)
def test_what_cannot_be_is_told(content: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        PageLists(HEADER).add(content, GROUP)


def test_counts_and_lengths_that_are_damaged_end_at_once() -> None:
    """Frames without a length would be counted to four billion."""
    whole = page_list(CLUSTERS, COLUMNS)
    for at in range(16, len(whole) - 12):
        for value in (0, -1, 1 << 30, -(1 << 31)):
            damaged = bytearray(whole)
            struct.pack_into("<i", damaged, at, value)
            try:
                PageLists(HEADER).add(bytes(damaged), GROUP)
            except (ValueError, struct.error):
                continue
