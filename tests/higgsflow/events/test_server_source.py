"""Servers that do answer are in tests/xrootd/test_bytes_read.py."""

from __future__ import annotations

import pytest

from higgsflow.events.server_source import ServerSource
from higgsflow.servers import ServerError


def test_a_server_that_is_not_there_is_an_error() -> None:
    pytest.importorskip("XRootD")
    with pytest.raises(ServerError):
        ServerSource("root://localhost:1//a.root")
