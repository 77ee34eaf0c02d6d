"""The merge: scaled once, in row groups that no chunking changes, in both formats."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from higgsflow.errors import NormalizationError, StoreError
from higgsflow.output import merge as merging
from higgsflow.output import merged_file, verified
from higgsflow.output.atomic import checksum
from higgsflow.output.chunk_file import ChunkWriter
from higgsflow.output.merge import merge
from higgsflow.output.merge_order import MergeOrder, Part
from higgsflow.output.merged_events import about, column_types, read
from higgsflow.output.merged_file import ROW_GROUP, WRITERS
from higgsflow.output.provenance import Origin

if TYPE_CHECKING:
    from higgsflow.output.manifest import Manifest

N = 23
WEIGHTS = ("weight_pu_up", "weight_full_pu_up")
FORMATS = pytest.mark.parametrize("ending", sorted(WRITERS))


def rows(start: int, stop: int, **columns: Any) -> dict[str, Any]:
    """Events of a job, before they are scaled."""
    number = np.arange(start, stop)
    return {
        "run": np.full(len(number), 7, np.uint32),
        "luminosityBlock": (number // 5).astype(np.uint32),
        "event": number.astype(np.uint64) + np.uint64(2**63),
        "m_gg": 100.0 + number,
        "n_jets": number.astype(np.int16),
        "loose": number % 2 == 0,
        "tag_idx": (number % 3).astype(np.int16),
        "tag_category": np.zeros(len(number), np.int16),
        "weight_central": number - 4.5,
        "weight_central_initial": number + 0.5,
        "weight_pu_up": number * 0.1,
        "weight_full_pu_up": number * 1.0,
        **columns,
    }


def jobs(folder: Path, *edges: int, variations: tuple[str, ...] = ("nominal",)) -> list[Part]:
    """Job outputs that divide the events at these edges."""
    folder.mkdir(exist_ok=True, parents=True)
    parts = []
    for start, stop in pairwise(edges):
        path = folder / f"c{start}_{stop}_{len(parts)}.parquet"
        writer = ChunkWriter(path)
        writer.add({variation: rows(start, stop) for variation in variations})
        writer.close()
        part = Part(chunk_id=f"{start}-{stop}", stem=path.stem, path=path, checksum=checksum(path))
        parts.append(part)
    return parts


def order(folder: Path, parts: list[Part], **changes: Any) -> MergeOrder:
    """A merge of simulation with scale1fb 0.5 fb and a luminosity of 40 per fb."""
    variations = changes.pop("variations", ("nominal",))
    content: dict[str, Any] = {
        "sample": "ttH",
        "year": "2017",
        "process_id": 12,
        "is_data": False,
        "scale1fb": 0.5,
        "luminosity": 40.0,
        "denominator": 1360.0,
        "mode": "whole",
        "complete": True,
        "fraction": 1.0,
        "output_format": "parquet",
        "folder": folder,
        "inputs": dict.fromkeys(variations, "digest"),
        "parts": {variation: tuple(parts) for variation in variations},
        "variables": ("m_gg", "n_jets", "loose"),
        "weights": {v: WEIGHTS if v == "nominal" else () for v in variations},
        "origin": Origin(
            configuration="c", files=("u1", "u2"), ranges=(("u1", 0, 10), ("u2", 5, 18)),
            tags=("a", "b", "c"),
            descriptions={"m_gg": "mass of the pair [GeV]", "n_jets": "jets"},
        ),
    }  # fmt: skip
    return MergeOrder(**{**content, **changes})


def manifests(asked: MergeOrder) -> dict[str, Manifest]:
    """What is said of the merged files, all in this process."""
    return dict(merge(asked))


def merged(folder: Path, *edges: int, **changes: Any) -> Path:
    """The merged nominal file of jobs with these edges."""
    found = order(folder, jobs(folder / "jobs", *edges), **changes)
    manifests(found)
    return found.path("nominal")


@FORMATS
def test_weights_are_scaled_once(tmp_path: Path, ending: str) -> None:
    table = read(merged(tmp_path, 0, 10, N, output_format=ending))
    number = np.arange(N)
    for name, expected in {
        "weight_central": (number - 4.5) * 20,
        "weight_central_no_lumi": (number - 4.5) * 0.5,
        "weight_central_initial": number + 0.5,
        "weight_pu_up": number * 0.1,
        "weight_full_pu_up": number * 20.0,
    }.items():
        np.testing.assert_array_equal(table[name], expected)


def test_both_formats_hold_the_same_values_and_types(tmp_path: Path) -> None:
    """Except for the year, which ROOT has in its provenance."""
    parquet = read(merged(tmp_path / "a", 0, 10, N))
    root = read(merged(tmp_path / "b", 0, 10, N, output_format="root"))
    assert parquet.column_names == [*root.column_names, "year"]
    assert parquet.select(root.column_names).equals(root)
    types = {
        name: str(kind) for name, kind in zip(root.column_names, root.schema.types, strict=True)
    }
    assert types["event"] == "uint64"
    assert types["loose"] == "bool"
    assert types["n_jets"] == types["tag_idx"] == "int16"
    assert types["process_id"] == "int32"
    assert str(parquet.schema.field("year").type).startswith("dictionary<values=string")


def test_events_say_of_which_process_and_year_they_are(tmp_path: Path) -> None:
    table = read(merged(tmp_path, 0, 10, N))
    assert table["process_id"].to_pylist() == [12] * N
    assert table["year"].to_pylist() == ["2017"] * N


def test_order_of_columns_is_fixed(tmp_path: Path) -> None:
    assert list(column_types(merged(tmp_path, 0, N))) == [
        "run", "luminosityBlock", "event", "m_gg", "n_jets", "loose", "tag_idx", "tag_category",
        "weight_central", "weight_central_no_lumi", "weight_central_initial", "weight_pu_up",
        "weight_full_pu_up", "process_id", "year",
    ]  # fmt: skip


@FORMATS
def test_no_rows_give_a_typed_file(tmp_path: Path, ending: str) -> None:
    full = column_types(merged(tmp_path / "a", 0, N, output_format=ending))
    path = merged(tmp_path / "b", 0, 0, output_format=ending)
    assert column_types(path) == full
    assert len(read(path)) == 0


def test_same_jobs_give_the_same_bytes(tmp_path: Path) -> None:
    one, two = (merged(tmp_path / name, 0, 10, N) for name in "ab")
    assert one.read_bytes() == two.read_bytes()


@pytest.mark.parametrize("edges", [(0, 5, 10, N), (0, 1, 2, 3, N), (0, 0, 20, 20, N)])
def test_chunking_changes_neither_rows_nor_row_groups(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, edges: tuple[int, ...]
) -> None:
    monkeypatch.setattr(merged_file, "ROW_GROUP", 6)
    files = [
        pq.ParquetFile(merged(tmp_path / "a", 0, N)),
        pq.ParquetFile(merged(tmp_path / "b", *edges)),
    ]
    sizes = [[f.metadata.row_group(i).num_rows for i in range(f.num_row_groups)] for f in files]
    assert sizes[0] == sizes[1] == [6, 6, 6, 5]
    assert files[0].read().equals(files[1].read())
    statistics = [[f.metadata.row_group(i).total_byte_size for i in range(4)] for f in files]
    assert statistics[0] == statistics[1]


@pytest.mark.parametrize(("n_bytes", "n_passes"), [(1, 5), (8_500_000, 3), (1 << 30, 1)])
def test_many_variations_are_merged_some_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, n_bytes: int, n_passes: int
) -> None:
    monkeypatch.setattr(merging, "_TOGETHER", n_bytes)
    names = ("nominal", "a_up", "a_down", "b_up", "b_down")
    parts = jobs(tmp_path / "jobs", 0, 10, N, variations=names)
    found = manifests(order(tmp_path, parts, variations=names))
    assert [(name, manifest.rows) for name, manifest in found.items()] == [(n, N) for n in names]
    assert len(list(merging._passes(order(tmp_path, parts, variations=names)))) == n_passes


def test_variations_of_few_rows_are_merged_together(tmp_path: Path) -> None:
    """Of ten thousand jobs each output was opened again for every few of two hundred variations."""
    names = ("nominal", *(f"v{number}_up" for number in range(200)))
    parts = [
        Part(chunk_id=str(n), stem=str(n), path=tmp_path / str(n), checksum="", most_rows=2)
        for n in range(10_000)
    ]
    large = [part.model_copy(update={"most_rows": ROW_GROUP}) for part in parts]
    few, unknown = (
        list(merging._passes(order(tmp_path, asked, variations=names)))
        for asked in (parts[:10], large)
    )
    some = list(merging._passes(order(tmp_path, parts, variations=names)))
    assert [name for one in some for name in one] == list(names)
    assert len(few) == 1 < len(some) < len(unknown)


def test_a_manifest_comes_when_its_file_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that an interruption costs the variations that are being merged, and no others."""
    monkeypatch.setattr(merging, "_TOGETHER", 1)
    names = ("nominal", "a_up", "a_down")
    asked = order(tmp_path, jobs(tmp_path / "jobs", 0, N, variations=names), variations=names)
    for n, (name, manifest) in enumerate(merge(asked), 1):
        assert checksum(asked.path(name)) == manifest.checksum
        assert len(list(tmp_path.glob("*.parquet"))) == n


@pytest.mark.parametrize("n_bytes", [1, 1 << 30])
def test_each_output_is_compared_with_its_checksum_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, n_bytes: int
) -> None:
    monkeypatch.setattr(merging, "_TOGETHER", n_bytes)
    compared: list[Path] = []

    def noted(path: Path) -> str:
        compared.append(path)
        return checksum(path)

    monkeypatch.setattr(verified, "checksum", noted)
    names = ("nominal", "a_up", "a_down")
    parts = jobs(tmp_path / "jobs", 0, 10, N, variations=names)
    assert list(manifests(order(tmp_path, parts, variations=names))) == list(names)
    assert sorted(compared) == sorted(part.path for part in parts)


@pytest.mark.parametrize("n_bytes", [1, 1 << 30])
def test_an_output_that_is_not_what_its_job_wrote_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, n_bytes: int
) -> None:
    monkeypatch.setattr(merging, "_TOGETHER", n_bytes)
    names = ("nominal", "a_up")
    good, bad = jobs(tmp_path / "jobs", 0, 10, N, variations=names)
    bad.path.write_bytes(good.path.read_bytes())
    asked = order(tmp_path, [good, bad], variations=names)
    with pytest.raises(StoreError, match=f"{bad.path.name} is not what its job wrote"):
        manifests(asked)
    bad.path.unlink()
    with pytest.raises(StoreError, match=f"cannot read .*{bad.path.name}"):
        manifests(asked)
    assert not list(tmp_path.glob("*.parquet"))


def test_merged_files_say_that_no_event_lacks_a_value(tmp_path: Path) -> None:
    schema = pq.read_schema(merged(tmp_path, 0, N))
    assert not any(field.nullable for field in schema)


def test_jobs_may_differ_in_whether_they_say_that_no_value_is_missing(tmp_path: Path) -> None:
    """As those of another version of the program; with the check for duplicates, as of data."""
    parts = []
    for start, optional in ((0, None), (10, ()), (20, None)):
        path = tmp_path / f"job{start}.parquet"
        writer = ChunkWriter(path, optional)
        writer.add({"nominal": rows(start, start + 10)})
        writer.close()
        parts.append(Part(chunk_id=path.stem, stem=path.stem, path=path, checksum=checksum(path)))
    found = manifests(order(tmp_path, parts, is_data=True, scale1fb=None))
    assert found["nominal"].rows == 30


def test_events_without_a_value_are_refused(tmp_path: Path) -> None:
    """As a column of weights that only another variation has."""
    path = tmp_path / "job.parquet"
    writer = ChunkWriter(path)
    up = {name: values for name, values in rows(0, N).items() if name not in WEIGHTS}
    writer.add({"nominal": rows(0, N), "a_up": up})
    writer.close()
    part = Part(chunk_id="0", stem="job", path=path, checksum=checksum(path))
    asked = order(tmp_path, [part], variations=("a_up",), weights={"a_up": WEIGHTS})
    with pytest.raises(StoreError, match=r"column 'weight_pu_up' of ttH \(2017\) lacks values"):
        manifests(asked)


@FORMATS
def test_file_says_where_it_is_from(tmp_path: Path, ending: str) -> None:
    found = about(merged(tmp_path, 0, 10, N, output_format=ending))
    said = found["provenance"]
    expected = {
        "sample": "ttH", "year": "2017", "variation": "nominal", "scale": 20.0, "scale1fb": 0.5,
        "luminosity": 40.0, "denominator": 1360.0, "mode": "whole", "complete": True,
        "fraction": 1.0, "files": ["u1", "u2"], "n_files": 2, "tags": ["a", "b", "c"],
        "configuration": "c", "inputs": "digest",
    }  # fmt: skip
    assert {name: said[name] for name in expected} == expected
    assert set(said["versions"]) == {"higgsflow", "numpy", "awkward", "uproot", "pyarrow"}
    assert found["columns"] == {"m_gg": "mass of the pair [GeV]", "n_jets": "jets"}


def test_chunks_in_a_file_are_told_apart(tmp_path: Path) -> None:
    one, two = (about(merged(tmp_path / str(n), 0, *range(1, n), N)) for n in (1, 3))
    assert one["provenance"]["chunks"] != two["provenance"]["chunks"]


def test_unit_of_a_column_is_in_the_schema(tmp_path: Path) -> None:
    schema = pq.read_schema(merged(tmp_path, 0, N))
    assert schema.field("m_gg").metadata == {
        b"description": b"mass of the pair [GeV]",
        b"unit": b"GeV",
    }
    assert schema.field("n_jets").metadata == {b"description": b"jets"}


def test_manifest_lists_the_files(tmp_path: Path) -> None:
    found = order(tmp_path, jobs(tmp_path / "jobs", 0, N))
    manifest = manifests(found)["nominal"]
    assert manifest.files == ("u1", "u2")
    assert manifest.ranges == (("u1", 0, 10), ("u2", 5, 18))
    assert manifest.checksum == checksum(found.path("nominal"))


def test_tree_per_tag_holds_the_events_of_the_tag(tmp_path: Path) -> None:
    trees = {"a": 0, "b": 1, "c": 2, "untagged": -1}
    path = merged(tmp_path, 0, 10, N, output_format="root", trees=trees)
    import uproot

    with uproot.open(path) as file:
        for name, position in trees.items():
            np.testing.assert_array_equal(
                file[name]["n_jets"].array(library="np"),
                np.arange(position, N, 3) if position >= 0 else [],
            )
            assert str(file[name]["event"].interpretation) == "AsDtype('>u8')"
    together = read(path).sort_by("event")
    assert together.equals(read(merged(tmp_path / "single", 0, N, output_format="root")))


@pytest.mark.parametrize("is_data", [True, False])
def test_without_variations_nothing_is_merged(tmp_path: Path, is_data: bool) -> None:
    assert manifests(order(tmp_path, [], variations=(), is_data=is_data)) == {}
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("holds", [False, True])
def test_manifest_says_whether_the_files_hold_a_selection(tmp_path: Path, holds: bool) -> None:
    """By it the trees for FinalFit know of which events the sums of factors are."""
    found = order(tmp_path, jobs(tmp_path / "jobs", 0, N), holds_selection=holds)
    assert manifests(found)["nominal"].holds_selection is holds


def test_data_with_an_event_twice_are_refused(tmp_path: Path) -> None:
    parts = [*jobs(tmp_path / "jobs", 0, 3), *jobs(tmp_path / "more", 2, 5)]
    with pytest.raises(
        NormalizationError, match=f"event 7:0:{2**63 + 2} more than once\n  are overlapping"
    ):
        manifests(order(tmp_path, parts, is_data=True, scale1fb=None))
    assert not order(tmp_path, parts).path("nominal").exists()


def test_data_may_have_several_candidates_of_an_event(tmp_path: Path) -> None:
    parts = []
    for name, which in (("a", [0, 1, 0]), ("b", [2, 3, 1])):
        path = tmp_path / f"{name}.parquet"
        writer = ChunkWriter(path)
        candidate_idx = np.array(which, dtype=np.int32)
        event = np.array([4, 4, 5], np.uint64)
        writer.add({"nominal": rows(0, 3, event=event, candidate_idx=candidate_idx)})
        writer.close()
        parts.append(Part(chunk_id=name, stem=name, path=path, checksum=checksum(path)))
    asked = {"is_data": True, "scale1fb": None, "variables": ("m_gg", "candidate_idx")}
    assert manifests(order(tmp_path, parts, **asked))["nominal"].rows == 6
    again = Part(chunk_id="c", stem="a", path=parts[0].path, checksum=parts[0].checksum)
    with pytest.raises(NormalizationError, match="event 7:0:4 more than once\n  and 2 more"):
        manifests(order(tmp_path, [*parts, again], **asked))


def test_column_of_another_type_is_named(tmp_path: Path) -> None:
    parts = jobs(tmp_path / "jobs", 0, 3)
    path = tmp_path / "jobs" / "other.parquet"
    writer = ChunkWriter(path)
    writer.add({"nominal": rows(3, 5, n_jets=np.zeros(2, np.float64))})
    writer.close()
    parts.append(Part(chunk_id="o", stem="other", path=path, checksum=checksum(path)))
    with pytest.raises(StoreError, match="'n_jets' differs in type") as caught:
        manifests(order(tmp_path, parts))
    assert "double and int16" in str(caught.value)


def test_column_that_a_job_lacks_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no column 'm_jj'"):
        manifests(order(tmp_path, jobs(tmp_path / "jobs", 0, 3), variables=("m_jj",)))


def test_data_are_not_scaled(tmp_path: Path) -> None:
    path = merged(
        tmp_path, 0, 3, is_data=True, scale1fb=None, denominator=None, weights={"nominal": ()}
    )
    table = read(path)
    np.testing.assert_array_equal(table["weight_central"], table["weight_central_no_lumi"])
    assert isinstance(table.schema.field("weight_central").type, pa.DataType)
    assert about(path)["provenance"]["scale1fb"] is None


def test_merging_does_without_pandas(tmp_path: Path) -> None:
    """It takes a third of a second to import, and is there where something else needs it."""
    (tmp_path / "pandas.py").write_text("raise SystemExit('somebody imports pandas')\n")
    here = Path(__file__)
    program = f"""
import sys
from pathlib import Path
from {here.stem} import merged
print(merged(Path(sys.argv[1]), 0, 7, 23).is_file())
"""
    command = [sys.executable, "-c", program, str(tmp_path / "store")]
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}:{here.parents[3]}:{here.parent}"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("True\n", 0), done.stderr
