from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from higgsflow.errors import StoreError
from tasks.execution.driver_lock import (
    _is_held,
    driving,
    driving_if_nobody_does,
    is_driven,
    making,
)

if TYPE_CHECKING:
    from pathlib import Path

HOLD = """
import pathlib, sys, time
from tasks.execution.driver_lock import driving

with driving(pathlib.Path(sys.argv[1]), lambda: print("waits", flush=True)):
    print("drives", flush=True)
    time.sleep(float(sys.argv[2]))
"""

MAKE = """
import pathlib, sys, time
from tasks.execution.driver_lock import making

folder = pathlib.Path(sys.argv[1])
with making("it", folder):
    print("makes", flush=True)
    time.sleep(2)
    (folder / "it.made").touch()
"""


def hold(folder: Path, seconds: float) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder), str(seconds)], stdout=subprocess.PIPE, text=True
    )


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_nobody_drives_what_was_never_begun(tmp_path: Path) -> None:
    assert not is_driven(tmp_path / "nowhere")
    assert list(tmp_path.iterdir()) == []
    assert not is_driven(tmp_path)
    with driving(tmp_path, lambda: None):
        pass
    assert not is_driven(tmp_path)


def test_a_lock_is_no_link(tmp_path: Path) -> None:
    """Older releases of filelock emptied what a link of its name leads to."""
    precious = tmp_path / "precious"
    precious.write_text("of the user", "utf-8")
    (tmp_path / "driver.lock").symlink_to(precious)
    with pytest.raises(StoreError, match="cannot write"), driving(tmp_path, lambda: None):
        pass
    assert precious.read_text("utf-8") == "of the user"


def test_who_dies_drives_no_more(tmp_path: Path) -> None:
    with hold(tmp_path, 300) as other:
        assert line(other) == "drives"
        assert is_driven(tmp_path)
        os.kill(other.pid, signal.SIGKILL)
    assert not is_driven(tmp_path)


def test_the_second_one_says_so_and_waits_for_the_first(tmp_path: Path) -> None:
    waited: list[float] = []
    with hold(tmp_path, 1.0) as other:
        assert line(other) == "drives"
        with driving(tmp_path, lambda: waited.append(time.monotonic())):
            other.wait(timeout=60)
            assert other.returncode == 0
    assert len(waited) == 1


def test_who_drives_if_nobody_does_keeps_others_out(tmp_path: Path) -> None:
    with driving_if_nobody_does(tmp_path) as is_mine:
        assert is_mine
        with hold(tmp_path, 0.0) as other:
            assert line(other) == "waits"
            other.kill()
    with hold(tmp_path, 300) as other:
        assert line(other) == "drives"
        with driving_if_nobody_does(tmp_path) as is_mine:
            assert not is_mine
        # nor has the lock of the other one gone
        assert is_driven(tmp_path)
        other.kill()


def test_nobody_drives_where_the_lock_cannot_be_written(tmp_path: Path) -> None:
    """As in a store of somebody else, whose jobs are not to be cancelled."""
    (tmp_path / "driver.lock").symlink_to(tmp_path / "elsewhere")
    with driving_if_nobody_does(tmp_path) as is_mine:
        assert not is_mine


def test_one_process_at_a_time_makes_what_has_a_name(tmp_path: Path) -> None:
    made = []
    with subprocess.Popen(
        [sys.executable, "-c", MAKE, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as other:
        assert line(other) == "makes"
        with making("another", tmp_path):
            made.append(sorted(path.name for path in tmp_path.glob("*.made")))
        with making("it", tmp_path):
            made.append(sorted(path.name for path in tmp_path.glob("*.made")))
    assert made == [[], ["it.made"]]


def test_looking_takes_nothing_away(tmp_path: Path) -> None:
    for _ in range(3):
        assert not is_driven(tmp_path)
    with hold(tmp_path, 0.0) as other:
        assert line(other) == "drives"


def test_who_may_only_read_sees_whether_somebody_drives(tmp_path: Path) -> None:
    path = tmp_path / "driver.lock"
    assert not _is_held(path)
    with driving(tmp_path, lambda: None):
        assert _is_held(path)
    assert not _is_held(path)


@pytest.mark.parametrize("number", [errno.EROFS, errno.ENOSPC, errno.EACCES])
def test_where_nothing_can_be_written_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    with driving(tmp_path, lambda: None):
        monkeypatch.setattr("filelock.FileLock.acquire", refuse)
        assert is_driven(tmp_path)
    assert not is_driven(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
def test_a_store_of_somebody_else_is_looked_at(tmp_path: Path) -> None:
    with driving(tmp_path, lambda: None):
        (tmp_path / "driver.lock").chmod(0o444)
        assert is_driven(tmp_path)
    (tmp_path / "driver.lock").chmod(0o444)
    assert not is_driven(tmp_path)
