from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from higgsflow.diff.column_map import ColumnMap
from higgsflow.diff.source import Source, Tags, check_their_names, tags_of
from higgsflow.errors import UnknownName, UserError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

OURS = ("tth", "thq")


def codes(source: Source, tags: Tags) -> list[str]:
    """The tags of its events, by name."""
    parts = [part["tag_idx"] for part in source.pieces([], tags)]
    return [tags.all_names[code] for code in np.concatenate(parts)]


def test_columns_by_our_names(
    make_parquet: Callable[..., Path], make_columns: Callable[..., dict[str, Any]]
) -> None:
    content = make_columns(2, pt=[1000.0, 2000.0], name=["a", "b"])
    content["ls"] = content.pop("luminosityBlock")
    content["CMS_hgg_mass"] = content.pop("m_gg").astype(np.float32)
    path = make_parquet("f.parquet", content)
    known = ColumnMap(columns={"m_gg": "CMS_hgg_mass"}, factors={"pt": 0.001})
    source = Source((path, path), tags=OURS, map=known)
    assert source.identity == {"run": "run", "luminosityBlock": "ls", "event": "event"}
    assert set(source.columns) == {"m_gg", "weight_central", "pt"}
    assert source.n_rows == 4
    first, *parts = source.pieces(["m_gg", "pt"], Tags(OURS))
    assert {name: len(values) for name, values in first.items()} == dict.fromkeys(first, 0)
    assert set(parts[0]) == set(first)
    assert parts[1]["m_gg"].tolist() == [120.0, 121.0]
    assert parts[0]["pt"].tolist() == [1.0, 2.0]
    assert parts[0]["m_gg"].dtype == np.float64


def test_a_column_that_is_not_there_is_told(
    make_parquet: Callable[..., Path], make_columns: Callable[..., dict[str, Any]]
) -> None:
    path = make_parquet("f.parquet", make_columns(2))
    known = ColumnMap(columns={"m_gg": "mgg"})
    with pytest.raises(UnknownName, match=r"no column 'mgg' .* Did you mean 'm_gg'"):
        check_their_names(known, [Source((path,), map=known)])
    with pytest.raises(UnknownName, match="no column 'evt'"):
        _ = Source((path,), map=ColumnMap(columns={"event": "evt"})).identity


@pytest.mark.parametrize(
    ("values", "known"),
    [
        ([0, 1, -1, 7], ColumnMap()),
        ([20.0, 10.0, -1.0, 5.0], ColumnMap(tags={"tth": 20, "thq": (10, 11)})),
        (["tth", "thq", "", "what"], ColumnMap()),
        (["a", "b", "-1", "c"], ColumnMap(tags={"tth": "a", "thq": "b"})),
    ],
)
def test_tags_whatever_they_are_called(
    make_parquet: Callable[..., Path],
    make_columns: Callable[..., dict[str, Any]],
    values: Any,
    known: ColumnMap,
) -> None:
    ours = Source((make_parquet("a.parquet", make_columns(2)),), tags=OURS)
    theirs = Source((make_parquet("b.parquet", make_columns(4, tag_idx=values)),), map=known)
    tags = tags_of(ours, theirs)
    assert tags.names == OURS
    assert codes(theirs, tags) == ["tth", "thq", "untagged", "other"]
    assert codes(ours, tags) == ["tth", "thq"]


@pytest.mark.parametrize("values", [["tth", None, "what"], [0, None, 7]])
def test_an_event_whose_tag_is_missing_has_none(
    make_parquet: Callable[..., Path], make_columns: Callable[..., dict[str, Any]], values: Any
) -> None:
    content = {**make_columns(3), "tag_idx": values}
    ours = Source((make_parquet("a.parquet", make_columns(2)),), tags=OURS)
    theirs = Source((make_parquet("b.parquet", content),))
    assert codes(theirs, tags_of(ours, theirs)) == ["tth", "untagged", "other"]


def test_our_name_of_another_column_is_not_that_column(
    make_parquet: Callable[..., Path], make_columns: Callable[..., dict[str, Any]]
) -> None:
    content = {"mass": np.full(2, 7.0), **make_columns(2)}
    source = Source((make_parquet("f.parquet", content),), map=ColumnMap(columns={"m_gg": "mass"}))
    assert source.columns["m_gg"] == "mass"
    turned = Source(source.paths, map=ColumnMap(columns={"m_gg": "mass", "mass": "m_gg"}))
    assert (turned.columns["m_gg"], turned.columns["mass"]) == ("mass", "m_gg")


@pytest.mark.parametrize("of_thq", [1, "thq"])
def test_a_store_may_call_a_tag_otherwise(
    make_parquet: Callable[..., Path], make_columns: Callable[..., dict[str, Any]], of_thq: Any
) -> None:
    ours = Source((make_parquet("a.parquet", make_columns(2)),), tags=("tth", "tHq"))
    known = ColumnMap(tags={"tHq": of_thq})
    theirs = Source(ours.paths, tags=OURS, map=known)
    tags = tags_of(ours, theirs)
    assert tags.names == ("tth", "tHq")
    assert codes(theirs, tags) == codes(ours, tags) == ["tth", "tHq"]


def test_stores_may_order_their_tags_otherwise(
    make_parquet: Callable[..., Path], make_columns: Callable[..., dict[str, Any]]
) -> None:
    path = make_parquet("a.parquet", make_columns(2))
    a, b = Source((path,), tags=("tth", "thq")), Source((path,), tags=("new", "tth"))
    tags = tags_of(a, b)
    assert tags.names == ("tth", "thq", "new")
    assert codes(a, tags) == ["tth", "thq"]
    assert codes(b, tags) == ["new", "tth"]


def test_a_tree_for_each_tag(tmp_path: Path, make_root_file: Callable[..., Path]) -> None:
    def tree(first: int) -> dict[str, Any]:
        return {
            "run": np.ones(2, np.int32),
            "lumi": np.ones(2, np.int32),
            "event": first + np.arange(2).astype(np.int64),
            "CMS_hgg_mass": np.full(2, 125.0),
        }

    path = make_root_file(tmp_path / "f.root", a=tree(0), b=tree(10), other=tree(20))
    known = ColumnMap(trees={"tth": "a", "thq": "b"}, columns={"m_gg": "CMS_hgg_mass"})
    source = Source((path,), map=known)
    tags = tags_of(source, source)
    assert tags.names == OURS
    assert source.n_rows == 4
    assert codes(source, tags) == ["tth", "tth", "thq", "thq"]
    assert Source((path,), map=ColumnMap(trees="other")).n_rows == 2
    assert Source((path,)).n_rows == 6


def test_without_tags_on_one_side_all_events_are_alike(
    make_parquet: Callable[..., Path], make_columns: Callable[..., dict[str, Any]]
) -> None:
    content = make_columns(2)
    ours = Source((make_parquet("a.parquet", content),), tags=OURS)
    content.pop("tag_idx")
    theirs = Source((make_parquet("b.parquet", content),))
    tags = tags_of(ours, theirs)
    assert not tags.are_known
    assert codes(ours, tags) == codes(theirs, tags) == ["all", "all"]


@pytest.mark.parametrize(
    ("events", "message"),
    [(["a", "b"], "'event' is no number"), ([1, None], "'event' is missing in some rows")],
)
def test_events_without_a_number_are_told(
    make_parquet: Callable[..., Path], make_columns: Callable[..., dict[str, Any]],
    events: list[Any], message: str,
) -> None:  # fmt: skip
    path = make_parquet("f.parquet", {**make_columns(2), "event": events})
    with pytest.raises(UserError, match=message):
        list(Source((path,)).pieces([], Tags(OURS)))


def test_trees_without_events_are_not_read(
    tmp_path: Path, make_root_file: Callable[..., Path]
) -> None:
    events = {name: np.arange(3) for name in ("run", "luminosityBlock", "event", "x")}
    runs = {"run": np.arange(1), "genEventCount": np.arange(1)}
    source = Source((make_root_file(tmp_path / "f.root", Events=events, Runs=runs),))
    assert (list(source.trees), list(source.columns), source.n_rows) == (["Events"], ["x"], 3)
