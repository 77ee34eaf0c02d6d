from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from higgsflow.check.links import check_links

if TYPE_CHECKING:
    from pathlib import Path

NOBODY, SOMEBODY = 65534, 65533

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="only root can be somebody else")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "store" / "demo" / "v1"
    for name in ("jobs/Sig/2017", "merged/Sig/2017", "summary"):
        (folder / name).mkdir(parents=True)
    (tmp_path / "home").mkdir()
    return folder


def lay(link: Path, owner: int) -> None:
    """A link to the home of the test."""
    home = next(above for above in link.parents if (above / "home").is_dir()) / "home"
    link.symlink_to(home)
    os.lchown(link, owner, owner)


PLACES = ["chunks", "merged/Data", "merged/Sig/2018", "jobs/Sig/2017/logs", "summary/plots"]


@pytest.mark.parametrize("place", PLACES)
def test_a_link_of_somebody_else_to_a_folder_of_the_user_is_told(folder: Path, place: str) -> None:
    lay(folder / place, NOBODY)
    (problem,) = check_links(folder)
    assert problem.serious
    assert problem.what.startswith(f"{folder / place} is a link that nobody has laid to a folder")
    assert str(problem.where).endswith("/home")


def test_the_folder_itself_may_be_one(folder: Path) -> None:
    lay(folder.parent / "v2", NOBODY)
    assert len(list(check_links(folder.parent / "v2"))) == 1


@pytest.mark.parametrize(("owner", "target"), [(0, SOMEBODY), (SOMEBODY, SOMEBODY)])
def test_ones_own_links_and_those_to_the_room_of_who_lays_them_are_fine(
    folder: Path, owner: int, target: int
) -> None:
    lay(folder / "chunks", owner)
    os.chown(folder / "chunks", target, target)
    assert list(check_links(folder)) == []


def test_a_link_to_a_file_or_to_nothing_is_replaced_when_something_is_written(folder: Path) -> None:
    (folder / "file").touch()
    for name, target in (("a.json", folder / "file"), ("b.json", folder / "nothing")):
        (folder / "merged" / name).symlink_to(target)
        os.lchown(folder / "merged" / name, NOBODY, NOBODY)
    assert list(check_links(folder)) == []


def test_a_store_that_is_not_there_has_none(tmp_path: Path) -> None:
    assert list(check_links(tmp_path / "store" / "demo" / "v1")) == []
