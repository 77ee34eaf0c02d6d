from __future__ import annotations

import multiprocessing
import os
import time
from typing import TYPE_CHECKING

import pytest

from tasks.execution.parent import follow, note

if TYPE_CHECKING:
    from pathlib import Path


def test_who_has_its_parent_goes_on() -> None:
    follow()
    note()
    follow()


def follow_until_told(folder: Path) -> None:
    note()
    parent = os.getppid()
    (folder / "noted").touch()
    while os.getppid() == parent:
        time.sleep(0.01)
    with pytest.raises(SystemExit, match="the process that started this one has ended"):
        follow()
    (folder / "ended").touch()


def begin(folder: Path) -> None:
    multiprocessing.get_context("fork").Process(target=follow_until_told, args=(folder,)).start()
    while not (folder / "noted").exists():
        time.sleep(0.01)
    os._exit(0)


def test_who_has_lost_it_ends(tmp_path: Path) -> None:
    process = multiprocessing.get_context("fork").Process(target=begin, args=(tmp_path,))
    process.start()
    process.join()
    deadline = time.monotonic() + 60
    while not (tmp_path / "ended").exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
