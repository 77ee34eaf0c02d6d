from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

import pytest

from higgsflow.error_messages import ErrorClass, Message, error_classes, messages
from higgsflow.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = '''
"""Errors."""

_AGAIN = "run it again"


class UserError(Exception):
    """What the user can put right."""

    cause = "something"
    cure = "put it right"


class StoreError(UserError):
    """A store that is away."""

    cause = (
        "it is "
        "away"
    )
    cure = "bring it back"


def f(path, n, known, is_old):
    raise StoreError(f"cannot read {path.name}: {n:g} of {len(known)}", str(path), _AGAIN)


def g(name, known):
    raise UnknownName("sample", name, known, f"analysis '{name}'")


def h(is_old):
    error = UserError("too " + ("old" if is_old else "new"), remedy="wait")
    raise UserError(str(error))
'''


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for package in ("higgsflow", "tasks", "workflows"):
        (tmp_path / package).mkdir()
    unknown = '\n\nclass UnknownName(UserError):\n    """A name."""\n    cause = cure = "x"\n'
    (tmp_path / "higgsflow" / "errors.py").write_text(SOURCE + unknown, encoding="utf-8")
    return tmp_path


def test_texts_are_read_from_the_source(root: Path) -> None:
    assert messages(root) == (
        Message("StoreError", "cannot read <name>: <n> of <...>", "run it again"),
        Message("UnknownName", "no sample '<name>' in analysis '<name>'", ""),
        Message("UserError", "too old or new", "wait"),
    )


def test_classes_say_cause_and_cure(root: Path) -> None:
    assert error_classes(root)[:2] == (
        ErrorClass("UserError", "What the user can put right", "something", "put it right"),
        ErrorClass("StoreError", "A store that is away", "it is away", "bring it back"),
    )


@pytest.mark.parametrize("part", ["cause", "cure"])
def test_a_class_without_cause_or_cure_is_refused(root: Path, part: str) -> None:
    path = root / "tasks" / "own.py"
    text = f'class Own(UserError):\n    """Own."""\n\n    {part} = "x"\n'
    path.write_text(text, encoding="utf-8")
    with pytest.raises(LookupError, match="the error Own says no c"):
        error_classes(root)


def test_every_class_of_errors_is_found() -> None:
    for module in ("catalog.das", "verification.certificate", "check.problem"):
        importlib.import_module(f"higgsflow.{module}")
    for module in ("targets", "execution.judgement", "execution.batch.engine"):
        importlib.import_module(f"tasks.{module}")
    known, pending = {"UserError"}, [UserError]
    while pending:
        for kind in pending.pop().__subclasses__():
            if kind.__module__.startswith(("higgsflow", "tasks", "workflows")):
                known.add(kind.__name__)
                pending.append(kind)
    assert {kind.name for kind in error_classes()} == known


def test_every_message_is_one_line_and_so_is_its_cure() -> None:
    found = messages()
    assert len(found) > 200
    assert [one for one in found if "\n" in one.text or "\n" in one.cure] == []
