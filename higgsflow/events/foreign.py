"""What a file is that was given for a ROOT file, by how it begins."""

from __future__ import annotations

import re
from pathlib import Path

from higgsflow.catalog.addresses import SERVER
from higgsflow.errors import InputFileError
from higgsflow.events.file_head import HEAD

# enough to see a page behind empty lines
_BEGINNING = 256
_PAGE = re.compile(rb"\s*<(!doctype|html|\?xml)", re.IGNORECASE)
_KINDS = (
    (b"PAR1", "a parquet file", "name ROOT files"),
    (b"\x89HDF", "an HDF5 file", "name ROOT files"),
    (b"\x1f\x8b", "packed by gzip", "unpack it"),
    (b"PK\x03\x04", "a zip archive", "unpack it"),
    (b"\xfd7zXZ", "packed by xz", "unpack it"),
    (b"\x28\xb5\x2f\xfd", "packed by zstd", "unpack it"),
    (b"version https://git-lfs", "a pointer of Git LFS", "`git lfs pull` gets the file"),
)


def why_not_root(url: str) -> InputFileError | None:
    """What is told of a file that cannot be opened; None where its head is that of a ROOT file.

    Raises:
        OSError: when it cannot be read.
    """
    size, beginning = _beginning(url)
    if size == 0:
        return InputFileError(f"{url} is empty", "it has 0 bytes", "copy it again")
    if beginning.startswith(b"root"):
        cut = InputFileError(f"{url} is truncated", f"it has {size} bytes", "copy it again")
        return cut if size < HEAD else None
    what = f"{url} is no ROOT file"
    if _PAGE.match(beginning):
        said = "it is a page of the web: what a server has answered in place of a file?"
        return InputFileError(what, said, "copy it again, and look at what is said there")
    for mark, kind, remedy in _KINDS:
        if beginning.startswith(mark):
            return InputFileError(what, f"it is {kind}", remedy)
    return InputFileError(what, f"it begins with {beginning[:20]!r}", "is it another file?")


def _beginning(url: str) -> tuple[int, bytes]:
    """The size of a file, and its first bytes."""
    if url.startswith(SERVER):
        # its client is not loaded for files that are here
        from higgsflow.events.remote_bytes import RemoteBytes  # noqa: PLC0415

        there = RemoteBytes(url)
        try:
            size = there.size
            return size, there.read_some(0, min(size, _BEGINNING)) if size else b""
        finally:
            there.close()
    with Path(url).open("rb") as file:
        return Path(url).stat().st_size, file.read(_BEGINNING)
