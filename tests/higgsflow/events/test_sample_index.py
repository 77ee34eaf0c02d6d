from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from indexed import index_sample, sample_year

from higgsflow.catalog.files import InputFile, resolve_files
from higgsflow.errors import InputFileError
from higgsflow.events.places import FOLDER, PlaceBook
from higgsflow.model.sample import SampleYear

if TYPE_CHECKING:
    from collections.abc import Callable


def files_of(*paths: Path) -> tuple[InputFile, ...]:
    return resolve_files([str(path) for path in paths], "S (2017)")


@pytest.fixture
def two(make_toy_file: Callable[..., Path], tmp_path: Path) -> list[Path]:
    return [make_toy_file(tmp_path / f"{i}.root", 1 + i, is_data=False) for i in range(2)]


def test_holds_every_file_in_order(two: list[Path], tmp_path: Path) -> None:
    index = index_sample(sample_year(), files_of(*reversed(two)), tmp_path / "cache")
    assert [file.url for file in index.files] == [str(path) for path in two]
    assert index.n_entries == 80
    assert len(index.schemas) == 1


def test_looks_into_a_file_once(two: list[Path], tmp_path: Path) -> None:
    """What cannot be read any more is still known, as long as it looks the same."""
    cache = tmp_path / "cache"
    before = index_sample(sample_year(), files_of(*two), cache)
    stat = two[0].stat()
    two[0].write_bytes(bytes(stat.st_size))
    os.utime(two[0], ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert index_sample(sample_year(), files_of(*two), cache) == before
    os.utime(two[0])
    with pytest.raises(InputFileError, match=r"0\.root"):
        index_sample(sample_year(), files_of(*two), cache)


def test_a_damaged_entry_of_the_cache_is_made_again(two: list[Path], tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    before = index_sample(sample_year(), files_of(*two), cache)
    entries = [path for path in cache.rglob("*.json") if path.parent.name != "schemas"]
    for path, text in zip(entries, ("", '{"url": "x"}'), strict=True):
        path.write_text(text, encoding="utf-8")
    assert index_sample(sample_year(), files_of(*two), cache) == before


def test_data_and_simulation_have_entries_of_their_own(two: list[Path], tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    index_sample(sample_year(), files_of(*two), cache)
    data = SampleYear.model_validate(
        {
            "sample": {"name": "D", "kind": "data", "files": {"2017": "x"}},
            "year": "2017",
            "era": {"luminosity": 1.0, "apply_golden_json": False},
        }
    )
    assert all(file.runs is None for file in index_sample(data, files_of(*two), cache).files)
    known = index_sample(sample_year(), files_of(*two), cache).files
    assert all(file.runs is not None for file in known)


def test_a_catalogue_that_counts_other_events_is_contradicted(
    two: list[Path], tmp_path: Path
) -> None:
    (file,) = files_of(two[0])
    right = file.model_copy(update={"n_events": 40})
    assert index_sample(sample_year(), (right,), tmp_path / "cache").n_entries == 40
    said = file.model_copy(update={"n_events": 41})
    with pytest.raises(InputFileError, match="has 40 events, its catalogue says 41"):
        index_sample(sample_year(), [said], tmp_path / "cache")


def test_one_original_twice_is_refused_unless_it_is_said_to_be_two(
    two: list[Path], make_toy_file: Callable[..., Path], tmp_path: Path
) -> None:
    again = make_toy_file(tmp_path / "again.root", 1, is_data=False)
    files = files_of(two[0], again)
    with pytest.raises(InputFileError, match="counts one original twice"):
        index_sample(sample_year(), files, tmp_path / "cache")
    allowed = index_sample(sample_year(allow_equal_sums=True), files, tmp_path / "cache")
    assert allowed.n_entries == 80


def test_a_copy_of_a_file_is_refused_always(two: list[Path], tmp_path: Path) -> None:
    copy = tmp_path / "copy.root"
    copy.write_bytes(two[0].read_bytes())
    with pytest.raises(InputFileError, match="counts one file twice"):
        index_sample(sample_year(allow_equal_sums=True), files_of(two[0], copy), tmp_path / "cache")


def test_where_needed_columns_are_is_kept_for_the_jobs(two: list[Path], tmp_path: Path) -> None:
    """A job then opens no tree."""
    cache, needed = tmp_path / "cache", ("run", "mass", "absent")
    index = index_sample(sample_year(), files_of(*two), cache, needed)
    for file in index.files:
        end = Path(file.url).stat().st_size
        known = PlaceBook(cache / FOLDER).get(file.uuid, end)
        assert known is not None
        assert known.knows(needed)
        assert known.n_entries == file.n_entries
        assert (known.names, known.absent) == ({"run", "mass"}, ("absent",))
