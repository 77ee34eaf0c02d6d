"""Files that are cut off, foreign, or broken somewhere: named, or counted and listed as lost."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import uproot

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Lab

End = Callable[..., Any]
Make = Callable[..., Any]


def files(lab: Lab) -> list[Path]:
    """The two files of the sample, which may be damaged."""
    return sorted((lab.folder / "input").glob("*.root"))


def rewritten(path: Path, content: bytes) -> None:
    """Another content under the same name, size and time: nobody can see it before reading."""
    status = path.stat()
    path.write_bytes(content.ljust(status.st_size, b"\0")[: status.st_size])
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


@pytest.mark.parametrize("kept", [1, 60, 250, 0.1, 0.5, 0.9, -300, -20, -1], ids="cut at {}".format)
def test_a_file_that_is_cut_off_is_refused(half: Lab, end: End, kept: float) -> None:
    """In the head, the middle, or the last bytes: found when the file is indexed."""
    path = files(half)[1]
    content = path.read_bytes()
    n = int(kept * len(content)) if isinstance(kept, float) else kept
    path.write_bytes(content[:n])
    end().refused("Sig_2017_1.root")


@pytest.mark.parametrize("kept", [60, 0.5, -20], ids="cut at {}".format)
def test_truncated_after_it_was_indexed(half: Lab, end: End, kept: float) -> None:
    """With the size that it had, as on a full disk: found when it is read."""
    assert half.run("IndexSample", sample="Sig")
    path = files(half)[1]
    content = path.read_bytes()
    n = int(kept * len(content)) if isinstance(kept, float) else kept
    rewritten(path, content[:n])
    found = end()
    if found.ok and not found.jobs["lost"]:
        # what was cut off held no events
        assert kept == -20
        found.whole()
    else:
        found.lost(path)


def payload(path: Path, column: str) -> int:
    """Where the first basket of a column begins."""
    with uproot.open(path) as file:
        return int(file["Events"][column].member("fBasketSeek")[0])


@pytest.mark.parametrize("column", ["event", "mass", "genWeight", "MET_pt"])
def test_basket_with_a_broken_key(half: Lab, end: End, column: str) -> None:
    """It fails only when the column is read."""
    path = files(half)[1]
    content = bytearray(path.read_bytes())
    start = payload(path, column)
    content[start : start + 60] = bytes(60)
    rewritten(path, bytes(content))
    end().lost(path)


@pytest.mark.parametrize("column", ["mass", "event"])
def test_basket_with_broken_compressed_bytes(compressed: list[Path], end: End, column: str) -> None:
    path = compressed[1]
    content = bytearray(path.read_bytes())
    start = payload(path, column)
    with uproot.open(path) as file:
        basket = file["Events"][column].basket(0)
        assert basket.compressed_bytes < basket.uncompressed_bytes
        key_length = int(basket.member("fKeylen"))
    for position in range(start + key_length + 9, start + basket.compressed_bytes - 2):
        content[position] ^= 0xFF
    rewritten(path, bytes(content))
    end().lost(path)


def test_an_empty_file_is_refused(half: Lab, end: End) -> None:
    files(half)[1].write_bytes(b"")
    end().refused("Sig_2017_1.root")


def test_a_page_of_a_server_instead_of_a_file_is_refused(half: Lab, end: End) -> None:
    files(half)[1].write_bytes(b"<html>503 Service Unavailable</html>" * 50)
    end().refused("Sig_2017_1.root")


def test_root_header_and_nothing_behind_it(half: Lab, end: End) -> None:
    path = files(half)[1]
    path.write_bytes(path.read_bytes()[:100].ljust(5000, b"\0"))
    end().refused("Sig_2017_1.root")


def test_no_events_tree(half: Lab, end: End, make_root_file: Make) -> None:
    make_root_file(files(half)[1], Event={"x": np.arange(3)})
    end().refused("no tree 'Events'", "Sig_2017_1.root", "did you mean 'Event'?")


def test_events_is_a_histogram(half: Lab, end: End) -> None:
    with uproot.recreate(files(half)[1]) as file:
        file["Events"] = np.histogram([1.0, 2.0])
    end().refused("Sig_2017_1.root", "not a tree")


def test_events_is_a_folder(half: Lab, end: End) -> None:
    with uproot.recreate(files(half)[1]) as file:
        file["Events/x"] = np.histogram([1.0, 2.0])
    end().refused("Sig_2017_1.root", "not a tree")


def test_no_entries_in_one_of_two_files(
    half: Lab, end: End, make_root_file: Make, make_toy_columns: Make
) -> None:
    """An empty file is no fault: it has nothing to add."""
    columns = {n: v[:0] for n, v in make_toy_columns(1, is_data=False).items()}
    make_root_file(files(half)[1], Events=columns)
    end().whole(n=40)


def test_no_entries_at_all(
    half: Lab, end: End, make_root_file: Make, make_toy_columns: Make
) -> None:
    columns = {n: v[:0] for n, v in make_toy_columns(1, is_data=False).items()}
    for path in files(half):
        make_root_file(path, Events=columns)
    end().refused("no events in the files of Sig (2017)")


def test_replaced_after_it_was_indexed(
    half: Lab, end: End, make_root_file: Make, make_toy_columns: Make, tmp_path: Path
) -> None:
    """Another file of the same name, size and time: its UUID tells."""
    assert half.run("IndexSample", sample="Sig")
    path = files(half)[1]
    other = make_root_file(tmp_path / "other.root", Events=make_toy_columns(9, is_data=False))
    assert other.stat().st_size <= path.stat().st_size
    rewritten(path, other.read_bytes())
    end().lost(path, "was replaced since it was indexed")


def test_replaced_by_a_file_of_another_size_is_indexed_again(
    half: Lab, end: End, make_toy_file: Make
) -> None:
    assert half.run("IndexSample", sample="Sig")
    make_toy_file(files(half)[1], 9, is_data=False)
    end().whole()
    events = half.table()["event"].to_numpy() // 1000
    assert set(events) == {1, 9}


MEDDLING = """

from pathlib import Path


@tagger(reads=["event"])
def meddling(events):
    if events.event[0] < 2000:
        path = Path({path!r})
        {deed}
    return events.event > 0
"""


@pytest.mark.parametrize(
    ("deed", "word"),
    [
        ("path.unlink(missing_ok=True)", "No such file"),
        ("path.write_bytes(b'')", "is empty"),
        ("path.unlink(missing_ok=True); path.mkdir(exist_ok=True)", "Is a directory"),
    ],
    ids=["vanishes", "is emptied", "becomes a folder"],
)
def test_while_jobs_run_a_file(half: Lab, end: End, deed: str, word: str) -> None:
    """The first job does the deed, the second one meets it."""
    path = files(half)[1]
    code = MEDDLING.format(path=str(path), deed=deed)
    half.taggers.write_text(half.taggers.read_text("utf-8") + code, encoding="utf-8")
    half.content["tag_sequence"][1].insert(0, "toy_taggers:meddling")
    half.jobs["n_workers"] = 1
    end().lost(path, word)


def test_gone_since_it_was_listed_in_the_catalogue(half: Lab, end: End) -> None:
    files(half)[1].unlink()
    end().refused("no file", "Sig_2017_1.root", "Sig (2017)")


def test_a_link_to_nothing(half: Lab, end: End) -> None:
    path = files(half)[1]
    path.unlink()
    path.symlink_to(half.folder / "absent.root")
    end().refused("Sig_2017_1.root", "link to nothing", "absent.root")


def test_a_folder_with_the_name_of_a_file(half: Lab, end: End) -> None:
    path = files(half)[1]
    path.unlink()
    path.mkdir()
    end().refused("Sig_2017_1.root")


def test_one_file_under_two_names(half: Lab, end: End) -> None:
    path = files(half)[1]
    path.unlink()
    path.symlink_to(files(half)[0])
    end().refused("the same file twice for Sig (2017)")


def test_a_copy_of_a_file(half: Lab, end: End) -> None:
    first, second = files(half)
    second.write_bytes(first.read_bytes())
    end().refused("counts one file twice", "Sig_2017_0.root", "Sig_2017_1.root")


def test_the_same_events_written_twice(half: Lab, end: End, make_toy_file: Make) -> None:
    """Another UUID, the same sums of weights."""
    make_toy_file(files(half)[1], 1, is_data=False)
    end().refused("counts one original twice", "allow_equal_sums")


def test_data_that_hold_an_event_twice(
    lab: Lab, end: End, make_root_file: Make, make_toy_columns: Make
) -> None:
    paths = lab.own_files("Data")
    columns = make_toy_columns(21, is_data=True)
    make_root_file(paths[1], Events={**columns, "mass": columns["mass"][::-1].copy()})
    end("Data").refused("Data (2017) holds event 1:1:", "more than once")


def test_data_of_which_a_basket_is_broken_refuse_to_be_merged(lab: Lab, end: End) -> None:
    path = lab.own_files("Data")[1]
    content = bytearray(path.read_bytes())
    start = payload(path, "mass")
    content[start : start + 60] = bytes(60)
    rewritten(path, bytes(content))
    end("Data").refused("40 of 80 entries of Data (2017) were lost", f"{path} 0 to 40")


@pytest.mark.parametrize(
    "name",
    [
        "with spaces in it.root",
        "quo'te\"s.root",
        "ünïcode λ.root",
        "$(touch escaped);`id`&|.root",
        "a:b.root",
        "star*[1]?.root",
        "hash#mark.root",
        "-rf.root",
        "double::colon.root",
    ],
)
def test_a_path_with(half: Lab, end: End, name: str) -> None:
    """Found in a folder and read like any other; nothing runs it."""
    path = files(half)[1]
    path.rename(path.with_name(name))
    half.sig["files"]["2017"] = str(path.parent)
    end().whole()
    assert not list(half.folder.rglob("escaped"))
