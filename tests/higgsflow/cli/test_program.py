from __future__ import annotations

import ast
import importlib
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from higgsflow.cli.program import COMMANDS, main, make_parser

ROOM = Path(importlib.import_module("higgsflow.cli").__file__ or "").parent
NOT_COMMANDS = {"__init__", "program", "arguments"}


def test_no_command_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main([])
    assert caught.value.code == 2
    assert "COMMAND" in capsys.readouterr().err


def test_an_unknown_command_names_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["matrx"])
    assert caught.value.code == 2
    assert "Did you mean 'matrix'?" in capsys.readouterr().err


def test_a_word_that_a_command_does_not_know_is_told_by_the_command(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["matrix", "--analyses", "demo"])
    assert caught.value.code == 2
    assert capsys.readouterr().err == (
        "higgsflow matrix: unrecognized arguments: --analyses demo\n"
        "  Did you mean '--analysis'?\n"
        "  all there is: higgsflow matrix --help\n"
    )


def test_every_module_of_the_room_is_a_command_that_help_lists() -> None:
    modules = {path.stem for path in ROOM.glob("*.py")} - NOT_COMMANDS
    assert modules == set(COMMANDS)
    listed = make_parser().format_help()
    assert all(f"    {name} " in listed for name in COMMANDS)


@pytest.mark.parametrize("command", [(), *((name,) for name in COMMANDS)])
def test_help_fits_a_screen(command: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main([*command, "--help"])
    assert caught.value.code == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) <= 40
    assert max(map(len, lines)) <= 100


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_imports_the_library_only_when_it_runs(name: str) -> None:
    tree = ast.parse((ROOM / f"{name}.py").read_text(encoding="utf-8"))
    found = [n.module for n in tree.body if isinstance(n, ast.ImportFrom)]
    ours = {m for m in found if m and m.startswith("higgsflow")}
    assert ours <= {"higgsflow.cli.arguments"}


def test_help_imports_nothing_heavy() -> None:
    heavy = ("awkward", "numpy", "pydantic", "yaml", "rich", "law", "luigi")
    code = (
        "import sys, higgsflow.cli.program as p; p.make_parser(); "
        f"print([m for m in {heavy} if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize("command", ["matrix", "schema", "check", "--help"])
def test_a_reader_that_has_seen_enough_is_no_error(
    command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether it is noticed while the command writes, or by what is written at its end."""
    code = f"import sys; from higgsflow.cli import main; sys.exit(main(['{command}']))"
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)
    read, write = os.pipe()
    os.close(read)
    found = subprocess.run(
        [sys.executable, "-c", code], stdout=write, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(write)
    assert (found.returncode, found.stderr) == (0, "")


def test_output_is_text_that_a_pipe_can_read(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    assert main(["matrix", "--analysis", "demo"]) == 0
    assert "\x1b" not in out.getvalue()


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_output_fits_a_screen_that_lacks_some_signs(encoding: str) -> None:
    code = "import sys; from higgsflow.cli import main; sys.exit(main(['matrix']))"
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    found = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, check=False
    )
    assert (found.returncode, found.stderr) == (0, b"")
    assert b"-----" in found.stdout
    assert b"?" not in found.stdout
