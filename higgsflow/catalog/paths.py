"""Paths in configuration files: relative to the file, with variables and `~` expanded."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from higgsflow.errors import InvalidConfiguration

FILE = "file"
# as taggers call their file; without an ending it is a name of something
MODEL = "model"
# bytes of the name of a file or folder, on all file systems that matter here
_LONGEST = 255


def expanded(text: str, where: str) -> str:
    """The text with environment variables and `~` replaced.

    Raises:
        InvalidConfiguration: for a variable or home that does not exist, a name that no file can
            have, and for none.
    """
    found = os.path.expandvars(text)
    if "$" in found:
        raise InvalidConfiguration(f"undefined variable in '{text}'", where, "export it first")
    if not found.strip():
        # behind a folder it would be that folder
        what = f"'{text}' is empty, and names no file or folder"
        raise InvalidConfiguration(what, where, "say which one is meant: `.` is a folder, too")
    for part in found.split("/"):
        if len(os.fsencode(part)) > _LONGEST:
            what = f"no file can be called '{part[:40]}...': it has {len(part)} characters"
            raise InvalidConfiguration(what, where, f"file systems take {_LONGEST}")
    try:
        return str(Path(found).expanduser()) if found.startswith("~") else found
    except RuntimeError as error:
        raise InvalidConfiguration(f"no such home: '{text}'", where) from error


def with_absolute_files(section: Any, folder: Path, where: str) -> Any:
    """A section in which the paths under every key `file`, and the files of models, are absolute.

    A file may be one path or one per year. A `model` is a file where it has an ending.
    """
    if isinstance(section, list | tuple):
        return [with_absolute_files(one, folder, where) for one in section]
    if not isinstance(section, Mapping):
        return section
    return {
        key: _absolute(value, folder, f"{where}.{key}")
        if key == FILE or (key == MODEL and isinstance(value, str) and Path(value).suffix)
        else with_absolute_files(value, folder, f"{where}.{key}")
        for key, value in section.items()
    }


def _absolute(value: Any, folder: Path, where: str) -> Any:
    if isinstance(value, str):
        return str((folder / expanded(value, where)).resolve())
    if isinstance(value, Mapping):
        return {key: _absolute(one, folder, f"{where}.{key}") for key, one in value.items()}
    return value
