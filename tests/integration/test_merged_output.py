"""What merged files hold: the events of all chunks, once, scaled once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import uproot

if TYPE_CHECKING:
    from conftest import Lab

Captured = pytest.CaptureFixture[str]


def test_cutting_into_chunks_and_blocks_changes_no_bit(lab: Lab) -> None:
    """Also where generator weights are of many sizes, so that each sum of some of them rounds."""
    lab.without_data()
    lab.content["systematics"]["independent_collections"] = {"met_scale": lab.met_scale()}
    paths, rng = lab.own_files(), np.random.default_rng(7)
    lab.write_weighted(paths, [rng.lognormal(0, 4, 40) for _ in paths])
    tables = []
    for n_events, n_block in ((1000, 1000), (13, 1000), (31, 1000), (7, 1000), (1000, 19)):
        lab.jobs.update(n_events_per_output=n_events, n_events_per_block=n_block)
        lab.version = f"v{n_events}_{n_block}"
        assert lab.run("MergeSample", sample="Sig", version=lab.version)
        tables.append([lab.table(variation=v) for v in ("nominal", "met_scale_up")])
    whole, *others = tables
    for cut in others:
        for one, other in zip(whole, cut, strict=True):
            for name in one.column_names:
                assert one[name].to_pylist() == other[name].to_pylist(), name


@pytest.mark.parametrize(("n_events", "n_block"), [(1000, 1000), (13, 1000), (1000, 19)])
def test_of_weights_that_cancel_nothing_is_lost(lab: Lab, n_events: int, n_block: int) -> None:
    """Where a job or a block ends between two large ones, its sum has no place for those of one."""
    lab.without_data().sig["allow_equal_sums"] = True
    paths = lab.own_files()
    lab.write_weighted(paths, [np.array([1e17, *[1.0] * 38, -1e17]) for _ in paths])
    lab.jobs.update(n_events_per_output=n_events, n_events_per_block=n_block)
    assert lab.run("SummarizeAnalysis")
    (sample,) = lab.read("summary", "summary.json")["samples"]
    assert sample["normalization"]["denominator"]["value"] == 76.0
    assert sample["normalization"]["denominator"]["sum_read"] == 76.0
    assert (sample["sum_g"], [file["sum_g"] for file in sample["files"]]) == (76.0, [38.0, 38.0])
    assert lab.run("VerifyStore", sample="Sig")


def test_weights_are_scaled_once(lab: Lab) -> None:
    lab.sig["bf"] = 0.1
    assert lab.run("MergeSample", sample="Sig")
    table = {name: lab.table()[name].to_numpy() for name in lab.table().column_names[:-1]}
    scale = lab.read("scale1fb", "Sig", "2017", "scale1fb.json")["scale1fb"]
    by_event = {}
    for path in lab.files.glob("Sig_2017_*.root"):
        with uproot.open(path) as file:
            arrays = file["Events"].arrays(["event", "genWeight", "puWeight"], library="np")
        columns = [arrays[name].astype(float) for name in ("genWeight", "puWeight")]
        by_event |= dict(zip(arrays["event"], zip(*columns, strict=True), strict=True))
    g, pileup = np.array([by_event[event] for event in table["event"]]).T
    np.testing.assert_allclose(table["weight_central_initial"], g)
    np.testing.assert_allclose(table["weight_central_no_lumi"], g * pileup * scale)
    np.testing.assert_allclose(table["weight_central"], g * pileup * scale * 40.0)


def test_columns_have_the_declared_types(lab: Lab) -> None:
    assert lab.run("MergeSample", sample="Data")
    schema = lab.table("Data").schema
    assert schema.field("tag_idx").type == pa.int16()
    assert schema.field("process_id").type == pa.int32()
    assert pa.types.is_dictionary(schema.field("year").type)
    assert schema.field("weight_central").type == pa.float64()
    assert set(lab.table("Data")["weight_central"].to_numpy()) == {1.0}


def test_data_outside_the_golden_json_are_not_there(lab: Lab) -> None:
    assert lab.run("MergeSample", sample="Data")
    assert set(lab.table("Data")["luminosityBlock"].to_numpy()) == {1, 2, 3}


def test_root_holds_what_parquet_holds(lab: Lab) -> None:
    lab.without_data()
    assert lab.run("MergeSample", sample="Sig")
    table = lab.table()
    lab.content["output_format"] = "root"
    before = lab.state()
    assert lab.run("MergeSample", sample="Sig")
    assert not {name for name in lab.changed_since(before) if name.startswith("chunks")}
    with uproot.open(lab.output("merged", "Sig", "2017", "nominal.root")) as file:
        arrays = file["events"].arrays(library="np")
    assert set(arrays) == set(table.column_names) - {"year"}
    for name, values in arrays.items():
        np.testing.assert_array_equal(values, table[name].to_numpy())
        assert values.dtype == table[name].to_numpy().dtype


def test_no_events_are_a_file_with_all_columns(lab: Lab) -> None:
    lab.without_data()
    lab.content["tag_sequence"][0] = {
        "name": "pair", "tagger": "toy_taggers:pair", "options": {"low": 1e9}
    }  # fmt: skip
    assert lab.run()
    assert lab.table().num_rows == 0
    assert lab.table().schema.field("met").type == pa.float64()
    assert "weight_pileup_up" in lab.table().column_names
    lab.content["output_format"] = "root"
    assert lab.run("MergeSample", sample="Sig")
    with uproot.open(lab.output("merged", "Sig", "2017", "nominal.root")) as file:
        assert file["events"].num_entries == 0


def test_an_event_of_data_twice_is_refused(
    lab: Lab, capfd: Captured, make_toy_file: object
) -> None:
    """As two primary datasets would hold it; the files themselves differ."""
    first, second = lab.own_files("Data")
    assert callable(make_toy_file)
    make_toy_file(second, 21, is_data=True)
    assert first.read_bytes() != second.read_bytes()
    assert not lab.run("MergeSample", sample="Data")
    told = capfd.readouterr().err
    assert "Data (2017) holds event 1:" in told
    assert "more than once" in told
    assert "Traceback" not in told
    assert not list(lab.output("merged").rglob("*.parquet"))


def test_simulation_may_number_its_events_alike(lab: Lab, make_toy_file: object) -> None:
    assert callable(make_toy_file)
    lab.own_files()[0].unlink()
    files = [lab.folder / "input" / name for name in ("a.root", "b.root")]
    lab.write_unweighted(files)
    lab.sig["allow_equal_sums"] = True
    lab.sig["files"]["2017"] = [str(path) for path in files]
    assert lab.run("MergeSample", sample="Sig")


def test_a_damaged_chunk_is_found_and_told_what_to_do(lab: Lab, capfd: Captured) -> None:
    """Its size is right, so only its checksum tells; removing it is all there is to do."""
    lab.without_data()
    assert lab.run("MergeSample", sample="Sig")
    table = lab.table()
    path = sorted(lab.output("chunks", "Sig", "2017").glob("*.parquet"))[0]
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    lab.output("merged", "Sig", "2017", "nominal.json").unlink()
    capfd.readouterr()
    assert not lab.run("MergeSample", sample="Sig")
    told = capfd.readouterr().err
    assert f"{path} is not what its job wrote" in told
    assert "remove it and run again" in told
    assert "Traceback" not in told
    path.unlink()
    assert lab.run("MergeSample", sample="Sig")
    assert lab.table().equals(table)


def test_the_manifest_describes_the_file(lab: Lab) -> None:
    assert lab.run("MergeSample", sample="Sig")
    manifest = lab.read("merged", "Sig", "2017", "nominal.json")
    path = lab.output("merged", "Sig", "2017", "nominal.parquet")
    assert manifest["path"] == path.name
    assert manifest["rows"] == pq.read_metadata(path).num_rows == lab.table().num_rows
    assert manifest["size"] == path.stat().st_size
    assert list(manifest["columns"]) == lab.table().column_names
    assert len(manifest["chunks"]) == 2
    assert (manifest["complete"], manifest["mode"]) == (True, "whole")
