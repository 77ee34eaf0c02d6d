"""Servers that do answer are in tests/xrootd/test_bytes_read.py."""

from __future__ import annotations

import pytest

from higgsflow.errors import InputFileError
from higgsflow.events.remote_bytes import RemoteBytes
from higgsflow.events.tree import reading


def test_a_server_that_is_not_there_is_told_with_what_to_look_at() -> None:
    pytest.importorskip("XRootD")
    url = "root://localhost:1//a.root"
    with pytest.raises(InputFileError, match="is its server down") as told, reading(url):
        RemoteBytes(url)
    assert str(told.value).startswith(f"cannot read {url}\n")


def test_an_address_is_told_without_what_stands_for_its_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("XRootD")
    monkeypatch.setenv("TOKEN_OF_ME", "geheim-1234")
    url = "root://localhost:1//a.root?authz=$TOKEN_OF_ME"
    with pytest.raises(InputFileError) as told, reading(url):
        RemoteBytes(url)
    assert "geheim" not in str(told.value)
