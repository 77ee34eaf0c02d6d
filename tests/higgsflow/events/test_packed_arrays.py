from __future__ import annotations

from pathlib import Path

import pytest
import uproot

from higgsflow.errors import InputFileError
from higgsflow.events.packed_arrays import check_not_packed, packed_type

# written by ROOT itself
FILE = Path(__file__).parents[2] / "written_by_root" / "zstd.root"


def test_only_arrays_of_packed_numbers_are_packed() -> None:
    with uproot.open(FILE) as file:
        found = {branch.name: packed_type(branch) for branch in file["Events"].branches}
    packed = {name: kind for name, kind in found.items() if kind is not None}
    assert packed == {"A_dr": "Double32_t[]", "A_f": "Float16_t[]"}
    # numbers of the same types, one per event or not packed, are there, too
    assert {"s_dr", "s_d", "A_d", "s_f"} < found.keys()
    for name, kind in packed.items():
        with pytest.raises(InputFileError, match=f"'{name}' is an array of packed"):
            check_not_packed(kind, name, "a.root")
    for fine in ("Float16_t", "float[]", "double", None):
        check_not_packed(fine, "x", "a.root")
