"""The servers that the other tests start, which are many, beside other tests."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import TYPE_CHECKING

from tests.xrootd import conftest

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest


def test_a_server_whose_port_is_taken_has_another(
    server: Callable[[], conftest.Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    free_port = conftest.free_port
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        asked = iter([taken])
        monkeypatch.setattr(conftest, "free_port", lambda: next(asked, None) or free_port())
        one = server()
    assert one.port != taken
    assert Path(f"/proc/{one.pid}").is_dir()


def test_a_server_that_is_started_again_is_where_it_was(
    server: Callable[[], conftest.Server],
) -> None:
    one = server()
    port = one.port
    one.stop()
    assert one.start().port == port
