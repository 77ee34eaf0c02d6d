"""Files at servers: lists, folders, replicas, and servers that go away, come back or are slow."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from higgsflow.catalog.files import resolve_files
from higgsflow.errors import InputFileError
from higgsflow.events.replicas import open_replica
from higgsflow.events.tree import get_tree, open_file, read_arrays

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Lab


@pytest.fixture
def files(lab: Lab) -> list[Path]:
    """The files of the simulated sample; what it gives is in `expected`."""
    lab.without_data()
    lab.jobs.update(attempts=2, retry_delay=0.1)
    return [lab.files / f"Sig_2017_{i}.root" for i in (0, 1)]


@pytest.fixture
def expected(lab: Lab, files: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """What the same files give from this disk."""
    with monkeypatch.context() as patch:
        patch.setenv("HIGGSFLOW_STORE", str(tmp_path / "here"))
        lab.store, there = tmp_path / "here", lab.store
        assert lab.run("MergeSample", sample="Sig")
        table = lab.table()
        lab.store = there
    return table.sort_by("event")


def remote(lab: Lab, *addresses: str, **catalog: Any) -> None:
    lab.sig["files"]["2017"] = list(addresses)
    lab.content["samples"].update(catalog)


def merged(lab: Lab) -> Any:
    assert lab.run("MergeSample", sample="Sig")
    return lab.table().sort_by("event")


def test_addresses_and_folders_give_what_local_files_give(
    lab: Lab, files: list[Path], expected: Any, server: Any
) -> None:
    one = server()
    addresses = [one.put(path) for path in files]
    remote(lab, *addresses)
    assert merged(lab).equals(expected)
    remote(lab, f"{one.url}/")
    assert merged(lab).equals(expected)
    remote(lab, f"{one.url}/Sig_*_[01].root")
    assert merged(lab).equals(expected)


def test_files_that_move_to_a_server_are_looked_up_again_and_not_processed(
    lab: Lab, files: list[Path], server: Any
) -> None:
    assert lab.run("MergeSample", sample="Sig")
    events = [path for path in lab.store.rglob("*.parquet") if path.name != "job_table.parquet"]
    before = {path: path.stat().st_mtime_ns for path in events}
    one = server()
    addresses = [one.put(path) for path in files]
    remote(lab, *addresses)
    assert lab.run("MergeSample", sample="Sig")
    found = lab.read("index", "Sig", "2017", "index.json")["index"]["files"]
    assert [file["url"] for file in found] == sorted(addresses)
    assert {path: path.stat().st_mtime_ns for path in events} == before


def test_a_file_that_one_replica_lacks_is_read_from_the_other(
    lab: Lab, files: list[Path], expected: Any, server: Any
) -> None:
    one, two = server(), server()
    addresses = [one.put(path) for path in files]
    for path in files:
        two.put(path)
    (one.root / files[1].name).unlink()
    remote(lab, *addresses, replicas={one.url: two.url})
    assert merged(lab).equals(expected)
    assert {r["url"] for r in lab.read("jobs", "Sig", "2017", "jobs.json")["ranges"]} == {
        *addresses
    }


def test_a_file_that_no_replica_has_is_named_with_both(
    lab: Lab, files: list[Path], server: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    one, two = server(), server()
    address = one.put(files[0])
    remote(lab, address, f"{one.url}/absent.root", replicas={one.url: [two.url]})
    assert not lab.run("MergeSample", sample="Sig")
    told = capfd.readouterr().err
    assert f"cannot read {one.url}/absent.root, nor 1 replicas of it" in told
    assert f"{two.url}/absent.root" in told
    assert "Traceback" not in told


@pytest.mark.parametrize("end", ["stop", "pause"])
def test_a_server_that_is_down_or_silent_when_jobs_run_is_replaced_by_the_other(
    lab: Lab, files: list[Path], expected: Any, server: Any, end: str
) -> None:
    one, two = server(), server()
    addresses = [one.put(path) for path in files]
    for path in files:
        two.put(path)
    remote(lab, *addresses, replicas={one.url: two.url})
    assert lab.run("IndexSample", sample="Sig")
    getattr(one, end)()
    assert merged(lab).equals(expected)


def test_a_server_that_is_gone_is_a_listed_loss_until_it_is_back(
    lab: Lab, files: list[Path], expected: Any, server: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    one = server()
    remote(lab, *[one.put(path) for path in files])
    assert lab.run("IndexSample", sample="Sig")
    one.stop()
    assert not lab.run("MergeSample", sample="Sig")
    told = capfd.readouterr().err
    assert "80 of 80 entries of Sig (2017) were lost: cannot read root://" in told
    assert "Traceback" not in told
    one.start()
    assert merged(lab).equals(expected)


def test_a_replica_that_is_another_file_is_refused(
    lab: Lab, files: list[Path], server: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    """By its UUID: the right number of events would not tell."""
    one, two = server(), server()
    addresses = [one.put(path) for path in files]
    for path, other in zip(files, reversed(files), strict=True):
        two.put(path)
        (two.root / path.name).write_bytes(other.read_bytes())
    remote(lab, *addresses, replicas={one.url: two.url})
    assert lab.run("IndexSample", sample="Sig")
    one.stop()
    assert not lab.run("MergeSample", sample="Sig")
    assert "was replaced since it was indexed" in capfd.readouterr().err


WAITING = """
@tagger(reads=["mass"], adds={{"m_gg": "float64"}})
def pair(events, low=100.0):
    import pathlib, time
    pathlib.Path("{folder}/begun").touch()
    for _ in range(600):
        if pathlib.Path("{folder}/go").exists():
            break
        time.sleep(0.1)
    return events.mass > low, {{"m_gg": events.mass}}
"""


def test_a_server_that_goes_away_in_the_middle_and_comes_back(
    lab: Lab, files: list[Path], expected: Any, server: Any
) -> None:
    """Jobs have read one part of their columns, not the other; they are tried again."""
    one = server()
    remote(lab, *[one.put(path) for path in files])
    lab.jobs.update(attempts=6, retry_delay=1.0)
    code = lab.taggers.read_text("utf-8")
    begin, end = code.index('@tagger(reads=["mass"]'), code.index('@tagger(reads=["MET_pt"]')
    waiting = WAITING.format(folder=lab.folder).lstrip()
    lab.taggers.write_text(f"{code[:begin]}{waiting}\n\n{code[end:]}", encoding="utf-8")

    def interrupt() -> None:
        while not (lab.folder / "begun").exists():
            time.sleep(0.05)
        one.stop()
        (lab.folder / "go").touch()
        time.sleep(3)
        one.start()

    thread = threading.Thread(target=interrupt)
    thread.start()
    assert merged(lab).equals(expected)
    thread.join()
    table = lab.read("jobs", "Sig", "2017", "job_table.json")
    assert table["lost_attempts"].get("input", 0) >= 1


def test_a_process_that_lost_its_server_opens_files_again_once_it_is_back(
    files: list[Path], server: Any
) -> None:
    """What the client has kept open since before must not be offered again."""
    one = server()
    address = one.put(files[0])
    with open_replica(address, {}) as (file, _):
        tree = get_tree(file, address)
        one.stop()
        with pytest.raises(InputFileError):
            read_arrays(tree, ["MET_pt"], 0, 40, address)
    one.start()
    deadline = time.monotonic() + 25  # the client's own window of errors is 2 s here
    while (found := entries_of(address)) is None and time.monotonic() < deadline:
        time.sleep(0.5)
    assert found == 40


def entries_of(address: str) -> int | None:
    try:
        with open_replica(address, {}) as (file, _):
            return int(get_tree(file, address).num_entries)
    except InputFileError:
        return None


@pytest.mark.parametrize("name", ["a.root", "between"])
def test_a_folder_with_what_a_server_may_not_look_at_is_not_a_smaller_one(
    server: Any, tmp_path: Path, name: str
) -> None:
    """Its answer ends there, and is called a success."""
    one, hidden = server(), tmp_path / "hidden"
    hidden.mkdir()
    hidden.chmod(0)
    for i in range(30):
        (one.root / f"{i}.root").touch()
    (one.root / name).symlink_to(hidden / "x")
    with pytest.raises(InputFileError) as told:
        resolve_files([f"{one.url}/"], "Sig (2017)")
    assert str(told.value).startswith(f"cannot look at {one.url}/{name} for Sig (2017)\n")


def test_a_link_to_nothing_at_a_server_is_a_file_that_cannot_be_read(
    server: Any, tmp_path: Path
) -> None:
    one = server()
    (one.root / "a.root").touch()
    (one.root / "b.root").symlink_to("nowhere")
    first, second = (file.url for file in resolve_files([f"{one.url}/"], "Sig (2017)"))
    assert (first, second) == (f"{one.url}/a.root", f"{one.url}/b.root")
    with pytest.raises(InputFileError, match="No such file"), open_replica(second, {}):
        pass


def test_what_a_server_has_in_place_of_a_root_file_is_told(server: Any, tmp_path: Path) -> None:
    one = server()
    for content, told in ((b"", "is empty"), (b"<html>no such file</html>", "is no ROOT file")):
        (tmp_path / "a.root").write_bytes(content)
        url = one.put(tmp_path / "a.root")
        with pytest.raises(InputFileError, match=f"a.root {told}"), open_file(url):
            pass


@pytest.mark.parametrize("address", ["what?.root", "*.root", ""])
def test_a_name_with_a_question_mark_is_refused_when_it_is_listed(
    server: Any, tmp_path: Path, address: str
) -> None:
    """It would be cut off there when the file is read, and be no such file."""
    one = server()
    path = tmp_path / "what?.root"
    path.write_bytes(b"root")
    one.put(path)
    with pytest.raises(InputFileError, match=r"//what\?.root' of Sig cannot be read\n.*ends the"):
        resolve_files([f"{one.url}/{address}"], "Sig")
