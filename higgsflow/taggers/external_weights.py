"""Files that an ONNX model keeps its weights in, beside its own.

It names them, in whatever way its author liked. They are found as its bytes have them, since no
library that reads models is needed otherwise but onnxruntime, which does not tell.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

from higgsflow.there import is_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# of protocol buffers: the fields key and value, each with its length, of which seven bits are in
# the first byte, and the others in the next ones
_LOCATION = re.compile(rb"\n\x08location\x12(?=([\x80-\xff]{0,2}[\x00-\x7f]))", re.DOTALL)


def external_files(model: Path) -> tuple[Path, ...]:
    """Those that are there, in the order of their names; none of a model that cannot be read."""
    try:
        status = model.stat()
        names = _named(model, status.st_size, status.st_ctime_ns)
    except OSError:
        return ()
    return tuple(path for path in map(model.parent.joinpath, names) if is_file(path))


@functools.lru_cache(maxsize=32)
def _named(model: Path, size: int, ctime_ns: int) -> tuple[str, ...]:
    """The names in a version of a model."""
    del size, ctime_ns
    return tuple(sorted(set(_locations(model.read_bytes()))))


def _locations(content: bytes) -> Iterator[str]:
    for found in _LOCATION.finditer(content):
        length = sum((byte & 0x7F) << 7 * place for place, byte in enumerate(found[1]))
        start = found.end() + len(found[1])
        name = content[start : start + length].decode(errors="replace")
        # weights may happen to have these bytes, but hardly the name of a file after them
        if name.isprintable():
            yield name
