"""Where a file of events comes from: the same words in parquet and in ROOT.

Nothing here depends on when, where or by whom a file was made: identical runs write the same.
"""

from __future__ import annotations

import functools
import importlib.metadata
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

import higgsflow
from higgsflow.code import physics_digest
from higgsflow.ingredients import digest
from higgsflow.model.noun import Noun

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

KEY = "higgsflow"
_PACKAGES = ("numpy", "awkward", "uproot", "pyarrow")
# of more input files than this there is a digest in the file, and the list in the manifest
_MANY = 100
_UNIT = re.compile(r"\[([^\[\]]*)\]\s*$")


class Origin(Noun):
    """What all files of one merge share.

    Attributes:
        configuration: digest of the analysis.
        own_code: digest of the code of users that it names; empty where it names none.
        files: uuids of the input files whose events count.
        ranges: uuid, first entry and end of what was read of them, neighbours as one.
        tags: names of the tags, which tag_idx counts.
        descriptions: of columns, with the unit at the end: `text [unit]`.
    """

    configuration: str = ""
    own_code: str = ""
    files: tuple[str, ...] = ()
    ranges: tuple[tuple[str, int, int], ...] = ()
    tags: tuple[str, ...] = ()
    descriptions: dict[str, str] = {}


def provenance(origin: Origin, facts: Mapping[str, Any]) -> dict[str, Any]:
    """What a file says of itself: its own facts, then inputs, code and versions."""
    listed = {"files": list(origin.files)} if len(origin.files) <= _MANY else {}
    return {
        **facts,
        "n_files": len(origin.files),
        "files_digest": digest(origin.files),
        **listed,
        "tags": list(origin.tags),
        "configuration": origin.configuration,
        "own_code": origin.own_code,
        "commit": commit_of_program(),
        "code": physics_digest(),
        "versions": versions(),
    }


@functools.cache
def versions() -> dict[str, str]:
    """Versions of what made the numbers."""
    found = {name: importlib.metadata.version(name) for name in _PACKAGES}
    return {"higgsflow": higgsflow.__version__, **found}


def commit_of_program() -> str:
    """The git commit of the checkout that runs; empty where it was installed without one."""
    return commit_of(Path(higgsflow.__file__).resolve().parents[1])


@functools.cache
def commit_of(folder: Path) -> str:
    """The git commit of a checkout; empty where the folder is none."""
    try:
        git = _git_folder(folder / ".git")
        head = (git / "HEAD").read_text(encoding="ascii").strip()
        if not head.startswith("ref: "):
            return head
        return _resolved(git, head.removeprefix("ref: "))
    except (OSError, ValueError):
        return ""


def _git_folder(path: Path) -> Path:
    """The folder of the repository; of a worktree, what its file `.git` points to."""
    if not path.is_file():
        return path
    target = path.read_text(encoding="utf-8").strip().removeprefix("gitdir: ")
    return path.parent / target


def _resolved(git: Path, reference: str) -> str:
    """The commit of a branch, which lies in a file of its own or among the packed ones."""
    shared = git / "commondir"
    common = git / shared.read_text(encoding="utf-8").strip() if shared.is_file() else git
    for folder in (git, common):
        if (folder / reference).is_file():
            return (folder / reference).read_text(encoding="ascii").strip()
    for line in (common / "packed-refs").read_text(encoding="utf-8").splitlines():
        commit, _, name = line.partition(" ")
        if name == reference:
            return commit
    return ""


def annotated(schema: Any, descriptions: Mapping[str, str], origin: Mapping[str, Any]) -> Any:
    """The arrow schema with a description and unit of each column, and where the file is from."""
    fields = [
        field.with_metadata(_field_metadata(descriptions.get(field.name, ""))) for field in schema
    ]
    return pa.schema(fields, metadata={KEY: as_text(origin)})


def as_text(origin: Mapping[str, Any]) -> str:
    """Provenance as JSON, the same for the same facts."""
    return json.dumps(origin, sort_keys=True)


def _field_metadata(description: str) -> dict[str, str] | None:
    if not description:
        return None
    unit = unit_of(description)
    return {"description": description, **({"unit": unit} if unit else {})}


def unit_of(description: str) -> str:
    """The unit at the end of a description; empty where there is none."""
    found = _UNIT.search(description)
    return found[1] if found else ""


def texts(schema: Any) -> dict[str, str]:
    """Provenance and descriptions of a schema as JSON, for files that keep texts only."""
    metadata = schema.metadata or {}
    return {
        "provenance": metadata.get(KEY.encode(), b"{}").decode(),
        "columns": json.dumps(described(schema), sort_keys=True),
    }


def described(schema: Sequence[Any]) -> dict[str, str]:
    """The description of each column of an annotated schema that has one."""
    metadata = {field.name: field.metadata or {} for field in schema}
    return {
        name: found[b"description"].decode()
        for name, found in metadata.items()
        if b"description" in found
    }
