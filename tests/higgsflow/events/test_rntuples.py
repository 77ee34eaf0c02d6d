from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import uproot

from higgsflow.errors import InputFileError
from higgsflow.events.rntuples import check_envelopes, is_rntuple
from higgsflow.events.tree import get_tree, open_file, read_arrays

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS = {"run": np.arange(20, dtype=np.uint32), "mass": np.linspace(0, 1, 20)}


@pytest.fixture(params=[None, uproot.ZSTD(1)], ids=["plain", "compressed"])
def ntuple(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    path = tmp_path / "a.root"
    with uproot.recreate(path, compression=request.param) as file:
        file.mkrntuple("Events", COLUMNS)
        file.mktree("Runs", {"run": np.float64})
    return path


def place(path: Path, part: str) -> tuple[int, int]:
    """Where the header or footer is, and its bytes."""
    with uproot.open(path) as file:
        member = file["Events"].member
        return int(member(f"fSeek{part}")), int(member(f"fNBytes{part}"))


def test_what_is_not_damaged_is_read(ntuple: Path) -> None:
    with open_file(str(ntuple)) as file:
        tree = get_tree(file, str(ntuple))
        assert is_rntuple(tree)
        assert not is_rntuple(file["Runs"])
        found: Any = read_arrays(tree, ["run"], 0, 20, "a.root")
    assert found["run"].to_list() == list(range(20))


@pytest.mark.parametrize("part", ["Header", "Footer"])
def test_every_damaged_byte_is_found_before_anybody_believes_it(ntuple: Path, part: str) -> None:
    """A count of four billion columns is read for hours."""
    whole = ntuple.read_bytes()
    seek, length = place(ntuple, part)
    with open_file(str(ntuple)) as file:
        tree = file["Events"]
        check_envelopes(file, tree, "a.root")
    for at in range(0, length, 7):
        damaged = bytearray(whole)
        damaged[seek + at] ^= 0x40
        ntuple.write_bytes(damaged)
        with (
            open_file(str(ntuple)) as file,
            pytest.raises(InputFileError, match=r"a\.root|is damaged"),
        ):
            get_tree(file, str(ntuple))
