from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from higgsflow.errors import DamagedRecord
from higgsflow.events.sample_index import IndexFile
from higgsflow.ingredients import digest
from higgsflow.model.noun import Noun
from higgsflow.normalization import Normalization
from higgsflow.output.finalfit import FinalFitManifest
from higgsflow.output.manifest import Manifest
from higgsflow.records.reasons import EARLIER, NEVER
from higgsflow.records.sample_jobs import SampleJobs
from higgsflow.report.content import Summary
from tasks.targets import StageTarget, head_of, mark_of

if TYPE_CHECKING:
    from pathlib import Path


class Content(Noun):
    inputs: str = ""
    made_from: dict[str, Any] = {}
    value: int = 1


class Sized(Content):
    size: int


A, B = {"xs": 1.0}, {"xs": 2.0}


def target(tmp_path: Path, expected: dict[str, Any] | None, *beside: str) -> StageTarget:
    paths = tuple(tmp_path / name for name in beside)
    return StageTarget(tmp_path / "out.json", lambda: expected, beside=paths)


def test_exists_while_its_record_is_todays(tmp_path: Path) -> None:
    assert not target(tmp_path, A).exists()
    target(tmp_path, A).write(Content(), A)
    assert target(tmp_path, A).exists()
    assert not target(tmp_path, B).exists()
    assert not target(tmp_path, None).exists()


def test_files_beside_it_must_be_there(tmp_path: Path) -> None:
    found = target(tmp_path, A, "events.parquet")
    found.write(Content(), A)
    assert not found.exists()
    (tmp_path / "events.parquet").mkdir()
    assert not found.exists()
    (tmp_path / "events.parquet").rmdir()
    (tmp_path / "events.parquet").write_bytes(b"events")
    assert found.exists()


@pytest.mark.parametrize("n_bytes", [0, 5, 7])
def test_a_file_beside_it_has_the_size_that_it_records(tmp_path: Path, n_bytes: int) -> None:
    found = target(tmp_path, A, "events.parquet")
    found.write(Sized(size=6), A)
    (tmp_path / "events.parquet").write_bytes(b"events")
    assert found.exists()
    (tmp_path / "events.parquet").write_bytes(bytes(n_bytes))
    assert not found.exists()
    told = f"events.parquet is damaged: {n_bytes} bytes, 6 when it was made"
    assert found.reasons() == (told,)


def test_a_file_beside_it_of_unknown_size_is_not_empty(tmp_path: Path) -> None:
    found = target(tmp_path, A, "table.json")
    found.write(Content(), A)
    (tmp_path / "table.json").touch()
    assert not found.exists()
    assert found.reasons() == ("table.json is damaged: 0 bytes",)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '"text"', '{"other": 1}'])
def test_what_is_no_record_is_not_there(tmp_path: Path, text: str) -> None:
    (tmp_path / "out.json").write_text(text, encoding="utf-8")
    assert target(tmp_path, A).recorded() is None
    assert not target(tmp_path, A).exists()


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A record of megabytes."""
    jobs = {"inputs": "a", "made_from": {"b": [1]}, "invocation": "c", "rows": ["x" * 50] * 100_000}
    path = tmp_path / "large.json"
    path.write_text(json.dumps(jobs, indent=1), encoding="utf-8")
    return path


def test_of_a_large_record_the_head_is_known(large: Path) -> None:
    assert head_of(large) == {"inputs": "a", "made_from": {"b": [1]}, "invocation": "c"}


def test_a_head_larger_than_most_records_is_whole(tmp_path: Path) -> None:
    content = {"inputs": "a", "made_from": {"b": "x" * 10**6}, "size": 3, "rows": ["y" * 10**6]}
    path = tmp_path / "large.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    assert head_of(path) == {name: content[name] for name in ("inputs", "made_from", "size")}


@pytest.mark.parametrize("n", [300_000, 3_000_000, -1])
def test_a_large_record_that_was_cut_off_or_has_holes_is_none(large: Path, n: int) -> None:
    content = large.read_bytes()
    large.write_bytes(content[:n])
    assert head_of(large) == {}
    large.write_bytes(content[:n] + bytes(4096) + content[n:])
    assert head_of(large) == {}


@pytest.mark.parametrize(
    "noun", [FinalFitManifest, IndexFile, Manifest, Normalization, SampleJobs, Summary]
)
def test_the_head_comes_first_in_all_records(noun: type[Noun]) -> None:
    """By which that of a large one is known without all of it."""
    names = [name in {"inputs", "made_from", "invocation", "size"} for name in noun.model_fields]
    assert names == sorted(names, reverse=True)
    assert names[:2] == [True, True]


def test_a_change_of_the_file_is_seen(tmp_path: Path) -> None:
    found = target(tmp_path, A)
    found.write(Content(), A)
    assert found.recorded() == digest(A)
    found.write(Content(), B)
    assert found.recorded() == digest(B)


def test_a_record_that_stays_is_read_once_however_many_there_are(tmp_path: Path) -> None:
    """90 samples and years with 200 variations have 18,000: a second look read all again."""
    found = target(tmp_path, A)
    found.write(Content(), A)
    assert found.exists()
    before = found.file.stat()
    for number in range(10_001):
        (other := tmp_path / f"{number}.json").write_text('{"inputs": "b"}', encoding="utf-8")
        assert mark_of(other).inputs == "b"
    # one of the same size and time is taken for the same
    found.file.write_bytes(bytes(before.st_size))
    os.utime(found.file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert found.exists()


def test_reads_what_it_wrote(tmp_path: Path) -> None:
    found = target(tmp_path, A)
    found.write(Content(value=3), A)
    assert found.read(Content) == Content(inputs=digest(A), made_from=A, value=3)
    assert json.loads(found.file.read_text(encoding="utf-8"))["value"] == 3


def test_what_is_damaged_below_its_head_is_told(tmp_path: Path) -> None:
    """Only the head is looked at to see whether it is current."""
    found = target(tmp_path, A)
    found.write(Content(value=3), A)
    text = found.file.read_text(encoding="utf-8")
    found.file.write_text(text.replace('"value": 3', '"value": null'), encoding="utf-8")
    assert found.exists()
    for read in (found.read, found.read_current):
        with pytest.raises(DamagedRecord) as told:
            read(Content)
        assert str(told.value).splitlines() == [
            f"{found.file} is damaged",
            "  value: a whole number is needed (it is empty)",
            "  remove it and run again",
        ]


def test_what_is_made_from_something_damaged_is_not_there(tmp_path: Path) -> None:
    """Whoever makes it reads the same, and tells it."""

    def expected() -> None:
        raise DamagedRecord(tmp_path / "before.json", "no number")

    target(tmp_path, A).write(Content(), A)
    found = StageTarget(tmp_path / "out.json", expected)
    assert not found.exists()
    assert found.reasons() == (f"{tmp_path / 'before.json'} is damaged, no number",)


def test_removes_itself_and_what_stands_beside_it_also_when_stale(tmp_path: Path) -> None:
    found = target(tmp_path, B, "events.parquet")
    found.write(Content(), A)
    (tmp_path / "events.parquet").touch()
    found.remove()
    assert list(tmp_path.glob("*.*")) == []
    found.remove()


def test_shows_its_path_only(tmp_path: Path) -> None:
    assert str(target(tmp_path, A)) == f"StageTarget(path={tmp_path / 'out.json'})"


def test_says_why_it_has_to_be_made(tmp_path: Path) -> None:
    assert target(tmp_path, A).reasons() == (NEVER,)
    target(tmp_path, A).write(Content(), A)
    assert target(tmp_path, A).reasons() == ()
    assert target(tmp_path, B).reasons() == ("xs 1 -> 2",)
    assert target(tmp_path, None).reasons() == (EARLIER,)
    assert target(tmp_path, A, "events.parquet").reasons() == ("events.parquet is gone",)
    # nothing is gone of what was another file
    assert target(tmp_path, B, "events.root").reasons() == ("xs 1 -> 2",)
    target(tmp_path, A).file.write_text("{", encoding="utf-8")
    assert target(tmp_path, A).reasons() == ("its record is damaged",)


def test_its_status_has_the_reason(tmp_path: Path) -> None:
    target(tmp_path, A).write(Content(), A)
    assert target(tmp_path, A).status_text() == "existent"
    assert target(tmp_path, B).status_text() == "absent (xs 1 -> 2)"
