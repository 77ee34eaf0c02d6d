from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from higgsflow.output.atomic import checksum
from higgsflow.output.manifest import read_manifest
from higgsflow.verification import merged
from higgsflow.verification.certificate import NotAsClaimed
from higgsflow.verification.merged import verify

if TYPE_CHECKING:
    from conftest import Lab


def verified(lab: Lab, variation: str = "nominal") -> object:
    """The certificate of a merged file as it lies there."""
    task = lab.task("VerifyStore", sample="Sig", year="2017")
    path = lab.output("merged", "Sig", "2017", f"{variation}.json")
    manifests = [read_manifest(path)]
    (found,) = verify(manifests, task._evidence(manifests))
    return found


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


def test_records_and_outputs_of_jobs_are_read_once_for_all_variations(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There may be thousands of the ones, and hundreds of the others."""
    lab.jobs.update(n_events_per_output=20, n_workers=1)
    lab.content["systematics"]["independent_collections"] = {"met_scale": lab.met_scale()}
    assert lab.run("MergeSample", sample="Sig")
    task = lab.task("VerifyStore", sample="Sig", year="2017")
    read: list[str] = []
    one_by_one = merged._record, merged.in_output

    def noted_record(place: Any) -> Any:
        read.append(place.path.name)
        return one_by_one[0](place)

    def noted_output(one: Any) -> Any:
        read.append(one.path.name)
        return one_by_one[1](one)

    monkeypatch.setattr(merged, "_record", noted_record)
    monkeypatch.setattr(merged, "in_output", noted_output)
    assert len(list(task.certificates())) == 3
    chunks = lab.output("chunks", "Sig", "2017").iterdir()
    assert sorted(read) == sorted(path.name for path in chunks if path.suffix != ".lock")
    assert len(read) == 8


@pytest.mark.parametrize("variation", ["nominal", "met_scale_up", "met_scale_down"])
def test_the_variation_that_does_not_follow_is_told(lab: Lab, variation: str) -> None:
    lab.jobs["n_events_per_output"] = 20
    lab.content["systematics"]["independent_collections"] = {"met_scale": lab.met_scale()}
    assert lab.run("MergeSample", sample="Sig")
    path = lab.output("merged", "Sig", "2017", f"{variation}.parquet")
    table = pq.read_table(path)
    weights = table["weight_central_no_lumi"].to_numpy().copy()
    weights[1] *= 1.001
    position = table.schema.get_field_index("weight_central_no_lumi")
    pq.write_table(table.set_column(position, "weight_central_no_lumi", pa.array(weights)), path)
    manifest = read_manifest(path.with_suffix(".json"))
    found = {"size": path.stat().st_size, "checksum": checksum(path), "path": path.name}
    path.with_suffix(".json").write_text(manifest.model_copy(update=found).model_dump_json())
    task = lab.task("VerifyStore", sample="Sig", year="2017")
    with pytest.raises(NotAsClaimed, match="sum of weight_central_no_lumi") as caught:
        list(task.certificates())
    assert str(path) in caught.value.parts[1]
