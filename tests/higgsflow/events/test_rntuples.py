from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import uproot
import xxhash

from higgsflow.errors import InputFileError
from higgsflow.events.rntuples import check_envelopes, is_rntuple
from higgsflow.events.tree import get_tree, open_file, read_arrays

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

COLUMNS = {"run": np.arange(20, dtype=np.uint32), "mass": np.linspace(0, 1, 20)}


@pytest.fixture(params=[None, uproot.ZSTD(1)], ids=["plain", "compressed"])
def ntuple(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    path = tmp_path / "a.root"
    with uproot.recreate(path, compression=request.param) as file:
        file.mkrntuple("Events", COLUMNS).extend(COLUMNS)
        file.mktree("Runs", {"run": np.float64})
    return path


def place(path: Path, part: str) -> tuple[int, int]:
    """Where the header, the footer or the last list of pages is, and its bytes."""
    with uproot.open(path) as file:
        member = file["Events"].member
        if part == "Pages":
            locator = file["Events"].footer.cluster_group_records[-1].page_list_link.locator
            return locator.offset, locator.num_bytes
        return int(member(f"fSeek{part}")), int(member(f"fNBytes{part}"))


def test_what_is_not_damaged_is_read(ntuple: Path) -> None:
    with open_file(str(ntuple)) as file:
        tree = get_tree(file, str(ntuple))
        assert is_rntuple(tree)
        assert not is_rntuple(file["Runs"])
        found: Any = read_arrays(tree, ["run"], 0, 40, "a.root")
    assert found["run"].to_list() == [*range(20), *range(20)]


@pytest.mark.parametrize("part", ["Header", "Footer", "Pages"])
def test_every_damaged_byte_is_found_before_anybody_believes_it(ntuple: Path, part: str) -> None:
    """A count of four billion columns is read for hours, one of fewer entries at once."""
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


def test_a_list_of_pages_that_fits_its_checksum_is_held_against_the_footer(tmp_path: Path) -> None:
    """With one entry less in its last cluster a file would be a smaller sample."""
    path = tmp_path / "a.root"
    with uproot.recreate(path, compression=None) as file:
        file.mkrntuple("Events", COLUMNS)
    seek, length = place(path, "Pages")
    content = bytearray(path.read_bytes())
    part = content[seek : seek + length - 8]
    struct.pack_into("<Q", part, part.index(struct.pack("<QQ", 0, 20)) + 8, 19)
    content[seek : seek + length] = part + struct.pack("<Q", xxhash.xxh3_64_intdigest(bytes(part)))
    path.write_bytes(content)
    with uproot.open(path) as file:
        assert file["Events"].num_entries == 19
    with (
        open_file(str(path)) as file,
        pytest.raises(
            InputFileError, match=r"the page list 0 .*a\.root is damaged\n  19 entries"
        ) as told,
    ):
        get_tree(file, str(path))
    assert len(str(told.value).splitlines()) == 3


@pytest.mark.parametrize(
    ("name", "columns"), [("Photon_pt", ["Photon_pt", "Jet_pt", "run"]), ("run", ["run"])]
)
def test_a_damaged_page_of_a_column_that_is_read_is_told(
    real_data: Path, tmp_path: Path, name: str, columns: list[str]
) -> None:
    """ROOT writes a checksum behind every page, which uproot does not look at."""
    path = tmp_path / "a.root"
    content = bytearray((real_data / "DY_v6_rntuple.root").read_bytes())
    path.write_bytes(content)
    with open_file(str(path)) as file:
        tree = get_tree(file, str(path))
        form, _ = tree[name].to_akform()
        numbers = [int(n) for n in re.findall(r"column-(\d+)", form.to_json())]
        (page, *_) = tree.page_link_list[0][max(numbers)].pages
        read_arrays(tree, columns, 0, 40, str(path))
    content[page.locator.offset + page.locator.num_bytes // 2] ^= 0x01
    path.write_bytes(content)
    with open_file(str(path)) as file:
        tree = get_tree(file, str(path))
        assert len(read_arrays(tree, ["MET_pt"], 0, 40, str(path))["MET_pt"]) == 40
        with pytest.raises(InputFileError) as told:
            read_arrays(tree, columns, 0, 40, str(path))
    assert str(told.value).splitlines() == [
        f"the column '{name}' of an RNTuple in {path} is damaged",
        "  its checksum does not fit",
        "  copy the file again",
    ]


def first_list(header: bytes) -> int:
    """Where the lists begin, behind three texts."""
    at = 16
    for _ in range(3):
        at += 4 + int.from_bytes(header[at : at + 4], "little")
    return at


def last_list(footer: bytes) -> int:
    """Where the list of groups of clusters begins, behind what came later than the header."""
    return 24 + int.from_bytes(footer[24:32], "little")


@pytest.mark.parametrize(("part", "at"), [("Header", first_list), ("Footer", last_list)])
def test_a_count_that_fits_its_checksum_is_not_counted_to(
    tmp_path: Path, part: str, at: Callable[[bytes], int]
) -> None:
    """Of frames without a length, four billion would be read for hours."""
    path = tmp_path / "a.root"
    with uproot.recreate(path, compression=None) as file:
        file.mkrntuple("Events", COLUMNS)
    seek, length = place(path, part)
    content = bytearray(path.read_bytes())
    inner = content[seek : seek + length - 8]
    # behind the length of the list
    struct.pack_into("<I", inner, at(inner) + 8, 1 << 31)
    checksum = struct.pack("<Q", xxhash.xxh3_64_intdigest(bytes(inner)))
    content[seek : seek + length] = inner + checksum
    path.write_bytes(content)
    with (
        open_file(str(path)) as file,
        pytest.raises(InputFileError, match=rf"the {part.lower()} of an RNTuple in .* is damaged"),
    ):
        get_tree(file, str(path))
