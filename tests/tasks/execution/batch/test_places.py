from __future__ import annotations

import fcntl
import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from higgsflow.errors import StoreError
from tasks.execution.batch.places import Places

if TYPE_CHECKING:
    from pathlib import Path


def places(tmp_path: Path) -> Places:
    return Places(tmp_path / "chunks", tmp_path / "jobs", tmp_path / "submit")


def test_samples_are_told_from_each_other_by_their_owner(tmp_path: Path) -> None:
    other = Places(tmp_path / "chunks", tmp_path / "others", tmp_path / "submit")
    assert places(tmp_path).owner != other.owner
    assert places(tmp_path).owner == places(tmp_path).owner


def test_a_command_that_submits_has_the_lock_after_its_parent_let_go(tmp_path: Path) -> None:
    with places(tmp_path).submitting() as descriptor:
        child = subprocess.Popen(["sleep", "60"], pass_fds=(descriptor,))
    try:
        probe = os.open(tmp_path / "jobs" / "submit.lock", os.O_RDWR)
        with pytest.raises(BlockingIOError):
            fcntl.flock(probe, fcntl.LOCK_EX | fcntl.LOCK_NB)
    finally:
        child.kill()
        child.wait()
    fcntl.flock(probe, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(probe)


def test_of_a_group_that_shares_a_store_each_may_submit(tmp_path: Path) -> None:
    before = os.umask(0o002)
    try:
        with places(tmp_path).submitting():
            mode = (tmp_path / "jobs" / "submit.lock").stat().st_mode
    finally:
        os.umask(before)
    assert mode & 0o777 == 0o664


def test_a_lock_is_no_link(tmp_path: Path) -> None:
    (tmp_path / "jobs").mkdir()
    (tmp_path / "jobs" / "submit.lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreError, match="cannot write"), places(tmp_path).submitting():
        pass
    assert not (tmp_path / "elsewhere").exists()


def test_what_is_done_or_old_is_removed(tmp_path: Path) -> None:
    found = places(tmp_path)
    for token in ("done", "old", "new"):
        found.batch_folder(token).mkdir(parents=True)
    os.utime(found.batch_folder("old"), (1, 1))
    found.remove_batch_folders({"done"})
    assert [path.name for path in found.batch_folder("new").parent.iterdir()] == ["new"]


def test_a_submit_folder_that_cannot_be_made_is_named_in_three_lines(tmp_path: Path) -> None:
    (tmp_path / "submit").touch()
    found = places(tmp_path)
    for make in (found.make_submit_folder, lambda: found.make_batch_folder("token")):
        with pytest.raises(StoreError) as error:
            make()
        what, where, remedy = str(error.value).splitlines()
        assert str(tmp_path / "submit" / found.owner) in what
        assert where.strip() == "Not a directory"
        assert "`submit_folder` in engines.yaml" in remedy
