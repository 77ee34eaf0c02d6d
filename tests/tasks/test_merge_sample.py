from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Lab


def test_one_file_per_variation(lab: Lab) -> None:
    lab.content["systematics"]["independent_collections"] = {"met_scale": lab.met_scale()}
    output = lab.task("MergeSample", sample="Sig", year="2017").output()
    assert list(output) == ["nominal", "met_scale_up", "met_scale_down"]
    data = lab.task("MergeSample", sample="Data", year="2017").output()
    assert list(data) == ["nominal"]


def test_is_stale_without_its_events(lab: Lab) -> None:
    assert lab.run("MergeSample", sample="Sig")
    lab.output("merged", "Sig", "2017", "nominal.parquet").unlink()
    assert not lab.task("MergeSample", sample="Sig", year="2017").complete()


@pytest.mark.parametrize("ending", ["parquet", "root"])
def test_events_that_were_cut_off_are_merged_again_and_the_reason_is_told(
    lab: Lab, capfd: pytest.CaptureFixture[str], ending: str
) -> None:
    lab.content["output_format"] = ending
    assert lab.run("MergeSample", sample="Data")
    path = lab.output("merged", "Data", "2017", f"nominal.{ending}")
    content = path.read_bytes()
    path.write_bytes(content[:3000])
    stale = lab.task("MergeSample", sample="Data", year="2017")
    reason = f"nominal.{ending} is damaged: 3000 bytes, {len(content)} when it was made"
    assert not stale.complete()
    assert stale.reasons() == (reason,)
    capfd.readouterr()
    assert lab.run("MergeSample", sample="Data")
    assert f"MergeSample Data 2017 again: {reason}\n" in capfd.readouterr().err
    assert len(path.read_bytes()) == len(content)
    assert lab.task("MergeSample", sample="Data", year="2017").complete()


def test_only_what_is_stale_is_merged_again(lab: Lab) -> None:
    lab.content["systematics"]["independent_collections"] = {"met_scale": lab.met_scale()}
    assert lab.run("MergeSample", sample="Sig")
    before = lab.state()
    lab.output("merged", "Sig", "2017", "met_scale_up.json").unlink()
    assert lab.run("MergeSample", sample="Sig")
    names = {f"merged/Sig/2017/met_scale_up.{ending}" for ending in ("json", "parquet")}
    assert lab.changed_since(before) == names


def test_another_format_is_another_file(lab: Lab) -> None:
    assert lab.run("MergeSample", sample="Sig")
    lab.content["output_format"] = "root"
    assert not lab.task("MergeSample", sample="Sig", year="2017").complete()


def test_a_stale_manifest_does_not_outlive_a_failed_merge(lab: Lab) -> None:
    """Else it could describe, once a change is taken back, events that it was not made with."""
    assert lab.run("MergeSample", sample="Sig")
    lab.content["systematics"]["weights"]["w"] = lab.pileup(modify_central_weight=False)
    assert lab.run("MonitorJobs", sample="Sig")
    for path in lab.output("chunks", "Sig", "2017").glob("*.parquet"):
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 0xFF
        path.write_bytes(content)
    assert not lab.run("MergeSample", sample="Sig")
    assert not lab.output("merged", "Sig", "2017", "nominal.json").exists()
