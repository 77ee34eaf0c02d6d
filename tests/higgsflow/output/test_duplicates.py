from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from higgsflow.errors import NormalizationError
from higgsflow.output.duplicates import DataFile, kept_apart

if TYPE_CHECKING:
    from pathlib import Path


def merged(folder: Path, name: str, *events: int, **changes: Any) -> DataFile:
    n = len(events)
    columns = {
        "run": pa.array([1] * n, pa.uint32()),
        "luminosityBlock": pa.array([2] * n, pa.uint32()),
        "event": pa.array(events, pa.uint64()),
    }
    path = folder / f"{name}.parquet"
    pq.write_table(pa.table(columns), path)
    known = {"year": "2017", "process": "Data", "is_listed": False, **changes}
    return DataFile(sample=name, path=path, rows=n, **known)


LARGE = 2**64 - 1


def test_shared_event_is_named_with_both_samples(tmp_path: Path) -> None:
    of_sample = {"One": (5, LARGE), "Two": (6,), "Three": (7, LARGE, 5)}
    with pytest.raises(NormalizationError) as caught:
        kept_apart([merged(tmp_path, name, *events) for name, events in of_sample.items()])
    assert str(caught.value).startswith("One (2017) and Three (2017) both hold event 1:2:5\n")
    assert "and 1 more" in str(caught.value)


def test_an_event_of_several_candidates_is_one(tmp_path: Path) -> None:
    files = [merged(tmp_path, "One", 5, 5, 5), merged(tmp_path, "Two", 5, 5, LARGE)]
    with pytest.raises(NormalizationError, match="both hold event 1:2:5\n  and 0 more"):
        kept_apart(files)


def test_different_events_are_fine(tmp_path: Path) -> None:
    one = merged(tmp_path, "One", LARGE)
    assert kept_apart([one, merged(tmp_path, "Two")]) == {}
    assert kept_apart([one]) == {}
    assert kept_apart([]) == {}


def test_primary_datasets_share_no_event_whatever_their_process(tmp_path: Path) -> None:
    of_process = {"A": "a", "B": "b"}
    files = [
        merged(tmp_path, name, 5, process=process, is_listed=True)
        for name, process in of_process.items()
    ]
    with pytest.raises(NormalizationError, match="both hold event 1:2:5"):
        kept_apart(files)


@pytest.mark.parametrize("listed", ["A", "B"])
def test_another_process_that_is_not_listed_may_share_events(tmp_path: Path, listed: str) -> None:
    """Nobody adds the two: such as data that were selected again beside the primary dataset."""
    files = [merged(tmp_path, n, 5, process=n, is_listed=n == listed) for n in ("A", "B")]
    assert kept_apart(files) == {"B": "A (2017) and B (2017) both hold event 1:2:5"}


def test_one_that_is_not_listed_is_added_to_those_of_its_process(tmp_path: Path) -> None:
    files = [merged(tmp_path, "A", 5, is_listed=True), merged(tmp_path, "B", 5)]
    with pytest.raises(NormalizationError, match="both hold event 1:2:5"):
        kept_apart(files)


def test_processes_with_events_of_one_before_them_are_apart(tmp_path: Path) -> None:
    of_process = {"A": (1, 2), "B": (2, 3), "C": (3, 4), "D": (9,), "E": (4,)}
    files = [merged(tmp_path, name, *found, process=name) for name, found in of_process.items()]
    # C shares an event with B only, which is not added itself
    assert kept_apart(files) == {
        "B": "A (2017) and B (2017) both hold event 1:2:2",
        "E": "C (2017) and E (2017) both hold event 1:2:4",
    }


def test_years_are_compared_each_by_itself(tmp_path: Path) -> None:
    one = merged(tmp_path, "One", 5)
    assert kept_apart([one, merged(tmp_path, "Two", 5, year="2018", process="Other")]) == {}


@given(st.lists(st.frozensets(st.integers(0, 12), max_size=4), min_size=1, max_size=5))
def test_no_event_is_twice_in_what_is_left(
    tmp_path_factory: pytest.TempPathFactory, parts: list[frozenset[int]]
) -> None:
    folder = tmp_path_factory.mktemp("merged")
    files = [merged(folder, f"S{i}", *p, process=f"S{i}") for i, p in enumerate(parts)]
    apart = kept_apart(files)
    left = [part for i, part in enumerate(parts) if f"S{i}" not in apart]
    assert sum(map(len, left)) == len(frozenset().union(*left))
    for i, part in enumerate(parts):
        if f"S{i}" in apart:
            assert not part.isdisjoint(frozenset().union(*left))
