"""Listings of folders, here and at XRootD servers, and the files in them that match a pattern.

Unlike `glob` a folder that cannot be listed is an error: files lost in silence change a yield.
"""

from __future__ import annotations

import fnmatch
import functools
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from higgsflow.credentials import filled_in, without_values
from higgsflow.errors import InputFileError, UserError, nearest, shorten
from higgsflow.servers import NOT_FOUND, asked, client

ALL_ROOT_FILES: tuple[str, ...] = ("**", "*.root")
_TIMEOUT = 120  # seconds; redirectors ask many sites


class Entry(NamedTuple):
    """A file or folder as a listing tells it; the size is known at servers only."""

    path: str
    is_folder: bool
    size: int | None = None

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]


Listing = Callable[[str], list[Entry]]


def local_listing(folder: str) -> list[Entry]:
    """What a folder holds; links are followed unless they lead back up."""
    with os.scandir(folder) as entries:
        return [Entry(e.path, e.is_dir() and not _leads_back(e)) for e in entries]


def _leads_back(entry: os.DirEntry[str]) -> bool:
    """Whether a link leads to a folder that holds it, so that a walk would not end."""
    if not entry.is_symlink():
        return False
    holder, target = Path(entry.path).parent.resolve(), Path(entry.path).resolve()
    return holder.is_relative_to(target)


def remote_listing(server: str, owner: str, query: str = "") -> Listing:
    """How to list folders at `root://server`, which is told the query each time.

    Raises:
        UserError: when the XRootD client is not installed.
    """
    try:
        loaded = client()
    except ModuleNotFoundError as error:
        raise UserError(
            f"folders and globs at {server} need the XRootD client",
            f"files of {owner}",
            "pip install higgsflow[xrootd]",
        ) from error
    return _Folders(loaded, server, owner, query).listing


class _Folders:
    """Those of a server, which is told a query with each path."""

    def __init__(self, loaded: Any, server: str, owner: str, query: str) -> None:
        self._server, self._owner, self._query = server, owner, query
        self._system, self._flags = loaded.FileSystem(filled_in(server)), loaded.flags
        self._told = filled_in(f"{server}/{query}").removeprefix(f"{filled_in(server)}/")

    def listing(self, folder: str) -> list[Entry]:
        """What a folder holds."""
        flags = self._flags.DirListFlags
        # a redirector by itself would pass on what one of its servers has
        names = {entry.name for entry in self._listed(folder, flags.LOCATE | flags.MERGE)}
        listed = self._listed(folder, flags.LOCATE | flags.MERGE | flags.STAT)
        known = {entry.name: entry.statinfo for entry in listed}
        # at the first that it may not look at a server ends this answer, and calls it a success
        for name in sorted(names - set(known)):
            known[name] = self._looked_at(f"{folder.rstrip('/')}/{name}")
        return [self._entry(folder, name, status) for name, status in known.items()]

    def _listed(self, folder: str, how: Any) -> Any:
        status, answer = asked(self._system.dirlist, folder + self._told, how, _TIMEOUT)
        if not status.ok or status.code != 0:  # other codes of success: some servers failed
            raise self._refused(f"cannot list {self._server}/{folder}", status)
        return answer

    def _looked_at(self, path: str) -> Any:
        """What is at a path; None for a link to nothing, of which is told when it is opened."""
        status, answer = asked(self._system.stat, path + self._told, _TIMEOUT)
        if status.ok or status.errno == NOT_FOUND:
            return answer
        raise self._refused(f"cannot look at {self._server}/{path}", status)

    def _refused(self, what: str, status: Any) -> InputFileError:
        said = without_values(" ".join(status.message.split()), f"{self._server}/{self._query}")
        return InputFileError(
            f"{what} for {self._owner}", said, "check the path, and whether the proxy is valid"
        )

    def _entry(self, folder: str, name: str, status: Any) -> Entry:
        path = f"{folder.rstrip('/')}/{name}"
        if status is None:
            return Entry(path, is_folder=False)
        is_folder = bool(status.flags & self._flags.StatInfoFlags.IS_DIR)
        return Entry(path, is_folder, None if is_folder else status.size)


def split_pattern(path: str) -> tuple[str, tuple[str, ...]]:
    """The folder above the first wildcard, and the parts from there on."""
    parts = path.split("/")
    first = next((i for i, p in enumerate(parts) if any(s in p for s in "*?[")), len(parts))
    return "/".join(parts[:first]) or "/", tuple(parts[first:])


def find_files(listing: Listing, anchor: str, parts: tuple[str, ...], owner: str) -> list[Entry]:
    """The files below a folder that match a pattern, each once.

    Args:
        listing: lists a folder, here or at a server.
        anchor: where the pattern begins.
        parts: of the pattern; `**` stands for any number of folders.
        owner: whose files these are, for messages.

    Raises:
        InputFileError: when nothing matches, naming what is there instead.
    """
    listing = functools.cache(listing)
    # `**/a/**` may reach one file by several ways
    entries = {entry.path: entry for entry in _matches(listing, anchor, parts)}
    found = [entry for entry in entries.values() if not entry.is_folder]
    if found:
        return found
    if parts == ALL_ROOT_FILES:
        raise _no_root_files(listing(anchor), anchor, owner)
    raise _no_match(listing(anchor), anchor, parts, owner, bool(entries))


def _matches(listing: Listing, folder: str, parts: tuple[str, ...]) -> Iterator[Entry]:
    head, deeper = parts[0], parts[1:]
    if head == "**":
        yield from _matches(listing, folder, deeper or ("*",))
        head, deeper = "*", parts
    for entry in listing(folder):
        if not fnmatch.fnmatchcase(entry.name, head) or _is_left_out(entry.name, head):
            continue
        if not deeper:
            yield entry
        elif entry.is_folder:
            yield from _matches(listing, entry.path, deeper)


def _is_left_out(name: str, pattern: str) -> bool:
    """Hidden and temporary names, unless the pattern itself says so."""
    hidden = name.startswith(".") and not pattern.startswith(".")
    return hidden or (name.endswith((".tmp", "~")) and not pattern.endswith((".tmp", "~")))


def _no_root_files(there: list[Entry], folder: str, owner: str) -> InputFileError:
    names = [entry.name for entry in there]
    return InputFileError(
        f"no *.root file below {folder} for {owner}",
        f"it holds: {shorten(names)}" if names else "it is empty",
    )


def _no_match(
    there: list[Entry], anchor: str, parts: tuple[str, ...], owner: str, only_folders: bool
) -> InputFileError:
    pattern = str(Path(anchor, *parts))
    if only_folders:
        where, hint = "only folders match", f"write '{pattern}/*.root'"
    else:
        guess = nearest(parts[0], [entry.name for entry in there])
        where, hint = "", f"nearest there is: {Path(anchor) / guess}"
    return InputFileError(f"no file matches '{pattern}' for {owner}", where, hint)
