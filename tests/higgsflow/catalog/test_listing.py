import importlib.util
from pathlib import Path

import pytest

from higgsflow.catalog.listing import (
    Entry,
    find_files,
    local_listing,
    remote_listing,
    split_pattern,
)
from higgsflow.errors import InputFileError, UserError

TREE = {
    "/": [Entry("/store", is_folder=True)],
    "/store": [Entry("/store/a", is_folder=True), Entry("/store/x.root", False, 7)],
    "/store/a": [Entry("/store/a/a", is_folder=True), Entry("/store/a/y.root", False, 8)],
    "/store/a/a": [Entry("/store/a/a/z.root", False, 9), Entry("/store/a/a/.z.root", False, 9)],
}


@pytest.mark.parametrize(
    ("path", "split"),
    [
        ("/a/b", ("/a/b", ())),
        ("/a/*.root", ("/a", ("*.root",))),
        ("/a/**/b/?.root", ("/a", ("**", "b", "?.root"))),
        ("/*/b", ("/", ("*", "b"))),
    ],
)
def test_pattern_begins_at_the_first_wildcard(
    path: str, split: tuple[str, tuple[str, ...]]
) -> None:
    assert split_pattern(path) == split


@pytest.mark.parametrize(
    ("parts", "sizes"),
    [
        (("*.root",), [7]),
        (("**", "*.root"), [7, 8, 9]),
        (("**", "a", "**", "*.root"), [8, 9]),
        (("**", "a", "*.root"), [8, 9]),
        (("*", "*.root"), [8]),
        (("**",), [7, 8, 9]),
    ],
)
def test_any_listing_can_be_searched(parts: tuple[str, ...], sizes: list[int]) -> None:
    found = find_files(TREE.__getitem__, "/store", parts, "ttH")
    assert sorted(entry.size or 0 for entry in found) == sizes


def test_each_folder_is_listed_once() -> None:
    asked: list[str] = []

    def listing(folder: str) -> list[Entry]:
        asked.append(folder)
        return TREE[folder]

    find_files(listing, "/store", ("**", "*.root"), "ttH")
    assert sorted(asked) == ["/store", "/store/a", "/store/a/a"]


def test_folder_that_cannot_be_listed_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        local_listing(str(tmp_path / "none"))


def test_nothing_found_names_the_nearest_entry() -> None:
    with pytest.raises(InputFileError, match=r"nearest there is: /store/x\.root"):
        find_files(TREE.__getitem__, "/store", ("xx*.root",), "ttH")


@pytest.mark.skipif(importlib.util.find_spec("XRootD") is not None, reason="client installed")
def test_listing_a_server_says_what_to_install() -> None:
    with pytest.raises(UserError, match=r"pip install higgsflow\[xrootd\]"):
        remote_listing("root://localhost", "ttH (2017)")


@pytest.mark.skipif(importlib.util.find_spec("XRootD") is None, reason="no XRootD client")
def test_server_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XRD_CONNECTIONRETRY", "0")
    with pytest.raises(InputFileError, match="cannot list root://localhost:1//store"):
        remote_listing("root://localhost:1", "ttH (2017)")("/store")
