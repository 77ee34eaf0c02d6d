"""VerifyStore finds what was tampered with, whatever it is, and changes nothing."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest

from higgsflow.output.atomic import checksum
from higgsflow.records.job_record import JobRecord

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Lab

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def merged(lab: Lab) -> Lab:
    """Four chunks of simulation with an object systematic and a preserved sum."""
    lab.without_data()
    lab.jobs["n_events_per_output"] = 20
    lab.content["systematics"]["independent_collections"] = {"met_scale": lab.met_scale()}
    lab.content["systematics"]["weights"]["kept"] = {**lab.pileup(), "preserve": {}}
    assert lab.run("MergeSample", sample="Sig")
    return lab


def change(path: Path, edit: Callable[[Any], None]) -> None:
    content = json.loads(path.read_text("utf-8"))
    edit(content)
    path.write_text(json.dumps(content), encoding="utf-8")


def manifest_of(lab: Lab) -> Path:
    return lab.output("merged", "Sig", "2017", "nominal.json")


def rewrite(lab: Lab, edit: Callable[[Any], Any]) -> None:
    """The merged file with other rows, and a manifest that fits its bytes."""
    path = lab.output("merged", "Sig", "2017", "nominal.parquet")
    pq.write_table(edit(pq.read_table(path)), path)
    content = path.read_bytes()

    def fit(manifest: Any) -> None:
        manifest |= {"size": len(content), "checksum": checksum(path)}
        manifest["rows"] = pq.read_metadata(path).num_rows

    change(manifest_of(lab), fit)


def a_byte_of_the_merged_file(lab: Lab) -> str:
    path = lab.output("merged", "Sig", "2017", "nominal.parquet")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    return "checksum"


def one_row_less(lab: Lab) -> str:
    rewrite(lab, lambda table: table.slice(1))
    return "rows of its job outputs"


def one_weight(lab: Lab) -> str:
    def edit(table: Any) -> Any:
        import pyarrow as pa

        values = table["weight_central"].to_numpy().copy()
        values[3] *= 1.001
        position = table.schema.get_field_index("weight_central")
        return table.set_column(position, "weight_central", pa.array(values))

    rewrite(lab, edit)
    return "sum of weight_central"


def a_chunk_twice_in_the_manifest(lab: Lab) -> str:
    change(manifest_of(lab), lambda m: m["chunks"].append(m["chunks"][0]))
    return "is in it twice"


def two_chunks_exchanged_in_the_manifest(lab: Lab) -> str:
    """Every sum is as before, but of the record of a chunk it names another one."""

    def exchange(manifest: Any) -> None:
        (first, one), (second, other), *rest = manifest["chunks"]
        manifest["chunks"] = [[first, other], [second, one], *rest]

    change(manifest_of(lab), exchange)
    return "chunk of the record"


def a_chunk_less_in_the_manifest(lab: Lab) -> str:
    change(manifest_of(lab), lambda m: m["chunks"].pop())
    return "complete: True is claimed"


def completeness_that_is_not_there(lab: Lab) -> str:
    change(manifest_of(lab), lambda m: m.update(fraction=0.9))
    return "fraction of the entries"


def another_scale1fb(lab: Lab) -> str:
    path = lab.output("scale1fb", "Sig", "2017", "scale1fb.json")
    change(path, lambda content: content.update(scale1fb=content["scale1fb"] * 1.01))
    return "scale1fb of its stage"


def another_scale_in_the_manifest(lab: Lab) -> str:
    change(manifest_of(lab), lambda m: m.update(scale=m["scale"] * 2))
    return "scale of the weights"


def another_luminosity_in_the_manifest(lab: Lab) -> str:
    change(manifest_of(lab), lambda m: m.update(luminosity=m["luminosity"] * 2))
    return "luminosity: "


def a_sum_in_a_job_record(lab: Lab) -> str:
    path = sorted(lab.output("chunks", "Sig", "2017").glob("*.json"))[0]
    change(path, lambda record: record["ranges"][0].update(sum_g=1.0))
    return "sum of weights D"


def overlapping_ranges(lab: Lab) -> str:
    for path in lab.output("chunks", "Sig", "2017").glob("*.json"):
        record = JobRecord.model_validate_json(path.read_bytes())
        if record.ranges[0].start == 20:
            change(path, lambda content: content["ranges"][0].update(start=10))
            return "are in it twice"
    raise AssertionError


def a_job_output(lab: Lab) -> str:
    path = sorted(lab.output("chunks", "Sig", "2017").glob("*.parquet"))[0]
    content = bytearray(path.read_bytes())
    content[100] ^= 1
    path.write_bytes(content)
    return "is not what its job wrote"


def a_damaged_index(lab: Lab) -> str:
    lab.output("index", "Sig", "2017", "index.json").write_text('{"inputs": "')
    return "cannot read"


def a_damaged_scale(lab: Lab) -> str:
    lab.output("scale1fb", "Sig", "2017", "scale1fb.json").write_text("{}")
    return "cannot read"


def a_damaged_manifest(lab: Lab) -> str:
    manifest_of(lab).write_text("")
    return "cannot read"


def a_record_that_is_gone(lab: Lab) -> str:
    sorted(lab.output("chunks", "Sig", "2017").glob("*.json"))[0].unlink()
    return "cannot read the record"


def the_cross_section_of_the_catalogue(lab: Lab) -> str:
    lab.sig["xs"] *= 2
    return "scale1fb"


@pytest.mark.parametrize(
    "tamper",
    [
        a_byte_of_the_merged_file, one_row_less, one_weight, a_chunk_twice_in_the_manifest,
        a_chunk_less_in_the_manifest, completeness_that_is_not_there, another_scale1fb,
        another_scale_in_the_manifest, a_sum_in_a_job_record, overlapping_ranges, a_job_output,
        a_record_that_is_gone, the_cross_section_of_the_catalogue, a_damaged_index, a_damaged_scale,
        a_damaged_manifest, two_chunks_exchanged_in_the_manifest,
        another_luminosity_in_the_manifest,
    ],
    ids=lambda one: one.__name__,
)  # fmt: skip
def test_what_was_tampered_with_is_found(
    merged: Lab, capfd: Captured, tamper: Callable[[Lab], str]
) -> None:
    assert merged.run("VerifyStore", sample="Sig")
    expected = tamper(merged)
    before = merged.state()
    capfd.readouterr()
    assert not merged.run("VerifyStore", sample="Sig")
    told = capfd.readouterr().err
    assert expected in told
    assert "Traceback" not in told
    assert len(told.splitlines()) <= 3
    assert merged.changed_since(before) <= {"analysis.yaml"}


def test_nothing_is_changed_or_run(merged: Lab, capfd: Captured) -> None:
    before = merged.state()
    capfd.readouterr()
    assert merged.run("VerifyStore", sample="Sig")
    assert merged.changed_since(before) == set()
    assert "3 merged files" in capfd.readouterr().out


def test_a_full_disk_is_no_reason_not_to_look(
    merged: Lab, monkeypatch: pytest.MonkeyPatch, capfd: Captured
) -> None:
    usage = shutil.disk_usage(merged.store)._replace(free=0)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(SystemExit):
        merged.run()
    assert "0.0 GB are free where outputs go" in capfd.readouterr().err
    assert merged.run("VerifyStore", sample="Sig")
    # what is made already needs no room either
    assert merged.run("MergeSample", sample="Sig")


def test_an_incomplete_sample_and_root_files_have_certificates_too(
    lab: Lab, capfd: Captured
) -> None:
    lab.without_data()
    lab.jobs.update(min_completion=0.4, attempts=1)
    lab.content["output_format"] = "root"
    path = lab.own_files()[1]
    assert lab.run("IndexSample", sample="Sig")
    status = path.stat()
    path.write_bytes(b"\0" * status.st_size)
    import os

    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert lab.run("MergeSample", sample="Sig")
    capfd.readouterr()
    assert lab.run("VerifyStore", sample="Sig")
    told = capfd.readouterr().out
    assert "40 (50%)" in told


def test_the_exit_code_tells(command_line: Lab) -> None:
    lab = command_line.without_data()
    assert lab.law_run("MergeSample", "--sample", "Sig").returncode == 0
    assert lab.law_run("VerifyStore").returncode == 0
    another_scale_in_the_manifest(lab)
    done = lab.law_run("VerifyStore")
    assert done.returncode == 1
    assert done.stderr.startswith("VerifyStore failed: scale of the weights")
