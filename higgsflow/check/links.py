"""Folders of a store that are links laid by others, who would say where outputs go.

Who has the room elsewhere may link a folder of a store there, also for all who share the store. But
who can merely write to it could have others write, and remove old files, in folders of their own.
"""

from __future__ import annotations

import os
import pwd
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from higgsflow.check.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

_ROOT = 0
# levels below a stage that have folders: samples and years
_DEPTH, _DEPTHS = 2, {"jobs": 3}


def check_links(folder: Path) -> Iterator[Problem]:
    """Of an analysis and version, whose folder and the one above may be links, too."""
    stages = (entry.path for entry in _entries(str(folder)))
    below = (path for stage in stages for path in _links(stage, _depth_of(stage)))
    for path in (*map(str, (folder.parent, folder)), *below):
        with suppress(OSError):
            yield from _laid_by_another(path)


def _depth_of(stage: str) -> int:
    return _DEPTHS.get(Path(stage).name, _DEPTH)


def _links(path: str, depth: int) -> Iterator[str]:
    """Those at or below a path."""
    if Path(path).is_symlink():
        yield path
    elif depth:
        for entry in _entries(path):
            # the system tells what each is with its name
            if entry.is_symlink():
                yield entry.path
            elif entry.is_dir(follow_symlinks=False):
                yield from _links(entry.path, depth - 1)


def _entries(folder: str) -> list[os.DirEntry[str]]:
    # what is no folder, or may not be read, is told of where it is needed
    with suppress(OSError), os.scandir(folder) as found:
        return list(found)
    return []


def _laid_by_another(path: str) -> Iterator[Problem]:
    link = Path(path)
    if not link.is_symlink() or not link.is_dir():
        return
    who, whose = link.lstat().st_uid, link.stat().st_uid
    if who not in (os.getuid(), _ROOT, whose):
        yield Problem(
            about="store",
            what=f"{path} is a link that {_name_of(who)} has laid to a folder of {_name_of(whose)}",
            where=f"it leads to {link.resolve()}",
            remedy="remove it, or lay it yourself: outputs would be written and removed there",
        )


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"
