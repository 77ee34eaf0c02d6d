from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tasks.execution import chatter

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _between_invocations() -> Iterator[None]:
    chatter.forget()
    yield
    chatter.forget()


def test_what_luigi_says_is_in_the_file_also_from_before_it_was_opened(tmp_path: Path) -> None:
    chatter.hold()
    logger = logging.getLogger("luigi-interface")
    logger.info("scheduled %s", "A")
    assert chatter.path() is None
    chatter.keep(tmp_path / "logs")
    logger.info("ran %s", "A")
    path = chatter.path()
    assert path is not None
    text = path.read_text("utf-8")
    assert text.index("scheduled A") < text.index("ran A")


def test_what_a_terminal_would_obey_is_shown(tmp_path: Path) -> None:
    """An exception quotes whatever it met, such as the name of a file of somebody else."""
    chatter.hold()
    chatter.keep(tmp_path)
    error = ValueError("no title in \x1b]0;a.root\x07")
    logging.getLogger("luigi-interface").error("stage failed: %s", "\x9b31m", exc_info=error)
    path = chatter.path()
    assert path is not None
    text = path.read_text("utf-8")
    assert r"stage failed: \x9b31m" in text
    assert r"ValueError: no title in \x1b]0;a.root\x07" in text
    assert not {"\x1b", "\x07", "\x9b"} & set(text)


def test_what_luigi_says_goes_through_no_link(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.strftime", lambda *_: "now")
    precious = tmp_path / "precious"
    precious.write_text("of the user", "utf-8")
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / f"run_now_{os.getpid()}.log").symlink_to(precious)
    chatter.hold()
    logging.getLogger("law").info("scheduled")
    chatter.keep(tmp_path / "logs")
    chatter.forget()
    assert precious.read_text("utf-8") == "of the user"


def test_an_invocation_that_makes_nothing_leaves_no_file(tmp_path: Path) -> None:
    chatter.hold()
    logging.getLogger("law").info("nothing to do")
    chatter.forget()
    assert not list(tmp_path.iterdir())


def test_old_files_go(tmp_path: Path) -> None:
    for n in range(30):
        (tmp_path / f"run_2020010{n // 10}_00000{n % 10}_1.log").touch()
    chatter.hold()
    chatter.keep(tmp_path)
    assert len(list(tmp_path.glob("run_*.log"))) == 20


FULL = Path("/dev/full")


@pytest.mark.skipif(not FULL.exists(), reason="needs a disk that is full")
def test_a_full_disk_ends_the_log_without_a_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(chatter.LogFile, "_open", lambda _: FULL.open("w", encoding="utf-8"))
    logger = logging.getLogger("luigi-interface")
    chatter.hold()
    logger.info("before")
    chatter.keep(tmp_path)
    for _ in range(3):
        logger.info("A" * 100_000)
    chatter.forget()
    assert capfd.readouterr().err == ""


def test_what_cannot_be_put_together_is_told(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = chatter.LogFile(tmp_path / "run.log")
    file.handle(logging.LogRecord("law", logging.INFO, "", 1, "%d", ("no number",), None))
    file.close()
    assert "--- Logging error ---" in capfd.readouterr().err


def test_where_no_file_can_be_made_there_is_none(tmp_path: Path) -> None:
    (tmp_path / "logs").touch()
    chatter.hold()
    chatter.keep(tmp_path / "logs")
    logging.getLogger("law").info("goes on")
    assert chatter.path() is None


def test_the_traceback_of_a_stage_that_has_told_its_failure_is_not_for_the_screen() -> None:
    def record(message: object) -> logging.LogRecord:
        return logging.LogRecord("luigi-interface", logging.ERROR, "", 1, message, (), None)

    assert not chatter.quiet(record("[pid %s] Worker %s failed    %s"))
    assert chatter.quiet(record("something else"))
    assert chatter.quiet(record(KeyError("x")))


def test_a_ctrl_c_that_luigi_catches_is_not_on_the_screen() -> None:
    """As its scheduler does, which then goes on until the exception is raised again."""

    def record(error: BaseException) -> logging.LogRecord:
        found = (type(error), error, None)
        return logging.LogRecord("luigi", logging.WARNING, "", 1, "Error saving", (), found)

    assert not chatter.quiet(record(KeyboardInterrupt()))
    assert chatter.quiet(record(OSError("no space")))
