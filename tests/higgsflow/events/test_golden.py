from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import slow_books
from hypothesis import given, settings
from hypothesis import strategies as st

from higgsflow.errors import InputFileError, InvalidConfiguration
from higgsflow.events.golden import Golden, check_numbered, is_certified, load_golden
from higgsflow.events.lumisections import from_golden

if TYPE_CHECKING:
    from pathlib import Path

law = settings(deadline=None, max_examples=40)
LAST = 2**32 - 1
edges = st.sampled_from([0, 1, 2, 3, 5, 8, LAST - 2, LAST - 1, LAST])
runs = st.sampled_from([0, 1, 2, 297050, LAST - 1, LAST])
ranges = st.lists(st.tuples(edges, edges).map(sorted), max_size=4)


def load(folder: Path, content: Any) -> Golden:
    path = folder / "golden.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return load_golden(path)


@law
@given(st.dictionaries(runs.map(str), ranges, max_size=4), st.lists(st.tuples(runs, edges)))
def test_mask_is_that_of_the_slow_test(
    tmp_path_factory: pytest.TempPathFactory, golden: dict[str, Any], pairs: list[tuple[int, int]]
) -> None:
    run, lumi = np.array(pairs, np.uint32).reshape(-1, 2).T
    found = is_certified(load(tmp_path_factory.getbasetemp(), golden), run, lumi)
    assert found.dtype == np.bool_
    assert found.tolist() == [slow_books.is_certified(golden, r, s) for r, s in pairs]


@law
@given(st.dictionaries(runs.map(str), ranges, max_size=4))
def test_overlapping_ranges_count_once(
    tmp_path_factory: pytest.TempPathFactory, golden: dict[str, Any]
) -> None:
    made = load(tmp_path_factory.getbasetemp(), golden)
    expected = 0
    for of_run in golden.values():
        end = -1
        for first, last in sorted(of_run):
            expected += max(0, last - max(first, end + 1) + 1)
            end = max(end, last)
    assert from_golden(made).n == expected


@pytest.mark.parametrize(
    ("lumi", "certified"), [(2, False), (3, True), (5, True), (6, False), (9, True)]
)
def test_ranges_are_inclusive(tmp_path: Path, lumi: int, certified: bool) -> None:
    golden = load(tmp_path, {"7": [[3, 5], [9, 9]]})
    assert is_certified(golden, [7, 8], [lumi, lumi]).tolist() == [certified, False]


def test_types_of_a_file_are_taken_as_they_are(tmp_path: Path) -> None:
    golden = load(tmp_path, {"297050": [[1, 700]]})
    for kind in (np.uint32, np.int32, np.int64, np.uint64):
        assert is_certified(golden, np.array([297050], kind), np.array([700], kind)).all()


def test_no_events_give_an_empty_mask(tmp_path: Path) -> None:
    assert is_certified(load(tmp_path, {"1": [[1, 2]]}), [], []).tolist() == []


@pytest.mark.parametrize("content", [{}, {"1": []}])
def test_nothing_certified_lets_nothing_pass(tmp_path: Path, content: dict[str, Any]) -> None:
    golden = load(tmp_path, content)
    assert from_golden(golden).n == 0
    assert is_certified(golden, [1], [1]).tolist() == [False]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "is not a golden JSON"),
        ("[1, 2]", "it has no runs with their lumisections"),
        ({"1": 5}, r"run 1 has 5 where a list of \[first, last\] is needed"),
        pytest.param("[" * 100_000, "is not a golden JSON", id="without end"),
        ({"a": [[1, 2]]}, "is not a golden JSON"),
        ({"1": [1, 2]}, r"run 1 has 1 where \[first, last\] is needed"),
        ({"1": [[1, 2, 3]]}, r"run 1 has \[1, 2, 3\] where"),
        ({"1": ["12"]}, "run 1 has '12' where"),
        ({"1": [["1", "2"]]}, "no whole number"),
        ({"1": [[1.5, 2]]}, "no whole number"),
        ({"1": [[-1, 2]]}, "out of range"),
        ({"-1": [[1, 2]]}, "'-1' is no run"),
        ({"1": [[1, LAST + 1]]}, "out of range"),
        ({str(LAST + 1): [[1, 2]]}, "out of range"),
        ({"1_0": [[1, 2]]}, "'1_0' is no run"),
        ({" 1": [[1, 2]]}, "' 1' is no run"),
        ({"1": [[5, 4]]}, "run 1 has a range that ends before it begins"),
        ('{"1": [[1, 2]], "1": [[7, 8]]}', "'1' is given twice"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, content: Any, reason: str) -> None:
    with pytest.raises(InvalidConfiguration, match=reason) as caught:
        load(tmp_path, content)
    assert "golden.json" in str(caught.value)
    assert len(str(caught.value).splitlines()) <= 3


def test_absent_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfiguration, match=r"cannot read golden JSON .*absent\.json"):
        load_golden(tmp_path / "absent.json")


@pytest.mark.parametrize("year", ["2016", "2017", "2018"])
def test_real_golden_json_is_read_whole(real_data: Path, year: str) -> None:
    path = real_data / f"golden_{year}.json"
    content = json.loads(path.read_text())
    golden = load_golden(path)
    assert from_golden(golden).n == sum(b - a + 1 for r in content.values() for a, b in r)
    run, (first, last) = next((int(r), pairs[0]) for r, pairs in content.items())
    assert is_certified(golden, [run, run], [first, last]).all()


@pytest.mark.parametrize(
    ("run", "told"),
    [
        (np.array([1, -1]), "'run' in a.root is -1"),
        (np.array([1, 2**32 + 1]), "'run' in a.root is 4294967297"),
        (np.array([1, 2**63], np.uint64), "'run' in a.root is 9223372036854775808"),
        (np.array([1.0, 1.5]), "'run' in a.root is 1.5"),
        (np.array([1.0, np.nan]), "'run' in a.root is nan"),
    ],
)
def test_a_number_that_no_key_can_hold_is_refused(run: Any, told: str) -> None:
    """Run 4294967297 would be taken for run 1."""
    lumi = np.array([1, 1], np.uint32)
    check_numbered(lumi, lumi.astype(np.int64), "a.root")
    with pytest.raises(InputFileError, match=f"^{told}\n"):
        check_numbered(run, lumi, "a.root")
