from __future__ import annotations

from typing import TYPE_CHECKING, Any

import awkward as ak
import numpy as np
import pytest
import uproot
from indexed import entry_of

from higgsflow.errors import InputFileError
from higgsflow.events.file_head import NO_UUID, head_of
from higgsflow.events.index import (
    FileIndex,
    RunsSums,
    SampleIndex,
    classify,
    combine_files,
    schema_id,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Write = Callable[..., Path]


@pytest.fixture
def write_uproot(tmp_path: Path) -> Write:
    """Writes trees of whatever uproot can write."""

    def write(**trees: Any) -> Path:
        path = tmp_path / "a.root"
        with uproot.recreate(path) as file:
            for name, columns in trees.items():
                file[name] = columns
        return path

    return write


def look(path: Path, is_data: bool = False) -> dict[str, Any]:
    return entry_of(path, is_data=is_data)


def sums_of(path: Path) -> RunsSums:
    return RunsSums.model_validate(look(path)["runs"])


def told(call: Callable[[], Any], *parts: str) -> str:
    with pytest.raises(InputFileError) as caught:
        call()
    text = str(caught.value)
    assert len(text.splitlines()) <= 3
    for part in parts:
        assert part in text
    return text


def entry(**more: Any) -> dict[str, Any]:
    runs = RunsSums(count=1000, sumw=900.0, sumw2=950.0)
    base = {"url": "/a.root", "uuid": "a", "size": 1, "mtime_ns": 1, "n_entries": 1000}
    return {**base, "schema_id": "s", "clusters": (0, 1000), "runs": runs, **more}


def file(**more: Any) -> FileIndex:
    return classify(entry(**more), "partial")


def test_index_holds_what_a_file_holds(
    write_root: Write, events: dict[str, Any], runs: dict[str, Any]
) -> None:
    path = write_root(Events=events, Runs=runs)
    found = look(path)
    assert (found["url"], found["n_entries"], found["clusters"]) == (str(path), 6, (0, 6))
    assert found["size"] == path.stat().st_size
    assert found["columns"]["run"] == "uint32_t"
    assert "Photon_pt" in found["columns"]
    assert found["uuid"] == head_of(path.read_bytes()).uuid
    assert "lumisections" not in found


@pytest.mark.parametrize("uuid", [NO_UUID, f"{NO_UUID}+0123456789ab"])
def test_a_file_without_a_uuid_is_refused(uuid: str) -> None:
    with pytest.raises(InputFileError, match="has no UUID") as caught:
        classify({**file().model_dump(), "uuid": uuid}, "")
    assert len(str(caught.value).splitlines()) == 3


def test_a_file_and_what_it_was_before_it_was_changed_are_one_file() -> None:
    changed = file(url="/b.root", uuid="a+0123456789ab", n_entries=7, runs=None)
    with pytest.raises(InputFileError, match="counts one file twice"):
        combine_files([file(), changed], {}, "x")


def test_sums_are_over_all_rows_of_runs(
    write_root: Write, events: dict[str, Any], runs: dict[str, Any]
) -> None:
    sums = sums_of(write_root(Events=events, Runs=runs))
    assert (sums.count, sums.sumw, sums.sumw2) == (6, 5.0, 7.5)


def test_theory_sums_are_multiplied_back_so_that_they_add(
    write_root: Write, events: dict[str, Any], runs: dict[str, Any]
) -> None:
    sums = sums_of(write_root(Events=events, Runs=runs))
    assert sums.lhe_scale_sumw == pytest.approx((5.0, 3 * 1.04 + 2 * 1.10))
    assert sums.lhe_pdf_sumw == ()


def test_worked_theory_ratio_of_two_rows(
    write_root: Write, events: dict[str, Any], runs: dict[str, Any]
) -> None:
    runs["genEventSumw"] = np.array([900.0, 460.0])
    sums = sums_of(write_root(Events=events, Runs=runs))
    assert sums.lhe_scale_sumw[1] / sums.sumw == pytest.approx(1.0602941, rel=1e-7)


def test_older_spelling_with_underscore_gives_the_same(
    write_root: Write, events: dict[str, Any], runs: dict[str, Any]
) -> None:
    older = {name if name == "run" else f"{name}_": values for name, values in runs.items()}
    plain = sums_of(write_root("a.root", Events=events, Runs=runs))
    assert sums_of(write_root("b.root", Events=events, Runs=older)) == plain


@pytest.mark.parametrize("vectors", [[[1.0], [1.0, 2.0]], [[1.0, np.nan], [1.0, 2.0]]])
def test_theory_sums_that_cannot_be_used_are_not_known(
    write_root: Write, events: dict[str, Any], runs: dict[str, Any], vectors: list[Any]
) -> None:
    runs["LHEScaleSumw"] = ak.from_iter(vectors)
    assert sums_of(write_root(Events=events, Runs=runs)).lhe_scale_sumw == ()


def test_row_without_vector_takes_no_part_in_theory_sums(
    write_root: Write, events: dict[str, Any], runs: dict[str, Any]
) -> None:
    runs["LHEScaleSumw"] = ak.Array([[1.0, 1.04], []])
    sums = sums_of(write_root(Events=events, Runs=runs))
    assert sums.lhe_scale_sumw == pytest.approx((3.0, 3.12))


@pytest.mark.parametrize("vectors", [[1.0, 2.0], ["a", "b"], np.ones((2, 2, 2))])
def test_theory_sums_of_another_shape_are_not_known(
    write_uproot: Write, events: dict[str, Any], runs: dict[str, Any], vectors: Any
) -> None:
    runs["LHEScaleSumw"] = vectors if isinstance(vectors, np.ndarray) else ak.Array(vectors)
    assert sums_of(write_uproot(Events=events, Runs=runs)).lhe_scale_sumw == ()


@pytest.mark.parametrize("absent", ["genEventSumw", "genEventSumw2"])
def test_a_selection_without_all_sums_is_not_taken_for_the_whole(
    write_root: Write, events: dict[str, Any], runs: dict[str, Any], absent: str
) -> None:
    """It would be scaled by the sum of weights of what was selected."""
    del runs[absent]
    assert look(write_root(Events=events, Runs=runs))["runs"] is None
    runs["genEventCount"] = np.array([4, 3], np.int64)
    path = write_root("b.root", Events=events, Runs=runs)
    told(lambda: look(path), f"{path} has no {absent}", "6 entries, 7 generated events")


@pytest.mark.parametrize("values", [[np.nan, 1.0], [[4], [2]], ["a", "b"]])
@pytest.mark.parametrize("name", ["genEventCount", "genEventSumw", "genEventSumw2"])
def test_sums_that_are_no_numbers_are_refused(
    write_uproot: Write, events: dict[str, Any], runs: dict[str, Any], name: str, values: Any
) -> None:
    path = write_uproot(Events=events, Runs={**runs, name: ak.Array(values)})
    told(lambda: look(path), f"the Runs tree of {path}")


@pytest.mark.parametrize("values", [[-1, 1], [2**32 + 1, 1], [1.5, 1.0], [[1], [2]], ["a", "b"]])
def test_lumisections_that_are_no_numbers_are_refused(
    write_uproot: Write, events: dict[str, Any], values: Any
) -> None:
    rows = {"run": ak.Array(values), "luminosityBlock": np.array([1, 2], np.uint32)}
    path = write_uproot(Events=events, LuminosityBlocks=rows)
    told(lambda: look(path, is_data=True), f"'run' in the LuminosityBlocks tree of {path} is")


def test_index_survives_being_written(
    write_root: Write, events: dict[str, Any], runs: dict[str, Any]
) -> None:
    found = look(write_root(Events=events, Runs=runs))
    index = combine_files([classify(found, "")], {found["schema_id"]: found["columns"]}, "ttH")
    again = SampleIndex.model_validate_json(index.model_dump_json())
    assert again == index
    assert again.schemas[again.files[0].schema_id] == found["columns"]


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("name", ["genEventSumw", "genEventSumw2"])
def test_sums_that_are_not_finite_are_an_error(
    write_root: Write, events: dict[str, Any], runs: dict[str, Any], bad: float, name: str
) -> None:
    runs[name] = np.array([1.0, bad])
    path = write_root(Events=events, Runs=runs)
    told(lambda: look(path), str(path), "not finite")


@pytest.mark.parametrize("with_tree", [True, False])
def test_file_without_sums_is_whole_with_a_note(
    write_root: Write, events: dict[str, Any], with_tree: bool
) -> None:
    trees = {"Runs": {"run": np.array([1], np.uint32)}} if with_tree else {}
    found = look(write_root(Events=events, **trees))
    assert found["runs"] is None
    made = classify(found, "")
    assert (made.kind, made.note) == ("whole", "no sums in a Runs tree: taken as whole")


def test_lumisections_of_data_are_those_of_their_tree(
    write_root: Write, events: dict[str, Any]
) -> None:
    # lumisection 9 has no events, and is counted all the same
    blocks = {
        "run": np.array([2, 1, 1, 2], np.uint32),
        "luminosityBlock": np.array([9, 5, 6, 9], np.uint32),
    }
    found = look(write_root(Events=events, LuminosityBlocks=blocks), is_data=True)
    assert found["lumisections"] == ((1, 5, 6), (2, 9, 9))
    assert classify(found, "").note == ""
    assert found["runs"] is None


def test_data_without_lumisections_says_so(write_root: Write, events: dict[str, Any]) -> None:
    made = classify(look(write_root(Events=events), is_data=True), "")
    assert made.lumisections is None
    assert "no LuminosityBlocks" in made.note


def test_file_without_events_is_indexed(write_root: Write, runs: dict[str, Any]) -> None:
    none = {"run": np.zeros(0, np.uint32)}
    runs["genEventCount"] = np.array([0, 0])
    made = classify(look(write_root(Events=none, Runs=runs)), "")
    assert (made.n_entries, made.kind, made.clusters) == (0, "whole", (0,))


@pytest.mark.parametrize("content", [b"", b"no root file at all"])
def test_what_is_no_root_file_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.root"
    path.write_bytes(content)
    told(lambda: look(path), str(path))


@pytest.mark.parametrize("is_data", [False, True])
@pytest.mark.parametrize("part", [0.01, 0.5, 0.9999])
def test_truncated_file_is_named(
    write_root: Write, events: dict[str, Any], runs: dict[str, Any], part: float, is_data: bool
) -> None:
    path = write_root(Events=events, Runs=runs)
    content = path.read_bytes()
    path.write_bytes(content[: int(part * len(content))])
    told(lambda: look(path, is_data), str(path))


def test_runs_that_are_no_tree_are_named(write_root: Write, tmp_path: Path) -> None:
    import uproot

    with uproot.recreate(tmp_path / "a.root") as made:
        made["Events"] = {"a": np.arange(3)}
        made["Runs"] = np.histogram([1.0, 2.0])
    told(lambda: look(tmp_path / "a.root"), "'Runs'", "not a tree")


def test_fewer_entries_without_declaration_name_both_counts() -> None:
    told(
        lambda: classify(entry(n_entries=100), ""),
        "fewer entries than generated events in /a.root",
        "100 entries, 1000 generated events",
        "skim: true",
        "partial: true",
    )


@pytest.mark.parametrize("kind", ["skim", "partial"])
def test_fewer_entries_are_what_was_declared(kind: Any) -> None:
    assert classify(entry(n_entries=100), kind).kind == kind


@pytest.mark.parametrize("declared", ["", "skim", "partial"])
def test_file_with_all_events_is_whole_whatever_was_declared(declared: Any) -> None:
    assert classify(entry(), declared).kind == "whole"


@pytest.mark.parametrize("declared", ["", "skim", "partial"])
def test_more_entries_than_generated_are_an_error(declared: Any) -> None:
    told(
        lambda: classify(entry(n_entries=1001), declared),
        "more entries than generated events in /a.root",
        "1001 entries, 1000 generated events",
    )


def test_skim_without_sums_cannot_be_normalised() -> None:
    told(lambda: classify(entry(runs=None), "skim"), "/a.root is declared skim")


def test_same_file_twice_is_an_error() -> None:
    files = [file(), file(url="/copy.root")]
    told(lambda: combine_files(files, {}, "ttH (2017)"), "ttH (2017)", "/a.root", "/copy.root")


def test_one_original_twice_is_an_error() -> None:
    files = [file(), file(url="/b.root", uuid="b", n_entries=7)]
    told(
        lambda: combine_files(files, {}, "ttH (2017)"),
        "one original twice",
        "/a.root and /b.root",
        "allow_equal_sums",
    )


def test_equal_sums_can_be_allowed() -> None:
    files = [file(), file(url="/b.root", uuid="b")]
    assert len(combine_files(files, {}, "ttH", allow_equal_sums=True).files) == 2


@pytest.mark.parametrize("change", [{"count": 1001}, {"sumw": 901.0}, {"sumw2": 951.0}])
def test_files_with_other_sums_are_other_files(change: dict[str, Any]) -> None:
    sums = RunsSums(**{"count": 1000, "sumw": 900.0, "sumw2": 950.0, **change})
    files = [file(), file(url="/b.root", uuid="b", runs=sums)]
    assert combine_files(files, {}, "ttH").n_entries == 2000


def test_files_without_generated_events_are_not_alike() -> None:
    none = RunsSums(count=0, sumw=0.0, sumw2=0.0)
    empty = [file(url=f"/{u}", uuid=u, n_entries=0, runs=none) for u in "bc"]
    assert len(combine_files([file(), *empty], {}, "ttH").files) == 3


def test_order_of_files_does_not_matter() -> None:
    others = [file(url=f"/{u}", uuid=u, runs=None) for u in "cab"]
    assert combine_files(others, {}, "x") == combine_files(others[::-1], {}, "x")
    assert [f.uuid for f in combine_files(others, {}, "x").files] == ["a", "b", "c"]


@pytest.mark.parametrize("files", [[], [file(n_entries=0, runs=None)]])
def test_sample_without_any_events_is_an_error(files: list[FileIndex]) -> None:
    told(lambda: combine_files(files, {}, "ttH (2017)"), "no events in the files of ttH (2017)")


def test_schema_is_known_by_names_and_types_alone() -> None:
    assert schema_id({"a": "int", "b": "float"}) == schema_id({"b": "float", "a": "int"})
    assert schema_id({"a": "int"}) != schema_id({"a": "float"})


@pytest.mark.parametrize(
    ("name", "n_entries", "count"),
    [("ttH_M125_2017", 100, 45927), ("ggH_M125_2022_v13", 100, 757120), ("DY_v6", 40, 850098)],
)
def test_real_copies_need_a_declaration(
    real_data: Path, name: str, n_entries: int, count: int
) -> None:
    found = look(real_data / f"{name}.root")
    assert classify(found, "partial").kind == "partial"
    told(lambda: classify(found, ""), f"{n_entries} entries, {count} generated events")


def test_real_sums_are_those_of_the_original(real_data: Path) -> None:
    sums = sums_of(real_data / "ttH_M125_2017.root")
    assert sums.sumw == pytest.approx(45869.28, abs=0.01)
    assert len(sums.lhe_scale_sumw) == 9
    assert sums.lhe_scale_sumw[4] / sums.sumw == pytest.approx(1.0, abs=1e-5)


def test_real_theory_sums_need_not_begin_at_one(real_data: Path) -> None:
    sums = sums_of(real_data / "DY_v6.root")
    assert sums.lhe_scale_sumw[4] / sums.sumw == pytest.approx(43.0, abs=0.01)


def test_real_rntuple_without_runs_is_whole(real_data: Path) -> None:
    made = classify(look(real_data / "DY_v6_rntuple.root"), "")
    assert (made.n_entries, made.kind, made.runs) == (40, "whole", None)


def test_real_data_have_lumisections(real_data: Path) -> None:
    found = look(real_data / "EGamma_2022F_v11.root", is_data=True)
    assert found["lumisections"] == ((360393, 67, 67), (360393, 82, 82))
