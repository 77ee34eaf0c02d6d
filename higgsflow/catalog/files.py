"""Input files from addresses: paths, globs, folders, lists, XRootD servers and DAS.

Whatever cannot be found or read is an error: a file that is left out in silence changes a yield.
"""

from __future__ import annotations

import os
import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from higgsflow.catalog import das
from higgsflow.catalog.addresses import DATASET, PRODUCED, SERVER
from higgsflow.catalog.listing import (
    ALL_ROOT_FILES,
    find_files,
    local_listing,
    remote_listing,
    split_pattern,
)
from higgsflow.credentials import apart, refuse_secrets
from higgsflow.errors import InputFileError, InvalidConfiguration, UserError, nearest
from higgsflow.model.noun import Noun
from higgsflow.there import is_file, is_folder, is_there

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# tasks that may make files
PRODUCERS = ("GenerateDemoFiles",)
_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)\})")
_DATASET = re.compile(r"/[^/]+/[^/]+/[A-Z]+")  # as DAS calls them
_REMOTE = re.compile(r"(?P<server>root://[^/]+)/(?P<path>.+)")
_ROOT_FILE = re.compile(r"[^*\[?]+\.root(\?.*)?")  # a question mark begins what is for the server
_ENDINGS = (".root", ".txt")


class InputFile(Noun):
    """One input file before it is opened.

    Attributes:
        url: absolute path or `root://` address, in which credentials are names of variables.
        size: bytes, where the address tells it.
        mtime_ns: time of the last change in nanoseconds, of local files only.
        n_events: what DAS says; the file index has the truth.
    """

    url: str
    size: int | None
    mtime_ns: int | None
    n_events: int | None = None


_Located = tuple[str, InputFile]


def resolve_files(addresses: Sequence[str], owner: str) -> tuple[InputFile, ...]:
    """The files behind the addresses of a sample and year, sorted by url.

    Args:
        addresses: paths, globs, folders, `.txt` lists, `root://...` or `das:/A/B/C`; relative
            paths start at the working directory.
        owner: whose files these are, for messages, such as "ttH_M125 (2017)".

    Raises:
        InputFileError: for what is absent, empty, unreadable or given twice.
        InvalidConfiguration: for what is not an address.
    """
    if not addresses:
        raise InvalidConfiguration(f"no addresses of files for {owner}")
    located = [item for address in addresses for item in _locate(address, Path.cwd(), owner)]
    _check_each_once(located, owner)
    return tuple(sorted((file for _, file in located), key=lambda file: file.url))


def _locate(address: str, folder: Path, owner: str) -> list[_Located]:
    """Files with the address that led to each; lists name their own lines."""
    refuse_secrets(address, f"files of {owner}")
    text = _with_variables(address, owner)
    try:
        if text.startswith(DATASET):
            files: Iterable[InputFile] = das.query_das(text.removeprefix(DATASET), owner)
        elif text.startswith(SERVER):
            files = _remote_files(text, owner)
        else:
            path = _absolute(text, folder, owner)
            if path.suffix == ".txt" and is_file(path):
                return _listed_files(path, owner)
            files = _local_files(path, owner)
    except OSError as error:
        where = error.filename or text
        raise InputFileError(
            f"cannot read {where} for {owner}", error.strerror or str(error)
        ) from error
    return [(address, file) for file in files]


def _with_variables(address: str, owner: str) -> str:
    """The address with its environment variables filled in, if it is one at all.

    But those of credentials, of which it is only seen that there are such.
    """
    if not address.strip():
        raise InvalidConfiguration(f"an empty address among the files of {owner}")
    if "\0" in address:
        raise InvalidConfiguration(f"{address[:40]!r} of {owner} is not an address of files")
    if address.startswith(PRODUCED):
        raise InvalidConfiguration(
            f"'{address}' of {owner} is no file: a producing task makes it",
            "",
            "run that task, or give the files it wrote",
        )

    def value_of(match: re.Match[str]) -> str:
        name = match[1] or match[2]
        if name not in os.environ:
            guess = nearest(name, os.environ)
            hint = f"did you mean ${guess}?" if guess else "export it first"
            raise InvalidConfiguration(
                f"${name} is not defined", f"in '{address}' of {owner}", hint
            )
        return os.environ[name]

    login, place, query = apart(address)
    for credentials in (login, query):
        _VARIABLE.sub(value_of, credentials)
    return login + _VARIABLE.sub(value_of, place) + query


def _absolute(text: str, folder: Path, owner: str) -> Path:
    if "://" in text or text.startswith("root:"):
        raise InvalidConfiguration(
            f"'{text}' of {owner} is not an address of files",
            "known: a path, a glob, a folder, a .txt list, root://server//path, das:/A/B/C",
        )
    try:
        path = folder / Path(text).expanduser()
    except RuntimeError as error:
        raise InvalidConfiguration(f"no such home: '{text}'", f"files of {owner}") from error
    tidy = Path(os.path.normpath(path))
    # 'link/..' is not the folder that holds the link
    return tidy if os.path.realpath(tidy) == os.path.realpath(path) else path


def _listed_files(path: Path, owner: str) -> list[_Located]:
    """What the lines of a list lead to; relative ones start at its folder."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise InputFileError(f"{path} of {owner} is not a list of addresses: no text") from error
    located: list[_Located] = []
    for number, line in enumerate(lines, start=1):
        entry = re.sub(r"(^|\s)#.*", "", line).strip()
        if not entry:
            continue
        where = f"{path}, line {number}"
        if entry.endswith(".txt"):
            raise InvalidConfiguration(f"a list in a list: '{entry}'", where, "give it by itself")
        try:
            files = _locate(entry, path.parent, owner)
        except UserError as error:
            error.happened_in(where)
            raise
        located += [(f"{where}: {entry}", file) for _, file in files]
    if not located:
        raise InputFileError(f"{path} lists no addresses", f"files of {owner}")
    return located


def _local_files(path: Path, owner: str) -> Iterable[InputFile]:
    if is_folder(path):
        anchor, parts = str(path), ALL_ROOT_FILES
    elif is_there(path) or path.is_symlink():
        return (_local_file(str(path), owner),)
    else:
        anchor, parts = split_pattern(str(path))
    if not parts or not Path(anchor).is_dir():
        raise InputFileError(f"no file '{path}' for {owner}", "", _instead(Path(anchor)))
    found = find_files(local_listing, anchor, parts, owner)
    return [_local_file(entry.path, owner) for entry in found]


def _instead(absent: Path) -> str:
    """What to do about a path of which perhaps nothing is there."""
    top = Path(*absent.parts[:2])
    if _DATASET.fullmatch(str(absent)):
        return f"is it a dataset? Then say das:{absent}"
    if is_there(top) or len(absent.parts) <= 2:
        return f"nearest there is: {_nearest_path(absent)}"
    if top.name == "store":
        return f"is it a name of CMS? Then say root://SERVER/{absent}"
    return f"there is no {top} on this machine: is it mounted?"


def _nearest_path(absent: Path) -> Path:
    """The existing file or folder most like one that does not exist, part by part."""
    found = next(folder for folder in absent.parents if folder.is_dir())
    *folders, last = absent.relative_to(found).parts
    for name in folders:
        # what is like nothing there may be a folder too many
        found /= nearest(name, [path.name for path in _inside(found)])
    # no folder is meant by the name of a file; those of folders may have dots, too
    is_file = Path(last).suffix in _ENDINGS
    names = [path.name for path in _inside(found) if not is_file or path.is_file()]
    return found / nearest(last, names)


def _inside(folder: Path) -> list[Path]:
    """What a folder holds; nothing where it cannot be looked at."""
    return list(folder.iterdir()) if folder.is_dir() and os.access(folder, os.R_OK) else []


def _local_file(path: str, owner: str) -> InputFile:
    try:
        path.encode("utf-8")
    except UnicodeEncodeError as error:
        # no record could hold it
        raise InputFileError(
            f"the name of a file of {owner} is not UTF-8", repr(os.fsencode(path)), "rename it"
        ) from error
    try:
        status = Path(path).stat()
    except FileNotFoundError as error:
        target = os.path.realpath(path)
        raise InputFileError(f"'{path}' of {owner} is a link to nothing", target) from error
    if not is_file(Path(path)):
        raise InputFileError(f"'{path}' of {owner} is not a regular file")
    if not os.access(path, os.R_OK):
        raise InputFileError(f"cannot read {path} for {owner}", "Permission denied")
    return InputFile(url=path, size=status.st_size, mtime_ns=status.st_mtime_ns)


def _remote_files(url: str, owner: str) -> Iterable[InputFile]:
    """A file at a server as it is; folders and globs as the server lists them."""
    matched = _REMOTE.fullmatch(url)
    if matched is None:
        raise InvalidConfiguration(f"'{url}' of {owner} is not root://server//path")
    if _ROOT_FILE.fullmatch(url):
        return (InputFile(url=url, size=None, mtime_ns=None),)
    server, query = matched["server"], apart(url)[2]
    anchor, parts = split_pattern("/" + matched["path"].removesuffix(query).strip("/"))
    listing = remote_listing(server, owner, query)
    found = find_files(listing, anchor, parts or ALL_ROOT_FILES, f"{owner} at {server}")
    for entry in found:
        if "?" in entry.path:
            raise InputFileError(
                f"'{server}/{entry.path}' of {owner} cannot be read",
                "a question mark ends the name of a file at a server, and what follows is for that",
                "rename it there",
            )
    return (InputFile(url=f"{server}/{e.path}{query}", size=e.size, mtime_ns=None) for e in found)


def _check_each_once(located: list[_Located], owner: str) -> None:
    """Two addresses of one file would count its events twice."""
    address_of: dict[str, str] = {}
    for address, file in located:
        identity = identity_of(file.url)
        if identity in address_of:
            raise InputFileError(
                f"the same file twice for {owner}: {file.url}",
                f"through '{address_of[identity]}' and '{address}'",
                "remove one of them",
            )
        address_of[identity] = address


def identity_of(url: str) -> str:
    """What two addresses of one file have in common."""
    matched = _REMOTE.fullmatch(url)
    if matched is None:
        return os.path.realpath(url)
    path = PurePosixPath("/" + matched["path"].partition("?")[0].lstrip("/"))
    host = matched["server"].removeprefix(SERVER).rpartition("@")[2]
    return f"{SERVER}{host.lower().removesuffix(':1094')}/{path}"
