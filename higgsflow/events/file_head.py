"""What a ROOT file says of itself first: which file it is, with which content, and where it ends.

A file that is changed in place keeps its UUID, which therefore does not tell whether its events are
still those that a job has read. Its end, the places of its lists or the time of its folder do.
"""

from __future__ import annotations

import hashlib
import struct
import uuid
from typing import Any, NamedTuple

# the header of a file, in files above 2 GB with positions of eight bytes, and that of its folder
_SMALL, _LARGE = struct.Struct(">4siiiiiiiBiiiH16s"), struct.Struct(">4siiqqiiiBiqiH16s")
_IS_LARGE, _FOLDER = 1_000_000, 42
# what uproot reads of each file first
HEAD = 403
NO_UUID = str(uuid.UUID(int=0))


class Head(NamedTuple):
    """Which file it is, and where it ends.

    Attributes:
        uuid: `UUID+DIGEST`, the latter of what it says first; copies of a file have the same.
    """

    uuid: str
    end: int


def head_of(content: bytes) -> Head:
    """The head of a ROOT file, from its first bytes.

    Raises:
        ValueError: when it is none.
    """
    if len(content) < _LARGE.size or not content.startswith(b"root"):
        raise ValueError("not a ROOT file")
    fields = _SMALL.unpack_from(content)
    if fields[1] >= _IS_LARGE:
        fields = _LARGE.unpack_from(content)
    begin, length_of_name = fields[2], fields[7]
    first = content[: min(HEAD, max(_LARGE.size, begin + length_of_name + _FOLDER))]
    return Head(_named(uuid.UUID(bytes=fields[-1]), first), fields[3])


def head_of_opened(file: Any) -> Head:
    """That of a file that uproot has open, which has these bytes at hand."""
    return head_of(file.file.chunk(0, HEAD).raw_data.tobytes()[:HEAD])


def original_uuid(name: str) -> str:
    """The UUID alone: that of the original of a file that was changed in place."""
    return name.partition("+")[0]


def _named(original: uuid.UUID, first: bytes) -> str:
    return f"{original}+{hashlib.sha256(first).hexdigest()[:12]}"
