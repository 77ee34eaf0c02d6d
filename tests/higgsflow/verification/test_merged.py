from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from higgsflow.output.manifest import read_manifest
from higgsflow.verification.certificate import NotAsClaimed
from higgsflow.verification.merged import verify

if TYPE_CHECKING:
    from conftest import Lab


def verified(lab: Lab, variation: str = "nominal") -> object:
    """The certificate of a merged file as it lies there."""
    task = lab.task("VerifyStore", sample="Sig", year="2017")
    path = lab.output("merged", "Sig", "2017", f"{variation}.json")
    manifest = read_manifest(path)
    return verify(manifest, task._evidence(manifest))


def test_certificate_holds_what_is_in_it(lab: Lab) -> None:
    lab.jobs["n_events_per_output"] = 20
    assert lab.run("MergeSample", sample="Sig")
    found = verified(lab)
    table = lab.table()
    assert (found.n_files, found.n_ranges, found.n_entries) == (2, 4, 80)  # type: ignore[attr-defined]
    assert found.rows == len(table)  # type: ignore[attr-defined]
    expected = float(table["weight_central"].to_numpy().sum())
    assert found.yield_ == pytest.approx(expected, rel=1e-12)  # type: ignore[attr-defined]


def test_a_file_that_is_gone_is_told(lab: Lab) -> None:
    assert lab.run("MergeSample", sample="Sig")
    lab.output("merged", "Sig", "2017", "nominal.parquet").unlink()
    with pytest.raises(NotAsClaimed, match=r"there is no .*nominal.parquet"):
        verified(lab)
