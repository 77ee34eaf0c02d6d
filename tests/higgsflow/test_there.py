from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from higgsflow.there import is_file, is_folder, is_there

if TYPE_CHECKING:
    from pathlib import Path

# a user who may do nothing but what the modes of files allow
NO_RIGHTS = ("unshare", "--map-user=1000", "--map-group=1000")
ASK = """
import sys
from pathlib import Path
from higgsflow.there import is_file, is_folder, is_there

for ask in (is_there, is_file, is_folder):
    try:
        print(ask(Path(sys.argv[1])))
    except PermissionError:
        print("not to be seen")
"""


def test_what_is_there_is_known_by_its_kind(tmp_path: Path) -> None:
    file, link = tmp_path / "file", tmp_path / "link"
    file.touch()
    link.symlink_to(file)
    for path in (file, link):
        assert (is_there(path), is_file(path), is_folder(path)) == (True, True, False)
    assert (is_there(tmp_path), is_file(tmp_path), is_folder(tmp_path)) == (True, False, True)


@pytest.mark.parametrize("name", ["none", "file/below", "loop", "dangling", "nul\0", "folder/none"])
def test_nothing_is_no_error(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "dangling").symlink_to(tmp_path / "none")
    path = tmp_path / name
    assert (is_there(path), is_file(path), is_folder(path)) == (False, False, False)


def test_what_cannot_be_seen_is_an_error(tmp_path: Path) -> None:
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "file").touch()
    hidden.chmod(0)
    try:
        asked = subprocess.run(
            [*NO_RIGHTS, sys.executable, "-c", ASK, str(hidden / "file")],
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        hidden.chmod(0o755)
    if asked.returncode:
        pytest.skip("this needs rights that are not given here")
    assert asked.stdout.split("\n")[:3] == ["not to be seen"] * 3
