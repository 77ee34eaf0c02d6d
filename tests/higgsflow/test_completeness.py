from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from higgsflow.completeness import Completeness, assess, countable, parts_of_skims
from higgsflow.events.chunks import Chunk, Range, make_chunks
from higgsflow.events.index import FileIndex, SampleIndex
from higgsflow.records.job_record import FailureRecord


def chunks_of(*lengths: int) -> tuple[Chunk, ...]:
    """One chunk per file of the given numbers of entries."""
    return tuple(
        Chunk(ranges=(Range(url=f"/{i}.root", uuid=str(i), start=0, stop=n),))
        for i, n in enumerate(lengths)
    )


def failure(chunk: Chunk, error_class: str = "input", final: bool = True) -> FailureRecord:
    return FailureRecord(
        chunk_id=chunk.id,
        digest="d",
        attempt=3,
        error_class=error_class,
        message="",
        final=final,
        host="h",
        started=0.0,
        wall=1.0,
    )


def index_of(*lengths: int) -> SampleIndex:
    """The files of these chunks."""
    return indexed(**{str(i): ("whole", n) for i, n in enumerate(lengths)})


def state(lengths: list[int], failed: dict[int, Any], min_completion: float) -> str:
    """The state where the chunks in `failed` are missing, each with its failure or None."""
    chunks = chunks_of(*lengths)
    done = {c.id for i, c in enumerate(chunks) if i not in failed}
    failures = {chunks[i].id: failure(chunks[i], *how) for i, how in failed.items() if how}
    return assess(index_of(*lengths), chunks, done, failures, min_completion).state


LOST = ("input",)
DEFECT = ("defect",)


@pytest.mark.parametrize(
    ("failed", "min_completion", "expected"),
    [
        ({}, 1.0, "complete"),
        ({0: None}, 0.5, "open"),  # enough is done, but a job may still run: tolerance is no stop
        ({0: LOST}, 0.95, "enough"),
        ({0: LOST}, 0.951, "insufficient"),
        ({0: LOST}, 1.0, "insufficient"),  # data
        ({0: LOST, 1: None}, 0.5, "open"),
        ({0: DEFECT}, 0.5, "broken"),
        ({0: DEFECT, 1: None}, 0.5, "broken"),
        ({0: LOST, 1: DEFECT}, 0.5, "broken"),
        ({0: DEFECT, 1: LOST}, 0.5, "broken"),
        ({0: ("defect", False)}, 0.5, "broken"),
        ({0: ("lost", False)}, 0.5, "open"),  # another attempt follows
        ({0: ("memory",), 1: ("time",)}, 0.9, "enough"),
        ({0: LOST, 1: LOST, 2: LOST}, 0.9, "insufficient"),
    ],
)
def test_state_of_a_sample(failed: dict[int, Any], min_completion: float, expected: str) -> None:
    assert state([5, 5, 5, *[5] * 17], failed, min_completion) == expected


def test_nothing_is_never_enough() -> None:
    """Of data with ranges missing on purpose, too: only a job knows what there is to merge."""
    assert state([5, 5], {0: LOST}, 0.0) == "enough"
    assert state([5, 5], {0: LOST, 1: LOST}, 0.0) == "insufficient"


def test_completeness_is_measured_in_entries_not_in_chunks() -> None:
    assert state([1, 999], {0: LOST}, 0.99) == "enough"
    assert state([1, 999], {1: LOST}, 0.5) == "insufficient"


@pytest.mark.parametrize("percent", range(1, 100))
def test_exactly_the_configured_fraction_is_enough(percent: int) -> None:
    assert state([percent, 100 - percent], {1: LOST}, float(f"0.{percent:02}")) == "enough"


def test_lost_chunk_without_entries_is_still_missing() -> None:
    assert state([0, 10], {0: None}, 1.0) == "open"
    assert state([0, 10], {0: LOST}, 1.0) == "enough"


def test_sample_without_entries_is_complete_when_its_chunks_are_done() -> None:
    chunks = chunks_of(0)
    made = assess(index_of(0), chunks, {chunks[0].id}, {}, 1.0)
    assert (made.state, made.fraction) == ("complete", 1.0)


def test_fraction_is_done_over_indexed() -> None:
    chunks = chunks_of(30, 10)
    made = assess(index_of(30, 10), chunks, {chunks[0].id}, {}, 1.0)
    assert (made.n_done, made.n_indexed, made.fraction) == (30, 40, 0.75)


def test_failure_of_a_chunk_that_was_done_since_does_not_count() -> None:
    chunks = chunks_of(1, 1)
    failures = {c.id: failure(c, "defect") for c in chunks}
    assert assess(index_of(1, 1), chunks, {c.id for c in chunks}, failures, 1.0).state == "complete"


@pytest.mark.parametrize(
    ("of_state", "suffices"),
    [
        ("complete", True),
        ("enough", True),
        ("open", False),
        ("broken", False),
        ("insufficient", False),
    ],
)
def test_later_stages_go_on_when_enough_is_done(of_state: Any, suffices: bool) -> None:
    assert Completeness(n_done=1, n_indexed=1, state=of_state).suffices is suffices


def indexed(**kinds: tuple[str, int]) -> SampleIndex:
    files = tuple(
        FileIndex(url=f"/{name}", uuid=name, size=1, mtime_ns=1, n_entries=n, schema_id="s",
                  clusters=(0, n), kind=kind)  # type: ignore[arg-type]
        for name, (kind, n) in kinds.items()
    )  # fmt: skip
    return SampleIndex(files=files, schemas={})


@pytest.mark.parametrize("kind", ["whole", "partial"])
def test_what_is_done_of_other_files_counts(kind: str) -> None:
    index = indexed(a=(kind, 200))
    chunks = make_chunks(index, 100)
    assert countable(index, chunks, {chunks[0].id}) == chunks[:1]


def test_skim_counts_all_or_nothing() -> None:
    index = indexed(a=("skim", 200), b=("whole", 50))
    chunks = make_chunks(index, 100)
    every = {c.id for c in chunks}
    assert countable(index, chunks, every) == chunks
    assert countable(index, chunks, every - {chunks[0].id}) == chunks[2:]


@given(
    st.lists(st.tuples(st.sampled_from(["whole", "skim"]), st.integers(0, 350)), max_size=5),
    st.sets(st.integers(0, 20)),
)
def test_parts_of_skims_tell_what_counts(files: list[tuple[str, int]], lost: set[int]) -> None:
    """Which is all that a table of jobs knows of them."""
    index = indexed(**{f"f{i}": file for i, file in enumerate(files)})
    chunks = make_chunks(index, 100)
    done = [chunk for i, chunk in enumerate(chunks) if i not in lost]
    parts = parts_of_skims(index, chunks)
    torn = {parts.get(chunk.id) for i, chunk in enumerate(chunks) if i in lost} - {None}
    told = tuple(chunk for chunk in done if parts.get(chunk.id) not in torn)
    assert told == countable(index, chunks, {chunk.id for chunk in done})


def test_skims_of_one_chunk_count_together() -> None:
    index = indexed(a=("skim", 30), b=("skim", 0), c=("whole", 50))
    chunks = make_chunks(index, 100)
    assert parts_of_skims(index, chunks) == {}
    assert countable(index, chunks, {chunks[0].id}) == chunks
    assert countable(index, chunks, set()) == ()


@pytest.mark.parametrize(
    ("min_completion", "state"), [(0.2, "enough"), (0.21, "insufficient"), (0.75, "insufficient")]
)
def test_the_rest_of_a_torn_skim_is_lost_with_it(min_completion: float, state: str) -> None:
    index = indexed(a=("skim", 200), b=("whole", 50))
    chunks = make_chunks(index, 50)
    done = {c.id for c in chunks[1:]}
    made = assess(index, chunks, done, {chunks[0].id: failure(chunks[0])}, min_completion)
    assert (made.n_done, made.n_indexed, made.fraction, made.state) == (50, 250, 0.2, state)
