"""Many small files quickly: copies of one, each with an identity (UUID) of its own."""

from __future__ import annotations

import struct
import uuid
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# Where ROOT's header of files below 2 GB has the identity: after 4 bytes of name, 10 big-endian
# numbers, one byte and one more, and 2 bytes of its version.
# https://root.cern/doc/master/classTFile.html
_VERSION, _BEGIN = 4, 45
_LARGE = 1_000_000


def copies(source: Path, folder: Path, n: int) -> list[Path]:
    """The first n copies, made where they are not there.

    Raises:
        ValueError: for a file whose header is not that of a small file of ROOT.
    """
    content = source.read_bytes()
    if content[:4] != b"root" or struct.unpack_from(">i", content, _VERSION)[0] >= _LARGE:
        raise ValueError(f"{source} has no header of a small ROOT file")
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{source.stem}_{number}.root" for number in range(n)]
    for path in paths:
        if not path.is_file():
            identity = uuid.uuid4().bytes
            path.write_bytes(content[: _BEGIN + 2] + identity + content[_BEGIN + 18 :])
    return paths
