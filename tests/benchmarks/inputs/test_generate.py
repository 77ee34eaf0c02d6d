"""Files for measurements hold what they say, in the layout they say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import awkward as ak
import numpy as np
import pytest
import uproot

from benchmarks.inputs.columns import needed_columns, rounded
from benchmarks.inputs.filler import count_branches, fill
from benchmarks.inputs.generate import Input
from benchmarks.inputs.kinds import KINDS

if TYPE_CHECKING:
    from pathlib import Path

SMALL = {"events": 300, "basket": 100, "branches": 330}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("inputs")


@pytest.mark.parametrize("codec", ["zstd", "lzma", "lz4", "zlib", "none"])
def test_files_of_any_codec_hold_the_same_events(files: Path, codec: str) -> None:
    plain = Input(codec="zstd", **SMALL).make(files)[0]
    path = Input(codec=codec, **SMALL).make(files)[0]
    with uproot.open(path) as file, uproot.open(plain) as other:
        tree = file["Events"]
        # what a branch says of itself is not what uproot wrote
        blocks = tree["GenPart_statusFlags"].basket(0).block_compression_info or []
        names = ["event", "genWeight", "Photon_pt", "Jet_btagDeepFlavB", "GenPart_statusFlags"]
        ours, theirs = tree.arrays(names), other["Events"].arrays(names)
        assert len(tree.keys()) == SMALL["branches"]
        assert tree["Jet_pt"].num_baskets == 3
    assert ak.array_equal(ours, theirs)
    assert [block[0].lower() for block in blocks] == ([] if codec == "none" else [codec])


def test_files_of_other_content_have_other_identities(files: Path) -> None:
    zstd, lz4 = Input(**SMALL), Input(codec="lz4", **SMALL)
    uuids = set()
    for path in (*zstd.make(files, 2), *lz4.make(files, 2)):
        with uproot.open(path) as file:
            uuids.add(file.file.uuid)
    assert len(uuids) == 4


def test_the_runs_tree_sums_exactly_the_events(files: Path) -> None:
    with uproot.open(Input(**SMALL).make(files)[0]) as file:
        weights = file["Events"]["genWeight"].array().to_numpy().astype(float)
        runs = file["Runs"].arrays()
    assert runs.genEventCount.tolist() == [300]
    assert runs.genEventSumw[0] == pytest.approx(weights.sum(), rel=1e-12)
    assert runs.genEventSumw2[0] == pytest.approx((weights**2).sum(), rel=1e-12)


def test_more_branches_are_filled_to_the_number_asked_for() -> None:
    columns = needed_columns(np.random.default_rng(1), KINDS["background"], 20, 0)
    needed = count_branches(columns)
    assert count_branches(fill(np.random.default_rng(1), columns, 1502)) == 1502
    with pytest.raises(ValueError, match=f"fewer than the {needed} needed"):
        fill(np.random.default_rng(1), columns, needed - 1)


def test_the_kinds_differ_in_how_many_events_have_two_photons() -> None:
    share = {}
    for kind, wanted in KINDS.items():
        columns = needed_columns(np.random.default_rng(1), wanted, 3000, 0)
        share[kind] = float(np.mean(ak.num(columns["Photon"].pt) >= 2))
    assert share["signal"] > 0.6
    assert share["background"] < 0.1


def test_rounding_keeps_so_many_bits() -> None:
    values = np.array([1.0, 1.3, -7.77, 125.09], dtype=np.float32)
    kept = rounded(values, 8)
    assert np.all(kept.view(np.uint32) & ((1 << 15) - 1) == 0)
    assert np.allclose(kept, values, rtol=2.0**-9)
