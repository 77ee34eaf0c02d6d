from __future__ import annotations

import errno
import os
import signal
import stat
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest
import xxhash

from higgsflow.errors import StoreError
from higgsflow.output.atomic import (
    cannot_write,
    checksum,
    created,
    publish,
    remove_stale,
    temporary_beside,
    write_text,
    writing,
    written_atomically,
)

if TYPE_CHECKING:
    from pathlib import Path


def write_half(path: Path, error: BaseException) -> None:
    with written_atomically(path) as temporary:
        temporary.write_text("half")
        raise error


def test_file_has_its_content_and_nothing_else_is_left(tmp_path: Path) -> None:
    write_text(tmp_path / "new" / "folder" / "a.json", "größer")
    assert [p.name for p in (tmp_path / "new" / "folder").iterdir()] == ["a.json"]
    assert (tmp_path / "new" / "folder" / "a.json").read_text(encoding="utf-8") == "größer"


@pytest.mark.parametrize("error", [ValueError("mine"), KeyboardInterrupt()])
def test_exception_leaves_nothing_and_is_told_as_it_is(
    tmp_path: Path, error: BaseException
) -> None:
    with pytest.raises(type(error)) as caught:
        write_half(tmp_path / "a", error)
    assert caught.value is error
    assert list(tmp_path.iterdir()) == []


def test_exception_leaves_what_was_there_before(tmp_path: Path) -> None:
    write_text(tmp_path / "a", "old")
    with pytest.raises(ValueError, match="mine"):
        write_half(tmp_path / "a", ValueError("mine"))
    assert (tmp_path / "a").read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1


def test_file_is_not_there_before_the_block_has_ended(tmp_path: Path) -> None:
    with written_atomically(tmp_path / "a") as temporary:
        temporary.write_text("x")
        assert not (tmp_path / "a").exists()
        assert temporary.parent == tmp_path
        assert temporary.name.startswith(".")
    assert (tmp_path / "a").exists()


def test_block_that_removes_its_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError), written_atomically(tmp_path / "a") as temporary:
        temporary.unlink()
    assert list(tmp_path.iterdir()) == []


def test_reader_never_sees_half_a_file(tmp_path: Path) -> None:
    path = tmp_path / "a"
    contents = [letter * 200_000 for letter in "ab"]
    write_text(path, contents[0])
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            for content in contents:
                write_text(path, content)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert {path.read_text() for _ in range(200)} <= set(contents)
    finally:
        stop.set()
        writer.join()


def test_two_writers_of_one_file_do_not_disturb_each_other(tmp_path: Path) -> None:
    with written_atomically(tmp_path / "a") as one, written_atomically(tmp_path / "a") as two:
        one.write_text("one")
        two.write_text("two")
    assert (tmp_path / "a").read_text() == "one"
    assert len(list(tmp_path.iterdir())) == 1


def test_others_may_read_what_the_umask_allows(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.touch()
    write_text(tmp_path / "a", "x")
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)


def test_the_mask_is_not_changed_meanwhile_for_what_other_threads_make(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(os, "umask", lambda mask: asked.append(mask) or 0o022)
    write_text(tmp_path / "a", "x")
    assert asked == []


def test_a_new_file_takes_the_place_of_a_link(tmp_path: Path) -> None:
    precious, log = tmp_path / "precious", tmp_path / "log"
    precious.write_text("of the user", "utf-8")
    log.symlink_to(precious)
    for text in ("printed", "printed again"):
        with os.fdopen(created(log, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        assert (log.read_text("utf-8"), precious.read_text("utf-8")) == (text, "of the user")
        assert log.stat().st_mode & 0o777 == 0o600


def test_a_link_to_nothing_makes_room_for_a_new_file(tmp_path: Path) -> None:
    """What it names may come to be the user's own file later."""
    log = tmp_path / "job.log"
    log.symlink_to(tmp_path / "not_there")
    os.close(created(log))
    assert log.is_file()
    assert not log.is_symlink()
    assert not (tmp_path / "not_there").exists()


def test_only_a_file_or_a_link_makes_room_for_a_new_file(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(FileExistsError):
        created(pipe)
    assert pipe.is_fifo()


def test_folder_that_cannot_be_made_is_told_with_the_reason_first(tmp_path: Path) -> None:
    # below a file not even root can write; of lost jobs only first lines are on the screen
    (tmp_path / "file").write_text("")
    path = tmp_path / "file" / "folder" / "a.json"
    with pytest.raises(StoreError) as caught:
        write_text(path, "x")
    first, second = str(caught.value).splitlines()
    assert first == f"cannot write {path}: Not a directory"
    assert "HIGGSFLOW_STORE" in second


def test_folder_in_place_of_the_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    with pytest.raises(StoreError, match="Is a directory"):
        write_text(tmp_path / "a", "x")
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_full_disk_asks_for_room(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="make room"), written_atomically(tmp_path / "a"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert list(tmp_path.iterdir()) == []


def test_error_without_number_is_told_in_two_lines(tmp_path: Path) -> None:
    assert len(str(cannot_write(tmp_path, OSError("a\nb\nc"))).splitlines()) == 2


@pytest.mark.parametrize("size", [0, 5, (1 << 20) + 1])
def test_checksum_is_that_of_the_content(tmp_path: Path, size: int) -> None:
    (tmp_path / "a").write_bytes(b"x" * size)
    assert checksum(tmp_path / "a") == xxhash.xxh3_128(b"x" * size).hexdigest()
    (tmp_path / "b").write_bytes(b"x" * size + b"y")
    assert checksum(tmp_path / "a") != checksum(tmp_path / "b")


def test_what_goes_wrong_beside_a_temporary_file_is_not_the_store_s_fault(tmp_path: Path) -> None:
    """A tagger that misses a file of its own is told as that; nothing is left behind."""
    with pytest.raises(FileNotFoundError), temporary_beside(tmp_path / "a"):
        (tmp_path / "absent").read_text()
    assert list(tmp_path.iterdir()) == []


def test_a_published_file_is_whole_and_readable(tmp_path: Path) -> None:
    with temporary_beside(tmp_path / "a") as temporary:
        temporary.write_text("all")
        publish(temporary, tmp_path / "a")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_text() == "all"


def test_what_the_system_has_against_writing_is_told_of_the_store(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot write"), writing(tmp_path / "a"):
        raise OSError(errno.ENOSPC, "No space left on device")


WRITES = """
import sys, time
from pathlib import Path
from higgsflow.output.atomic import written_atomically

with written_atomically(Path(sys.argv[1])) as temporary:
    print(temporary.name, flush=True)
    time.sleep(60)
"""


def test_what_a_killed_process_left_is_removed_and_nothing_of_a_living_one(tmp_path: Path) -> None:
    def begin(name: str) -> tuple[subprocess.Popen[str], str]:
        command = [sys.executable, "-c", WRITES, str(tmp_path / name)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        return process, process.stdout.readline().strip()

    (killed, half), (living, other) = begin("index.json"), begin("index.json")
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    (tmp_path / "mine.tmp").touch()
    try:
        assert {half, other} <= {p.name for p in tmp_path.iterdir()}
        remove_stale(tmp_path)
        assert {p.name for p in tmp_path.iterdir()} == {other, "mine.tmp"}
    finally:
        living.kill()
        living.wait()
        for process in (killed, living):
            assert process.stdout is not None
            process.stdout.close()


def test_temporary_names_are_equally_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """ROOT files hold them, and would have other sizes each time."""
    lengths = set()
    for pid in (7, 12345, 4_194_304):
        monkeypatch.setattr(os, "getpid", lambda pid=pid: pid)
        with temporary_beside(tmp_path / "nominal.root") as temporary:
            lengths.add(len(temporary.name))
    assert len(lengths) == 1


def test_what_other_machines_left_is_removed_when_it_is_old(tmp_path: Path) -> None:
    names = (".a.json.00000000-1-abcd.tmp", ".a.json.abcd_123.tmp")
    for name in names:
        (tmp_path / name).touch()
    remove_stale(tmp_path)
    assert {p.name for p in tmp_path.iterdir()} == set(names)
    os.utime(tmp_path / names[0], (0, 0))
    remove_stale(tmp_path)
    assert {p.name for p in tmp_path.iterdir()} == {names[1]}
