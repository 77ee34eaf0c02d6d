"""Writing of NanoAOD-like ROOT files, quickly and all at once.

uproot needs a time quadratic in the number of columns to lay out a tree, 0.4 s for the 300 of the
demo, many times what the events need, and 12 s for 1,500. The empty file is therefore laid out once
per schema, in memory, and every file starts as a copy of it under its own UUID.
"""

from __future__ import annotations

import copy
import copyreg
import functools
import hashlib
import io
import os
import struct
import uuid
from typing import TYPE_CHECKING, Any, NamedTuple

import lazy_loader as lazy
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ak = lazy.load("awkward")
uproot = lazy.load("uproot")

BLOCK = 700  # events per cluster, so that a file has several
CODECS = ("none", "zlib", "lzma", "lz4", "zstd")
TEMPLATE_UUID = uuid.UUID("5f0d7c1e-6f3b-5a8e-9d27-0c4be1a93d68")
# where a file says how long its header is, and its name; a time as ROOT writes it: 1 January 2024
_LENGTHS, _TIME = (8, 28), (2024 - 1995) << 26 | 1 << 22 | 1 << 17

Schema = tuple[tuple[str, str], ...]

# The writer of a tree refers to compiled formats of `struct`, which the copy module cannot copy.
copyreg.pickle(struct.Struct, lambda compiled: (struct.Struct, (compiled.format,)))


class Layout(NamedTuple):
    """How the events of a file are stored: one of `CODECS`, its level, events of one basket."""

    codec: str = "lz4"
    level: int = 1
    basket: int = BLOCK


DEMO_LAYOUT = Layout()


def write_root_file(
    path: Path,
    events: Mapping[str, Any],
    trees: Mapping[str, Mapping[str, Any]],
    layout: Layout = DEMO_LAYOUT,
) -> None:
    """Write the Events tree and small further trees; the file appears complete or not at all.

    Columns are numpy arrays of one value per event or jagged awkward arrays. Equal content gives
    an equal UUID and head, and other content another one, since files are told apart by these.
    """
    schema = tuple((name, _type_name(values)) for name, values in events.items())
    file, buffer = _copy_of_template(schema, layout)
    n_events = len(next(iter(events.values())))
    for start in range(0, n_events, layout.basket):
        block = {name: values[start : start + layout.basket] for name, values in events.items()}
        file.tree.extend(block)
    for name, columns in trees.items():
        types = {key: _mktree_type(_type_name(values)) for key, values in columns.items()}
        file.root.mktree(name, types).extend(dict(columns))
    content = buffer.getvalue()
    content = content.replace(TEMPLATE_UUID.bytes, _content_uuid(path.name, events).bytes)
    write_atomically(path, _without_time(content))


def _without_time(content: bytes) -> bytes:
    """The same, made and changed at a time that is always the same, as its head says."""
    changed = bytearray(content)
    (begin,), (length_of_name,) = (struct.unpack_from(">i", content, at) for at in _LENGTHS)
    for at in (begin + 10, begin + length_of_name + 2, begin + length_of_name + 6):
        struct.pack_into(">I", changed, at, _TIME)
    return bytes(changed)


def write_atomically(path: Path, content: bytes) -> None:
    """Write under a temporary name in the same folder, which no pattern for the file matches."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


class _OpenFile:
    """A writable ROOT file in memory together with its Events tree."""

    def __init__(self, root: Any, tree: Any) -> None:
        self.root = root
        self.tree = tree


def _copy_of_template(schema: Schema, layout: Layout) -> tuple[_OpenFile, io.BytesIO]:
    """A file of its own with an empty Events tree, and the memory it is written to."""
    template, content = _template(schema, layout.codec, layout.level)
    buffer = io.BytesIO(content)
    sink = template.root.file.sink
    # the copy shall write to its own memory, everything else is copied as it is
    memo = {id(sink): type(sink)(buffer)}
    return copy.deepcopy(template, memo), buffer


@functools.lru_cache(maxsize=8)
def _template(schema: Schema, codec: str, level: int) -> tuple[_OpenFile, bytes]:
    buffer = io.BytesIO()
    compression = None if codec == "none" else _remembering(codec, level)
    root = uproot.recreate(buffer, compression=compression, uuid_function=lambda: TEMPLATE_UUID)
    tree = root.mktree("Events", {name: _mktree_type(text) for name, text in schema})
    return _OpenFile(root, tree), buffer.getvalue()


def _remembering(codec: str, level: int) -> Any:
    """A compression that does equal content once: columns that nothing reads may be alike."""
    base: Any = getattr(uproot, codec.upper())

    @functools.lru_cache(maxsize=16)
    def compressed(data: bytes) -> Any:
        return base(level).compress(data)

    class Remembering(base):  # type: ignore[misc]
        """The same, with a memory of its latest results."""

        @property
        def code_pair(self) -> tuple[int, int]:
            code: tuple[int, int] = base(level).code_pair
            return code

        def compress(self, data: Any) -> Any:
            return compressed(bytes(data))

        def __deepcopy__(self, memo: dict[int, Any]) -> Remembering:
            return self

    return Remembering(level)


def _type_name(values: Any) -> str:
    if isinstance(values, np.ndarray):
        return str(values.dtype.str)
    return f"var * {values.type.content.content}"


def _mktree_type(text: str) -> Any:
    if text.startswith("var"):
        return ak.types.from_datashape(text, highlevel=False)
    return np.dtype(text)


def _content_uuid(name: str, events: Mapping[str, Any]) -> uuid.UUID:
    """A UUID from a file's name and its numbers."""
    digest = hashlib.sha256(name.encode())
    for column, values in events.items():
        digest.update(column.encode())
        if isinstance(values, np.ndarray):
            digest.update(np.ascontiguousarray(values).tobytes())
            continue
        _, _, buffers = ak.to_buffers(ak.to_packed(values))
        for part in buffers.values():
            digest.update(np.ascontiguousarray(part).tobytes())
    return uuid.uuid5(TEMPLATE_UUID, digest.hexdigest())
