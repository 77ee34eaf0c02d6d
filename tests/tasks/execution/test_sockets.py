from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from tasks.execution.sockets import TABLES, caller_is_ours, listener_is_ours

# ports 8082 and 40000
LISTENS = "0100007F:1F92 00000000:0000 0A"
CALLS = "0100007F:9C40 0100007F:1F92 01"
CALLS_BY_VERSION_6 = CALLS.replace("0100007F", "0000000000000000FFFF00000100007F")
HUNG_UP = "0100007F:9C40 0100007F:1F92 04"
ANSWERS = "0100007F:1F92 0100007F:9C40 01"
SOMEBODY = 4294967


def table(folder: Path, *lines: tuple[str, int]) -> tuple[str]:
    """As the system lists sockets, each with its owner."""
    path, rest = folder / "tcp", "00000000:00000000 00:00000000 00000000"
    rows = [f"  {i}: {ends} {rest} {uid} 0 1" for i, (ends, uid) in enumerate(lines)]
    path.write_text("\n".join(["header", *rows, ""]))
    return (str(path),)


def test_somebody_elses_scheduler_is_not_ours(tmp_path: Path) -> None:
    found = table(tmp_path, (LISTENS, SOMEBODY))
    assert not listener_is_ours(8082, found)
    assert listener_is_ours(8083, found)
    assert listener_is_ours(8082, table(tmp_path, (LISTENS, os.getuid())))


@pytest.mark.parametrize(
    ("line", "uid", "ours"),
    [
        (CALLS, os.getuid(), True),
        (CALLS_BY_VERSION_6, os.getuid(), True),
        (CALLS, 0, True),
        (CALLS, SOMEBODY, False),
        # of who has hung up the system says root
        (HUNG_UP, 0, False),
        (CALLS.replace("9C40", "9C41"), os.getuid(), False),
    ],
)
def test_who_calls_is_told_by_both_ports(tmp_path: Path, line: str, uid: int, ours: bool) -> None:
    found = table(tmp_path, (ANSWERS, os.getuid()), (line, uid))
    assert caller_is_ours(40000, 8082, found) is ours


def test_without_tables_everybody_is_ours(tmp_path: Path) -> None:
    nowhere = (str(tmp_path / "tcp"),)
    assert caller_is_ours(40000, 8082, nowhere)
    assert listener_is_ours(8082, nowhere)


@pytest.mark.skipif(not Path(TABLES[0]).exists(), reason="needs the tables of Linux")
def test_a_call_of_our_own_is_ours() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as caller:
            assert caller_is_ours(caller.getsockname()[1], port)
            assert listener_is_ours(port)
