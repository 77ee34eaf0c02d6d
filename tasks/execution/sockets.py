"""Whose sockets of this machine are, as Linux tells: loopback is shared by all who are logged in.

Where the system has no such tables, everybody is taken for the user.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

TABLES = ("/proc/net/tcp", "/proc/net/tcp6")
_LISTENS, _ESTABLISHED = "0A", "01"
_LOOPBACK = "0100007F"  # 127.0.0.1, also at the end of an address of version 6
_ROOT = 0


class _Socket(NamedTuple):
    """A line of a table; addresses with their ports, as hexadecimal numbers."""

    here: str
    there: str
    state: str
    uid: int


def listener_is_ours(port: int, tables: tuple[str, ...] = TABLES) -> bool:
    """Whether who listens at a port is the user."""
    found = (s for s in _sockets(tables) if s.state == _LISTENS)
    return {s.uid for s in found if int(s.here.rpartition(":")[2], 16) == port} <= {os.getuid()}


def caller_is_ours(caller: int, port: int, tables: tuple[str, ...] = TABLES) -> bool:
    """Whether who has connected from one port to another of 127.0.0.1 is the user, or root.

    One who has hung up meanwhile is not: of such a socket the owner is not known any more.
    """
    if not any(Path(table).is_file() for table in tables):
        return True
    ends = (f"{_LOOPBACK}:{caller:04X}", f"{_LOOPBACK}:{port:04X}")
    found = (s for s in _sockets(tables) if s.state == _ESTABLISHED)
    owners = {s.uid for s in found if s.here.endswith(ends[0]) and s.there.endswith(ends[1])}
    return bool(owners) and owners <= {os.getuid(), _ROOT}


def _sockets(tables: tuple[str, ...]) -> Iterator[_Socket]:
    for table in tables:
        with suppress(OSError):
            for line in Path(table).read_text(encoding="ascii").splitlines()[1:]:
                words = line.split()
                yield _Socket(words[1], words[2], words[3], int(words[7]))
