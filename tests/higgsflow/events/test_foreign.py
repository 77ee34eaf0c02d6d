from __future__ import annotations

import gzip
import io
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from higgsflow.errors import InputFileError
from higgsflow.events.foreign import why_not_root
from higgsflow.events.tree import open_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def parquet() -> bytes:
    pq.write_table(pa.table({"m_gg": [125.0]}), there := io.BytesIO())
    return there.getvalue()


PAGE = b"\n<!DOCTYPE html>\n<html><head><title>404 Not Found</title></head></html>"


@pytest.mark.parametrize(
    ("content", "what", "said"),
    [
        (b"", "is empty", "0 bytes"),
        (b"hello\n", "is no ROOT file", r"it begins with b'hello\\n'"),
        (bytes(5000), "is no ROOT file", "it begins with"),
        (PAGE, "is no ROOT file", "a page of the web"),
        (PAGE * 50, "is no ROOT file", "a page of the web"),
        (b'<?xml version="1.0"?><Error/>', "is no ROOT file", "a page of the web"),
        (gzip.compress(bytes(5000)), "is no ROOT file", "packed by gzip"),
        (parquet(), "is no ROOT file", "a parquet file"),
        (b"version https://git-lfs.github.com/spec/v1\n", "is no ROOT file", "git lfs pull"),
        (b"root" + bytes(36), "is truncated", "it has 40 bytes"),
    ],
    ids=[
        *("nothing", "text", "zeros", "page", "long page", "answer of S3"),
        *("gzip", "parquet", "pointer", "root"),
    ],
)
def test_what_it_is_in_place_of_a_root_file_is_told(
    content: bytes, what: str, said: str, tmp_path: Path
) -> None:
    path = tmp_path / "a.root"
    path.write_bytes(content)
    with pytest.raises(InputFileError, match=said) as caught, open_file(str(path)):
        pass
    assert caught.value.what == f"{path} {what}"


def test_nothing_is_told_of_what_begins_as_a_root_file(
    make_root_file: Callable[..., Path], tmp_path: Path
) -> None:
    path = make_root_file(tmp_path / "a.root", Events={"run": np.arange(3)})
    assert why_not_root(str(path)) is None


def test_a_file_that_is_gone_meanwhile_is_one_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        why_not_root(str(tmp_path / "a.root"))
