from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

import pytest

from higgsflow.events.ranges_of_bytes import open_bytes

if TYPE_CHECKING:
    from pathlib import Path


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


@pytest.mark.skipif(not hasattr(os, "RWF_NOWAIT"), reason="it cannot be asked what is in memory")
@pytest.mark.parametrize("in_memory", [True, False])
def test_advice_is_for_what_is_not_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_memory: bool
) -> None:
    advised, ranges = [], [(0, 3), (4, 6), (7, 8)]
    monkeypatch.setattr(os, "posix_fadvise", lambda _, *what: advised.append(what))

    def preadv(descriptor: int, buffers: list[bytearray], offset: int, flags: int) -> int:
        # some have the last one in memory only
        if flags != os.RWF_NOWAIT or not (in_memory or offset == 7):
            raise BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN))
        return os.readv(descriptor, buffers)

    monkeypatch.setattr(os, "preadv", preadv)
    path = tmp_path / "numbers"
    path.write_bytes(bytes(range(10)))
    with open_bytes(str(path)) as source:
        assert list(source.read(ranges)) == [b"\0\1\2", b"\4\5", b"\7"]
    expected = [] if in_memory else [(a, b - a, os.POSIX_FADV_WILLNEED) for a, b in ranges]
    assert advised == expected
