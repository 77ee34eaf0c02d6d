"""What was found in input files, kept as long as they have the same name, size and time.

One small file for each of them, in folders by the first letters of their names, and one for all
columns that files have in common.
"""

from __future__ import annotations

import functools
import hashlib
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from higgsflow.events.index import FileIndex, schema_id
from higgsflow.output.atomic import remove_stale_once, write_text
from higgsflow.there import is_file

if TYPE_CHECKING:
    from pathlib import Path

    from higgsflow.catalog.files import InputFile

FORMAT = 3
_SCHEMAS = "schemas"


class EntryBook:
    """Entries of files: what `FileIndex` has, and `columns`."""

    def __init__(self, folder: Path, is_data: bool) -> None:
        self._folder, self._is_data = folder, is_data

    def get(self, file: InputFile) -> dict[str, Any] | None:
        """What is known of a file; None when nothing that can be used."""
        path = self._path(file)
        if file.mtime_ns is None or not is_file(path):
            return None
        try:
            entry: dict[str, Any] = json.loads(path.read_bytes())
            FileIndex.model_validate(entry)
            return {**entry, "columns": _columns(self._schema_path(entry["schema_id"]))}
        except (OSError, ValueError, RecursionError):
            path.unlink(missing_ok=True)
            return None

    def put(self, file: InputFile, entry: dict[str, Any]) -> None:
        """Keeps what was found."""
        schema = self._schema_path(entry["schema_id"])
        if not is_file(schema):
            _keep(schema, entry["columns"])
        found = {name: value for name, value in entry.items() if name != "columns"}
        _keep(self._path(file), found)

    def _path(self, file: InputFile) -> Path:
        key = json.dumps([FORMAT, file.url, file.size, file.mtime_ns, self._is_data])
        name = hashlib.sha256(key.encode()).hexdigest()[:24]
        return self._folder / name[:2] / f"{name}.json"

    def _schema_path(self, schema_id: str) -> Path:
        return self._folder / _SCHEMAS / f"{schema_id}.json"


@functools.lru_cache(maxsize=100)
def _columns(path: Path) -> dict[str, str]:
    """The columns of a schema, whose name is a digest of them; what is damaged is removed."""
    found: dict[str, str] = {}
    with suppress(ValueError, RecursionError):
        found = json.loads(path.read_bytes())
    if not isinstance(found, dict) or schema_id(found) != path.stem:
        path.unlink(missing_ok=True)
        raise ValueError(f"{path} does not hold what its name says")
    return found


def _keep(path: Path, content: Any) -> None:
    write_text(path, json.dumps(content))
    remove_stale_once(path.parent)
