"""Two versions of an analysis, and another framework's files, from the outside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from higgsflow.catalog.load import load_analysis
from higgsflow.catalog.snapshot import write_snapshot
from higgsflow.diff.column_map import ColumnMap
from higgsflow.diff.difference import diff
from higgsflow.errors import UnknownName, UserError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Lab

NOMINAL = ("Sig", "2017", "nominal")


def test_two_versions_and_the_files_of_another_framework(
    lab: Lab, make_root_file: Callable[..., Path]
) -> None:
    lab.without_data().sig["files"] = {"2017": str(lab.files / "Sig_2017_*.root")}
    assert lab.run()
    first = str(lab.output())
    same = diff(first, first)
    assert (same.is_same, [p.n_columns > 5 for p in same.pairs]) == (True, [True])

    lab.content["tag_sequence"][1][0]["options"] = {"threshold": 80.0}
    lab.sig["xs"] = 1.0
    assert lab.run("MergeSample", sample="Sig", version="v2")
    found = diff(first, first.replace("v1", "v2"))
    assert found.configurations == (
        "samples.samples Sig: xs 0.5 -> 1",
        "tag_sequence.tag_list high_met: options.threshold is new",
    )
    assert "the configurations differ:\n  " in str(found)
    (pair,) = found.pairs
    old = lab.table()
    moved = int((np.array(old["met"]) > 60).sum() - (np.array(old["met"]) > 80).sum())
    (move,) = pair.moves
    assert (move.origin, move.target, move.n) == ("high_met", "rest", moved)
    assert pair.n_matched == pair.n_a == pair.n_b == len(old)
    changed = {column.name: column for column in pair.columns}
    assert {"weight_central", "weight_full_pileup_up"} <= set(changed)
    assert "m_gg" not in changed
    assert changed["weight_central"].max_relative == pytest.approx(0.5)
    assert sum(t.yield_b or 0 for t in pair.tags) == pytest.approx(
        2 * sum(t.yield_a or 0 for t in pair.tags)
    )

    numbers = {name: old[name].to_numpy() for name in ("run", "event", "weight_central")}
    theirs = {
        **{name: values[::-1][1:] for name, values in numbers.items()},
        "lumi": old["luminosityBlock"].to_numpy()[::-1][1:].astype(np.int32),
        "CMS_hgg_mass": old["m_gg"].to_numpy()[::-1][1:].astype(np.float32),
        "category": 5 + old["tag_idx"].to_numpy()[::-1][1:].astype(np.int32),
    }
    path = make_root_file(lab.folder / "theirs.root", events=theirs)
    known = ColumnMap(
        columns={"m_gg": "CMS_hgg_mass", "tag_idx": "category"},
        tags={"high_met": 5, "rest": 6},
    )
    (pair,) = diff(first, str(path), known, tolerance=1e-6).pairs
    assert (pair.only_a, pair.only_b, pair.columns) == (1, 0, ())
    assert pair.n_columns == 2
    assert [(m.target, m.n) for m in pair.moves] == [("absent", 1)]


@pytest.mark.parametrize(
    ("known", "message"),
    [
        (ColumnMap(columns={"m_g": "mass"}), r"no column 'm_g' in .*a\.parquet.* 'm_gg'"),
        (ColumnMap(columns={"m_gg": "mass"}, factors={"m_g": 0.001}), "no column 'm_g' in"),
        (ColumnMap(columns={"event": "event", "tag_id": "tag_idx"}), "Did you mean 'tag_idx'"),
    ],
)
def test_own_name_that_is_misspelt_is_told(
    make_parquet: Callable[..., Path],
    make_columns: Callable[..., dict[str, Any]],
    known: ColumnMap,
    message: str,
) -> None:
    """Else the column would not be compared, and the rest be the same."""
    ours = make_parquet("a.parquet", make_columns(3))
    theirs = make_columns(3)
    theirs["mass"] = theirs.pop("m_gg") * 1000
    path = str(make_parquet("b.parquet", theirs))
    with pytest.raises(UnknownName, match=message):
        diff(str(ours), path, known)
    right = ColumnMap(columns={"m_gg": "mass"}, factors={"m_gg": 0.001})
    assert diff(str(ours), path, right, tolerance=1e-9).is_same


def test_tag_that_is_misspelt_is_told(
    lab: Lab, make_parquet: Callable[..., Path], make_columns: Callable[..., dict[str, Any]]
) -> None:
    folder = lab.without_data().output()
    folder.mkdir(parents=True)
    write_snapshot(load_analysis(lab.write()), folder)
    merged, theirs = make_columns(3), folder.parents[2] / "theirs"
    for name, more in (("nominal", {"weight_pileup_up": merged["m_gg"]}), ("met_up", {})):
        make_parquet(f"store/toy/v1/merged/Sig/2017/{name}.parquet", {**merged, **more})
        make_parquet(f"theirs/{name}.parquet", merged)
    for known in (ColumnMap(tags={"hihg_met": 0}), ColumnMap(trees={"hihg_met": "t"})):
        with pytest.raises(UnknownName, match=r"no tag 'hihg_met' in .* Did you mean 'high_met'"):
            diff(str(folder), str(theirs / "nominal.parquet"), known, wanted=NOMINAL)
    # variations do not have columns of weights, and any side may be the other's
    known = ColumnMap(
        columns={"weight_pileup_up": "m_gg"},
        tags={"high_met": 0, "rest": 1, "untagged": -1},
        files="{variation}.parquet",
    )
    assert len(diff(str(folder), str(theirs), known).pairs) == 2
    assert len(diff(str(theirs), str(folder), known).pairs) == 2


def test_stores_without_anything_in_common_are_told(
    lab: Lab, make_parquet: Callable[..., Path], make_columns: Callable[..., dict[str, Any]]
) -> None:
    for version, sample in (("v1", "Sig"), ("v2", "Signal")):
        folder = lab.output().parent / version
        folder.mkdir(parents=True)
        write_snapshot(load_analysis(lab.write()), folder)
        path = f"store/toy/{version}/merged/{sample}/2017/nominal.parquet"
        make_parquet(path, make_columns(3, m_gg=np.arange(3)))
    told = r"in common\n  such as Sig 2017 nominal in toy/v1 and Signal 2017 .*\n  say `samples:`"
    with pytest.raises(UserError, match=told):
        diff("toy/v1", "toy/v2")
    assert diff("toy/v1", "toy/v2", ColumnMap(samples={"Sig": "Signal"})).is_same


def test_what_cannot_be_compared_is_told(tmp_path: Path) -> None:
    for tolerance in (-1.0, float("nan")):
        with pytest.raises(UserError, match="is not a number from 0 on"):
            diff(str(tmp_path), str(tmp_path), tolerance=tolerance)
