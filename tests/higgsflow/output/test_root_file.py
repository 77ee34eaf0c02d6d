"""New ROOT files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import uproot

from higgsflow.output.root_file import new_root_file

if TYPE_CHECKING:
    from pathlib import Path


def test_what_is_written_is_compressed_by_what_old_releases_of_root_read(tmp_path: Path) -> None:
    path = tmp_path / "some.root"
    path.write_text("something else")
    numbers = np.repeat(np.arange(100.0), 50)
    with new_root_file(path) as file:
        file.mktree("events", {"m_gg": np.float64}).extend({"m_gg": numbers})
        file["about"] = "text"
    with uproot.open(path) as file:
        branch = file["events"]["m_gg"]
        np.testing.assert_array_equal(branch.array(library="np"), numbers)
        assert str(file["about"]) == "text"
        key = branch.basket_key(0)
        assert key.fNbytes < key.fObjlen / 2
    begin = key.fSeekKey + key.fKeylen
    assert path.read_bytes()[begin : begin + 2] == b"L4"
