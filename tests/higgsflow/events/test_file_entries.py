from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pytest

from higgsflow.catalog.files import InputFile
from higgsflow.events import file_entries
from higgsflow.events.file_entries import EntryBook
from higgsflow.events.index import schema_id

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS = {"run": "uint32_t", "Photon_pt": "float[]"}
FILE = InputFile(url="/data/a.root", size=900, mtime_ns=5)


def entry(name: str) -> dict[str, Any]:
    return {
        "url": f"/data/{name}.root", "uuid": name, "size": 900, "mtime_ns": 5, "n_entries": 7,
        "schema_id": schema_id(COLUMNS), "clusters": [0, 7], "columns": COLUMNS,
    }  # fmt: skip


def test_is_known_while_name_size_and_time_are_the_same(tmp_path: Path) -> None:
    book = EntryBook(tmp_path, is_data=False)
    assert book.get(FILE) is None
    book.put(FILE, entry("a"))
    assert book.get(FILE) == entry("a")
    for change in ({"url": "/data/b.root"}, {"size": 901}, {"mtime_ns": 6}, {"mtime_ns": None}):
        assert book.get(FILE.model_copy(update=change)) is None
    assert EntryBook(tmp_path, is_data=True).get(FILE) is None


def test_a_file_of_which_no_time_is_known_is_looked_into_each_time(tmp_path: Path) -> None:
    """As at a server, where another one of the same size may have taken its place."""
    book, file = EntryBook(tmp_path, is_data=False), FILE.model_copy(update={"mtime_ns": None})
    book.put(file, {**entry("a"), "mtime_ns": None})
    assert book.get(file) is None


def test_columns_of_many_files_are_kept_once_and_no_folder_holds_all(tmp_path: Path) -> None:
    book = EntryBook(tmp_path, is_data=False)
    files = [FILE.model_copy(update={"url": f"/data/{i}.root"}) for i in range(40)]
    for i, file in enumerate(files):
        book.put(file, entry(str(i)))
    assert len(list((tmp_path / "schemas").iterdir())) == 1
    assert len(list(tmp_path.iterdir())) > 10
    assert [book.get(file) for file in files] == [entry(str(i)) for i in range(40)]


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "{}", "\xff", '{"url": "/data/a.root"}',
        pytest.param("[" * 100_000, id="without end"),
    ],
)  # fmt: skip
def test_an_entry_that_is_damaged_is_found_again(tmp_path: Path, text: str) -> None:
    book = EntryBook(tmp_path, is_data=False)
    book.put(FILE, entry("a"))
    (path,) = (path for path in tmp_path.glob("*/*.json") if path.parent.name != "schemas")
    path.write_text(text, encoding="latin-1")
    assert book.get(FILE) is None
    assert not path.exists()


def test_an_entry_with_a_sum_that_is_not_finite_is_found_again(tmp_path: Path) -> None:
    """In an index nobody could read it."""
    book = EntryBook(tmp_path, is_data=False)
    sums = {"count": 7, "sumw": 7.0, "sumw2": 7.0}
    for damage in ({}, {"sumw": math.nan}, {"lhe_pdf_sumw": [1.0, math.inf]}):
        book.put(FILE, {**entry("a"), "runs": sums | damage})
        assert (book.get(FILE) is None) == bool(damage)


@pytest.mark.parametrize("text", ["", "[]", '{"run": "int"}', "[" * 100_000], ids=range(4))
def test_columns_that_are_damaged_are_found_again(tmp_path: Path, text: str) -> None:
    book = EntryBook(tmp_path, is_data=False)
    book.put(FILE, entry("a"))
    (schema,) = (tmp_path / "schemas").iterdir()
    schema.write_text(text, encoding="utf-8")
    file_entries._columns.cache_clear()
    assert book.get(FILE) is None
    book.put(FILE, entry("a"))
    assert book.get(FILE) == entry("a")
