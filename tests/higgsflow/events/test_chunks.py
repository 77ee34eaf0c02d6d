from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from higgsflow.events.chunks import Chunk, Range, make_chunks
from higgsflow.events.index import FileIndex, SampleIndex

law = settings(deadline=None, max_examples=40)


def file(name: str, n: int, clusters: tuple[int, ...] = (), kind: Any = "whole") -> FileIndex:
    return FileIndex(
        url=f"/data/{name}.root",
        uuid=f"uuid-{name}",
        size=1,
        mtime_ns=1,
        n_entries=n,
        schema_id="s",
        clusters=(0, *clusters, n),
        kind=kind,
    )


def index(*files: FileIndex) -> SampleIndex:
    return SampleIndex(files=files, schemas={"s": {}})


def spans(chunks: tuple[Chunk, ...]) -> list[list[tuple[str, int, int]]]:
    return [[(r.uuid.removeprefix("uuid-"), r.start, r.stop) for r in c.ranges] for c in chunks]


@st.composite
def indices(draw: st.DrawFn) -> SampleIndex:
    files = []
    for number in range(draw(st.integers(1, 6))):
        n = draw(st.one_of(st.just(0), st.integers(1, 30), st.integers(1, 5000)))
        clusters = sorted(draw(st.sets(st.integers(0, n), max_size=20)))
        kind = draw(st.sampled_from(["whole", "skim", "partial"]))
        files.append(file(f"f{number}", n, tuple(clusters), kind))
    return index(*files)


@law
@given(indices(), st.integers(1, 6000))
def test_every_entry_is_in_one_chunk_in_order(sample: SampleIndex, n_events: int) -> None:
    n_events = max(n_events, sample.n_entries // 200)
    found = [part for chunk in make_chunks(sample, n_events) for part in chunk.ranges]
    expected_start = dict.fromkeys((f.uuid for f in sample.files), 0)
    empty = {f.uuid for f in sample.files if f.n_entries == 0}
    for part in found:
        assert part.start == expected_start[part.uuid]
        assert part.n_entries > 0 or part.uuid in empty
        expected_start[part.uuid] = part.stop
    assert expected_start == {f.uuid: f.n_entries for f in sample.files}
    order = [f.uuid for f in sample.files]
    assert [part.uuid for part in found] == sorted((p.uuid for p in found), key=order.index)


@law
@given(indices(), st.integers(1, 6000))
def test_no_chunk_is_much_larger_than_asked(sample: SampleIndex, n_events: int) -> None:
    n_events = max(n_events, sample.n_entries // 200)
    for chunk in make_chunks(sample, n_events):
        assert chunk.n_entries <= 1.2 * n_events + 1
        assert chunk.n_entries > 0 or all(part.n_entries == 0 for part in chunk.ranges)


@law
@given(indices(), st.integers(1, 6000))
def test_chunks_are_the_same_on_every_call(sample: SampleIndex, n_events: int) -> None:
    n_events = max(n_events, sample.n_entries // 200)
    again = SampleIndex.model_validate_json(sample.model_dump_json())
    first, second = make_chunks(sample, n_events), make_chunks(again, n_events)
    assert first == second
    assert len({chunk.id for chunk in first}) == len(first)


@law
@given(indices(), st.integers(1, 6000))
def test_skim_that_is_cut_shares_no_chunk(sample: SampleIndex, n_events: int) -> None:
    n_events = max(n_events, sample.n_entries // 200)
    chunks = make_chunks(sample, n_events)
    for skim in (f for f in sample.files if f.kind == "skim"):
        of_skim = [c for c in chunks if any(p.uuid == skim.uuid for p in c.ranges)]
        if len(of_skim) > 1:
            assert all({p.uuid for p in c.ranges} == {skim.uuid} for c in of_skim)


@law
@given(indices(), st.integers(1, 6000))
def test_empty_file_is_covered_once(sample: SampleIndex, n_events: int) -> None:
    n_events = max(n_events, sample.n_entries // 200)
    parts = [part for chunk in make_chunks(sample, n_events) for part in chunk.ranges]
    for empty in (f for f in sample.files if f.n_entries == 0):
        assert [(p.start, p.stop) for p in parts if p.uuid == empty.uuid] == [(0, 0)]


def test_small_files_are_put_together() -> None:
    chunks = make_chunks(index(file("a", 40), file("b", 50), file("c", 20)), 100)
    assert spans(chunks) == [[("a", 0, 40), ("b", 0, 50)], [("c", 0, 20)]]


def test_large_file_is_cut_in_equal_parts() -> None:
    chunks = make_chunks(index(file("a", 250)), 100)
    assert spans(chunks) == [[("a", 0, 83)], [("a", 83, 167)], [("a", 167, 250)]]


def test_end_of_a_large_file_takes_a_small_one_along() -> None:
    chunks = make_chunks(index(file("a", 150), file("b", 10)), 100)
    assert spans(chunks) == [[("a", 0, 75)], [("a", 75, 150), ("b", 0, 10)]]


@pytest.mark.parametrize(("boundary", "cut"), [(80, 80), (70, 70), (60, 75), (82, 82), (83, 75)])
def test_cut_is_on_a_cluster_where_one_is_near(boundary: int, cut: int) -> None:
    chunks = make_chunks(index(file("a", 150, (boundary,))), 100)
    assert spans(chunks) == [[("a", 0, cut)], [("a", cut, 150)]]


def test_nearest_of_two_clusters_is_taken() -> None:
    chunks = make_chunks(index(file("a", 150, (70, 77))), 100)
    assert spans(chunks)[0] == [("a", 0, 77)]


def test_partial_file_is_cut_like_a_whole_one() -> None:
    of_kind = [
        spans(make_chunks(index(file("a", 150, kind=k), file("b", 9)), 100))
        for k in ("whole", "partial")
    ]
    assert of_kind[0] == of_kind[1]


def test_skim_that_fits_shares_a_chunk() -> None:
    chunks = make_chunks(index(file("a", 40), file("b", 50, kind="skim")), 100)
    assert len(chunks) == 1


def test_cut_skim_stands_between_the_others() -> None:
    chunks = make_chunks(index(file("a", 10), file("b", 150, kind="skim"), file("c", 10)), 100)
    assert spans(chunks) == [[("a", 0, 10)], [("b", 0, 75)], [("b", 75, 150)], [("c", 0, 10)]]


def test_name_depends_on_entries_not_on_where_files_lie() -> None:
    def chunk(url: str, stop: int) -> Chunk:
        return Chunk(ranges=(Range(url=url, uuid="u", start=0, stop=stop),))

    assert chunk("/here/a.root", 5).id == chunk("root://there//a.root", 5).id
    assert chunk("/here/a.root", 5).id != chunk("/here/a.root", 6).id


def test_many_small_clusters_are_searched_quickly() -> None:
    n = 200_000
    sample = index(file("a", n, tuple(range(0, n, 5))))
    assert len(make_chunks(sample, 100)) == 2000
