from __future__ import annotations

import ast
import json
import os
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from higgsflow import syntax
from higgsflow.syntax import Imported, remember, syntax_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SOURCE = b'''"""What it is."""
import numpy as np
from . import beside
from ..above import one, two as three

# a comment
def cut(pt):
    """Of what."""
    return pt > 25
'''


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The file in a cache of one's own, of which this process knows nothing yet."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    forget()
    yield tmp_path / "higgsflow" / "syntax.json"
    forget()


def forget() -> None:
    syntax._remembered.cache_clear()
    syntax._unwritten.clear()


def no_parsing(monkeypatch: pytest.MonkeyPatch) -> None:
    def parse(*_: Any) -> None:
        pytest.fail("parsed again")

    monkeypatch.setattr(ast, "parse", parse)


def test_imports_are_those_of_all_statements(cache: Path) -> None:
    assert syntax_of(SOURCE).imports == (
        Imported("numpy", 0, ()), Imported("", 1, ("beside",)), Imported("above", 2, ("one", "two"))
    )  # fmt: skip


def test_explanations_say_nothing_and_code_does(cache: Path) -> None:
    plain = SOURCE.replace(b'"""What it is."""\n', b"").replace(b"# a comment\n", b"")
    assert syntax_of(plain) == syntax_of(SOURCE)
    assert syntax_of(SOURCE.replace(b"25", b"30")).digest != syntax_of(SOURCE).digest


def test_the_next_process_reads_what_this_one_parsed(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = syntax_of(SOURCE)
    remember()
    forget()
    no_parsing(monkeypatch)
    assert syntax_of(SOURCE) == found
    assert [path.name for path in cache.parent.iterdir()] == [cache.name]


def test_writes_only_what_is_new(cache: Path) -> None:
    syntax_of(SOURCE)
    remember()
    cache.unlink()
    syntax_of(SOURCE)
    remember()
    assert not cache.exists()


def edited(content: dict[str, Any]) -> dict[str, Any]:
    """Another digest than that of the source, and all else as it was."""
    ((name, (_, imports)),) = content["found"].items()
    return {**content, "found": {name: ["0" * 64, imports]}}


@pytest.mark.parametrize(
    "damaged",
    [
        lambda text: text[: len(text) // 2],
        lambda _: "[1, 2]",
        lambda _: '{"found": {"a": 1}}',
        lambda _: '{"found": [], "seal": ""}',
        lambda text: json.dumps(edited(json.loads(text))),
        lambda text: json.dumps({**json.loads(text), "seal": "0" * 64}),
    ],
)
def test_a_damaged_cache_is_parsed_again(cache: Path, damaged: Any) -> None:
    found = syntax_of(SOURCE)
    remember()
    cache.write_text(damaged(cache.read_text(encoding="utf-8")), encoding="utf-8")
    forget()
    assert syntax_of(SOURCE) == found


def test_what_another_python_found_is_parsed_again(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    syntax_of(SOURCE)
    remember()
    forget()
    monkeypatch.setattr(syntax, "sys", SimpleNamespace(version_info=(3, 9)))
    assert syntax._remembered() == {}


def test_what_somebody_else_wrote_decides_nothing(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    syntax_of(SOURCE)
    remember()
    forget()
    monkeypatch.setattr(os, "getuid", lambda: cache.stat().st_uid + 1)
    assert syntax._remembered() == {}


def test_goes_on_where_nothing_can_be_kept(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.parent.write_text("a file", encoding="utf-8")
    assert syntax_of(SOURCE).digest
    remember()
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(syntax.Path, "home", no_home)
    forget()
    assert syntax_of(SOURCE).digest
    remember()


def no_home() -> Any:
    raise RuntimeError


def test_keeps_so_many(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(syntax, "_MOST", 2)
    for number in range(3):
        syntax_of(f"a = {number}".encode())
    remember()
    forget()
    assert len(syntax._remembered()) == 2
