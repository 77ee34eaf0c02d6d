"""The reference loop on real files, where they are."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import uproot
from slow_files import MissingColumn, read_events
from slow_loop import Setup, process

ROOT = Path(__file__).parents[2]
REAL = Path(os.environ.get("HIGGSFLOW_REAL_DATA", str(ROOT.parent / "shared" / "data")))
SCALES = {"photon_pt_scale_up": 1.01, "photon_pt_scale_down": 0.99}


def test_missing_column_names_file_and_column(tmp_path: Path) -> None:
    path = tmp_path / "flat.root"
    with uproot.recreate(path) as file:
        file.mktree("Events", {"run": "uint32"}).extend({"run": np.array([1], dtype="uint32")})
    with pytest.raises(MissingColumn, match=r"Photon_pt.*flat\.root"):
        list(read_events(path, ["run"]))


def real(name: str) -> str:
    path = REAL / name
    if not path.is_file():
        pytest.skip(f"{name} is not there")
    return str(path)


def test_real_tth_file_has_the_known_counts() -> None:
    setup = Setup("2017", False, photon_pt_scale=SCALES)
    result = process([real("ttH_M125_2017.root")], setup)
    nominal = result.variations["nominal"]
    assert result.n_read == 100
    assert result.sum_g == pytest.approx(120.701, abs=5e-4)
    assert nominal.n_diphoton == 49
    assert nominal.overlap.after == [11, 0, 22]
    assert nominal.overlap.before == [11, 5, 22]
    assert [e.tag for e in result.selected()].count(2) == 22


@pytest.mark.parametrize(
    ("name", "year", "is_data", "n_diphoton"),
    [
        ("ggH_M125_2022_v13.root", "2022", False, 55),
        ("EGamma_2022F_v11.root", "2022", True, 0),
        ("DY_v6.root", "2017", False, 0),
    ],
)
def test_other_real_versions_are_read(name: str, year: str, is_data: bool, n_diphoton: int) -> None:
    result = process([real(name)], Setup(year, is_data))
    assert result.variations["nominal"].n_diphoton == n_diphoton


def test_tree_and_rntuple_hold_the_same_events() -> None:
    scalars = ["run", "luminosityBlock", "event", "genWeight"]
    tree = list(read_events(Path(real("DY_v6.root")), scalars))
    ntuple = list(read_events(Path(real("DY_v6_rntuple.root")), scalars))
    assert len(tree) == 40
    assert tree == ntuple
