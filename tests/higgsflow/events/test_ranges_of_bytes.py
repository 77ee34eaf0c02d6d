from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

from higgsflow.events.ranges_of_bytes import open_bytes

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_ranges_are_read_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "a b::c#.root"
    path.write_bytes(bytes(range(100)))
    with open_bytes(str(path)) as source:
        assert source.size == 100
        assert list(source.read([(0, 3), (50, 52), (7, 7)])) == [b"\0\1\2", b"23", b""]
        assert (source.n_read, source.n_requests) == (5, 3)


def test_what_is_behind_the_end_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "a.root"
    path.write_bytes(b"abc")
    with open_bytes(str(path)) as source:
        assert list(source.read([(2, 9), (9, 12)])) == [b"c", b""]


def test_a_range_of_a_local_file_is_read_when_it_is_looked_at(tmp_path: Path) -> None:
    path = tmp_path / "a.root"
    path.write_bytes(b"abcdef")
    with open_bytes(str(path)) as source:
        found = source.read([(0, 2), (4, 6)])
        path.write_bytes(b"ghijkl")
        assert list(found) == [b"gh", b"kl"]


def test_a_file_system_that_takes_no_advice_is_read_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: int) -> None:
        raise OSError(errno.ENOSYS, "not implemented")

    monkeypatch.setattr(os, "posix_fadvise", refused, raising=False)
    path = tmp_path / "a.root"
    path.write_bytes(b"abcdef")
    with open_bytes(str(path)) as source:
        found = source.read([(0, 2), (4, 6)])
        assert (found[1], found[0:2], len(found)) == (b"ef", [b"ab", b"ef"], 2)
