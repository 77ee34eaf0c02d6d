"""Comparing checksums once, and again where a file may be another one."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from higgsflow.errors import StoreError
from higgsflow.output.atomic import checksum
from higgsflow.output.verified import Verified

if TYPE_CHECKING:
    from pathlib import Path


def test_a_file_that_was_verified_is_not_read_again(tmp_path: Path) -> None:
    path, verified = tmp_path / "a", Verified()
    path.write_text("events")
    verified.verify(path, checksum(path))
    # would be found, were it compared
    verified.verify(path, "of another content")
    with pytest.raises(StoreError, match="is not what its job wrote"):
        Verified().verify(path, "of another content")


def test_a_file_that_was_written_meanwhile_is_compared_again(tmp_path: Path) -> None:
    path, verified = tmp_path / "a", Verified()
    path.write_text("events")
    expected = checksum(path)
    verified.verify(path, expected)
    path.write_text("Events")
    os.utime(path, ns=(1, 1))
    with pytest.raises(StoreError, match="is not what its job wrote"):
        verified.verify(path, expected)


def test_a_file_that_took_its_place_is_compared_too(tmp_path: Path) -> None:
    path, other, verified = tmp_path / "a", tmp_path / "b", Verified()
    path.write_text("events")
    other.write_text("Events")
    known = path.stat()
    verified.verify(path, checksum(path))
    expected = checksum(path)
    os.utime(other, ns=(known.st_atime_ns, known.st_mtime_ns))
    other.replace(path)
    with pytest.raises(StoreError, match="is not what its job wrote"):
        verified.verify(path, expected)
