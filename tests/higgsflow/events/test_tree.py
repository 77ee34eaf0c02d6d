from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np
import pytest
import uproot

from higgsflow.errors import InputFileError
from higgsflow.events.tree import (
    bytes_asked,
    bytes_of,
    cluster_starts,
    column_names,
    column_types,
    get_tree,
    open_file,
    read_all,
    read_arrays,
    reading,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Write = Callable[..., Path]


def read_events(path: Path | str, start: int = 0, stop: int = 6) -> dict[str, Any]:
    """Everything of a file that a job would read."""
    url = str(path)
    with open_file(url) as file:
        tree = get_tree(file, url)
        names = sorted(column_types(tree))
        cluster_starts(tree)
        return read_arrays(tree, names, start, stop, url)


def told(path: Path | str, **more: Any) -> str:
    """The text of the error that a file gives; at most three lines that name the file."""
    with pytest.raises(InputFileError) as caught:
        read_events(path, **more)
    text = str(caught.value)
    assert len(text.splitlines()) <= 3
    assert str(path) in text
    return text


def test_reads_columns_of_a_range(write_root: Write, events: dict[str, Any]) -> None:
    arrays = read_events(write_root(Events=events), 2, 4)
    assert arrays["Photon_pt"].to_list() == [[25.0], [1.0, 2.0, 3.0]]
    assert arrays["run"].to_list() == [1, 2]


def test_no_names_read_nothing(write_root: Write, events: dict[str, Any]) -> None:
    path = str(write_root(Events=events))
    with open_file(path) as file:
        assert read_arrays(get_tree(file, path), [], 0, 6, path) == {}


def test_empty_range_keeps_every_column_and_its_type(
    write_root: Write, events: dict[str, Any]
) -> None:
    arrays = read_events(write_root(Events=events), 3, 3)
    assert set(arrays) >= set(events)
    assert str(arrays["Photon_pt"].type) == "0 * var * float32"


@pytest.mark.parametrize("name", ["a:b.root", "a#b.root", "a b.root", "a*?[1].root", "no_ending"])
def test_any_name_of_a_file_can_be_opened(
    write_root: Write, events: dict[str, Any], name: str
) -> None:
    assert len(read_events(write_root(name, Events=events))["run"]) == 6


def test_colon_in_a_folder_is_not_an_object(
    tmp_path: Path, write_root: Write, events: dict[str, Any]
) -> None:
    folder = tmp_path / "2017:B.root:x"
    folder.mkdir()
    path = write_root(Events=events).rename(folder / "a.root")
    assert len(read_events(path)["run"]) == 6


def test_a_local_file_is_opened_without_fsspec(write_root: Write, events: dict[str, Any]) -> None:
    """An opener of fsspec that is collected while an exception is made ends Python."""
    with open_file(str(write_root(Events=events))) as file:
        assert type(file.file.source) is uproot.MultithreadedFileSource


def test_absent_file_is_told(tmp_path: Path) -> None:
    assert "No such file" in told(tmp_path / "absent.root")


def test_folder_is_told(tmp_path: Path) -> None:
    assert "directory" in told(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_forbidden_file_is_told(write_root: Write, events: dict[str, Any]) -> None:
    path = write_root(Events=events)
    path.chmod(0)
    assert "Permission denied" in told(path)


@pytest.mark.parametrize("content", [b"", b"root", b"hello\n" * 500, b"root" + bytes(1000)])
def test_what_is_not_root_is_told(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.root"
    path.write_bytes(content)
    told(path)


@pytest.mark.parametrize("part", [0.001, 0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99])
def test_truncated_file_is_told(write_root: Write, events: dict[str, Any], part: float) -> None:
    path = write_root(Events=events)
    content = path.read_bytes()
    path.write_bytes(content[: int(part * len(content))])
    told(path)


@pytest.mark.parametrize("lost", [1, 2, 50, 500])
def test_last_bytes_missing_are_told(write_root: Write, events: dict[str, Any], lost: int) -> None:
    path = write_root(Events=events)
    content = path.read_bytes()
    path.write_bytes(content[:-lost])
    assert f"it has {len(content) - lost} of {len(content)} bytes" in told(path)


def test_damaged_events_are_told_when_they_are_read(
    write_root: Write, events: dict[str, Any]
) -> None:
    many = {"x": np.random.default_rng(1).normal(size=5000)}
    path = write_root(Events=many)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 2000] = bytes(2000)
    path.write_bytes(content)
    told(path, stop=5000)


def test_no_tree_of_events_names_what_is_there(write_root: Write, events: dict[str, Any]) -> None:
    text = told(write_root(Event=events))
    assert "it holds: Event" in text
    assert "did you mean 'Event'?" in text


def test_file_without_anything_is_told(write_root: Write) -> None:
    assert "it holds: nothing" in told(write_root())


def test_many_other_objects_fit_a_line(write_root: Write) -> None:
    path = write_root(**{f"tree{i}": {"x": np.arange(1)} for i in range(12)})
    assert "and 4 more" in told(path)


def test_histogram_named_like_the_tree_is_told(tmp_path: Path) -> None:
    with uproot.recreate(tmp_path / "a.root") as file:
        file["Events"] = np.histogram([1.0, 2.0])
    assert "not a tree" in told(tmp_path / "a.root")


def test_folder_named_like_the_tree_is_told(tmp_path: Path) -> None:
    with uproot.recreate(tmp_path / "a.root") as file:
        file["Events/x"] = {"a": np.arange(3)}
    assert "not a tree" in told(tmp_path / "a.root")


def test_fewer_entries_than_expected_are_told(write_root: Write, events: dict[str, Any]) -> None:
    assert "has 6 entries, 7 were expected" in told(write_root(Events=events), stop=7)


def test_column_that_is_not_there_is_an_input_error(
    write_root: Write, events: dict[str, Any]
) -> None:
    path = str(write_root(Events=events))
    with open_file(path) as file, pytest.raises(InputFileError, match="cannot read"):
        read_arrays(get_tree(file, path), ["Photon_eta"], 0, 6, path)


def test_small_tree_is_read_whole(write_root: Write, runs: dict[str, Any]) -> None:
    path = str(write_root(Runs=runs))
    with open_file(path) as file:
        assert read_all(file, path, "LuminosityBlocks", ["run"]) == {}
        columns = read_all(file, path, "Runs", ["genEventCount", "genEventCount_"])
        assert list(columns) == ["genEventCount"]
        assert columns["genEventCount"].to_list() == [4, 2]


def test_clusters_begin_at_zero_and_end_with_the_entries(tmp_path: Path) -> None:
    path = str(tmp_path / "a.root")
    with uproot.recreate(path) as file:
        file.mktree("Events", {"run": "uint32", "x": "float64"})
        for n in (4, 3, 5):
            file["Events"].extend({"run": np.ones(n, np.uint32), "x": np.ones(n)})
    with open_file(path) as file:
        assert cluster_starts(get_tree(file, path)) == (0, 4, 7, 12)


def test_tree_without_entries_has_columns(tmp_path: Path) -> None:
    path = str(tmp_path / "a.root")
    with uproot.recreate(path) as file:
        file.mktree("Events", {"run": "uint32", "Photon_pt": "var * float32"})
    with open_file(path) as file:
        tree = get_tree(file, path)
        assert cluster_starts(tree) == (0,)
        assert column_names(tree) == set(column_types(tree)) >= {"run", "Photon_pt"}
        assert len(read_arrays(tree, ["Photon_pt"], 0, 0, path)["Photon_pt"]) == 0


def test_user_errors_and_lack_of_memory_pass_through() -> None:
    for error in (InputFileError("mine"), MemoryError()):
        with pytest.raises(type(error)) as caught, reading("a.root"):
            raise error
        assert caught.value is error


def test_memory_for_a_damaged_length_is_an_input_error() -> None:
    with (
        pytest.raises(InputFileError, match=r"cannot read x\.root\n  a length in it is damaged"),
        reading("x.root"),
    ):
        np.empty(1 << 50, np.uint8)


def test_reason_of_many_lines_becomes_one() -> None:
    with pytest.raises(InputFileError) as caught, reading("a.root"):
        raise ValueError("one\ntwo\n" * 1000)
    assert len(str(caught.value).splitlines()) == 3
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("name", ["DY_v6", "DY_v6_rntuple", "ttH_M125_2017", "EGamma_2022F_v11"])
def test_real_file_reads_the_same_in_parts(real_data: Path, name: str) -> None:
    url = str(real_data / f"{name}.root")
    wanted = ["event", "Photon_pt", "Jet_eta"]
    with open_file(url) as file:
        tree = get_tree(file, url)
        assert set(wanted) <= column_names(tree) & set(column_types(tree))
        n = tree.num_entries
        assert (cluster_starts(tree)[0], cluster_starts(tree)[-1]) == (0, n)
        whole = read_arrays(tree, wanted, 0, n, url)
        parts = [read_arrays(tree, wanted, a, b, url) for a, b in ((0, 7), (7, 7), (7, n))]
    for column in wanted:
        assert ak.concatenate([p[column] for p in parts]).to_list() == whole[column].to_list()


def test_rntuple_holds_what_the_tree_holds(real_data: Path) -> None:
    values = []
    for name in ("DY_v6", "DY_v6_rntuple"):
        url = str(real_data / f"{name}.root")
        with open_file(url) as file:
            values.append(read_arrays(get_tree(file, url), ["Photon_pt"], 0, 40, url)["Photon_pt"])
    assert values[0].to_list() == values[1].to_list()


@pytest.mark.parametrize("part", [0.0005, 0.4, 0.999])
def test_truncated_rntuple_is_told(real_data: Path, tmp_path: Path, part: float) -> None:
    content = (real_data / "DY_v6_rntuple.root").read_bytes()
    path = tmp_path / "a.root"
    path.write_bytes(content[: int(part * len(content))])
    told(path, stop=40)


def test_bytes_are_those_of_whole_baskets(tmp_path: Path) -> None:
    path = str(tmp_path / "a.root")
    with uproot.recreate(path, compression=None) as file:
        file.mktree("Events", {"x": "float64", "y": "int32"})
        for _ in range(3):
            file["Events"].extend({"x": np.ones(10), "y": np.ones(10, np.int32)})
    with open_file(path) as file:
        tree = get_tree(file, path)
        one = bytes_of(tree, ["x"], 0, 10)
        assert 80 <= one < 250
        assert bytes_of(tree, ["x"], 3, 4) == one
        assert bytes_of(tree, ["x"], 9, 11) == 2 * one
        assert bytes_of(tree, ["x", "y"], 0, 30) > 3 * one
        assert bytes_of(tree, ["x"], 10, 10) == 0
        before = bytes_asked(file)
        read_arrays(tree, ["x"], 0, 30, path)
        assert bytes_asked(file) - before == 3 * one


@pytest.mark.parametrize(
    ("url", "remedy"),
    [("root://host//a.root", "pip install higgsflow[xrootd]"), ("/a.root", "Install cramjam")],
)
def test_package_that_is_not_installed_is_no_damage(url: str, remedy: str) -> None:
    with pytest.raises(InputFileError, match="a package that is not") as caught, reading(url):
        raise ImportError("Install cramjam")
    assert str(caught.value).endswith(remedy)
