from __future__ import annotations

import shutil
import struct
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import uproot

from higgsflow.events.file_head import HEAD, head_of, head_of_opened, original_uuid

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def head(path: Path) -> Any:
    return head_of(path.read_bytes()[:HEAD])


@pytest.mark.parametrize("large", [False, True])
def test_head_is_that_of_uproot(
    write_root: Callable[..., Path], events: dict[str, Any], large: bool
) -> None:
    path = write_root(Events=events)
    if large:
        path.write_bytes(_large(path.read_bytes()))
    with uproot.open(path) as file:
        assert (file.file.fVersion >= 1_000_000) == large
        found = head_of(path.read_bytes()[:HEAD])
        assert found == head_of_opened(file)
        assert (original_uuid(found.uuid), found.end) == (str(file.file.uuid), file.file.fEND)


def _large(content: bytes) -> bytes:
    """The same with a head as in files above 2 GB."""
    fields = uproot.reading._file_header_fields_small.unpack_from(content)
    changed = (fields[0], fields[1] + 1_000_000, *fields[2:])
    head = uproot.reading._file_header_fields_big.pack(*changed)
    return head + content[len(head) :]


@pytest.mark.parametrize("content", [b"", b"root", b"hello\n" * 50, b"root"[:3] + bytes(200)])
def test_what_has_no_head_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="not a ROOT file"):
        head_of(content)


def test_a_copy_is_the_same(
    write_root: Callable[..., Path], events: dict[str, Any], tmp_path: Path
) -> None:
    path = write_root(Events=events)
    assert head(shutil.copy(path, tmp_path / "copy.root")) == head(path)


def test_events_written_anew_make_it_another_with_the_same_uuid(
    write_root: Callable[..., Path],
) -> None:
    path = write_root(Events={"x": np.arange(5.0)})
    before = head(path)
    # the time in a file is one of whole seconds
    time.sleep(1.0)
    with uproot.update(path) as file:
        file.mktree("Events", {"x": np.float64}).extend({"x": np.arange(5.0) + 1})
    after = head(path)
    assert after.uuid != before.uuid
    assert original_uuid(after.uuid) == original_uuid(before.uuid)


@pytest.mark.parametrize(
    "at", [12, 16, 37, "time"], ids=["end", "free places", "streamers", "time"]
)
def test_what_changes_with_the_content_makes_it_another(
    write_root: Callable[..., Path], events: dict[str, Any], at: int | str
) -> None:
    content = bytearray(write_root(Events=events).read_bytes())
    before = head_of(bytes(content[:HEAD]))
    begin, length = (struct.unpack_from(">i", content, place)[0] for place in (8, 28))
    place = begin + length + 6 if isinstance(at, str) else at
    content[place + 3] ^= 1
    after = head_of(bytes(content[:HEAD]))
    assert after.uuid != before.uuid
    assert original_uuid(after.uuid) == original_uuid(before.uuid)


def test_what_comes_after_the_head_is_not_looked_at(
    write_root: Callable[..., Path], events: dict[str, Any]
) -> None:
    """Else the time of each tree would count, and files made again would be others."""
    content = bytearray(write_root(Events=events).read_bytes())
    begin, length = (struct.unpack_from(">i", content, place)[0] for place in (8, 28))
    before = head_of(bytes(content[:HEAD]))
    content[begin + length + 42 :] = bytes(len(content))
    assert head_of(bytes(content[:HEAD])) == before
