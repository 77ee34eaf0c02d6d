"""Copies of a file are other files with the same content."""

from __future__ import annotations

from typing import TYPE_CHECKING

import awkward as ak
import pytest
import uproot

from benchmarks.inputs.copies import copies
from benchmarks.inputs.generate import Input

if TYPE_CHECKING:
    from pathlib import Path


def test_copies_have_identities_of_their_own(tmp_path: Path) -> None:
    source = Input(events=20, basket=10, branches=330).make(tmp_path)[0]
    identities = set()
    for path in (source, *copies(source, tmp_path / "copies", 3)):
        with uproot.open(path) as file, uproot.open(source) as original:
            identities.add(file.file.uuid)
            pt, expected = (one["Events"]["Photon_pt"].array() for one in (file, original))
            assert ak.array_equal(pt, expected)
    assert len(identities) == 4


def test_another_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.root"
    path.write_bytes(b"parquet" * 20)
    with pytest.raises(ValueError, match="no header of a small ROOT file"):
        copies(path, tmp_path, 1)
