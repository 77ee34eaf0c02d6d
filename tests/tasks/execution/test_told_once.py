from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from higgsflow.errors import MissingColumn, UserError
from tasks.execution import luigi_settings
from tasks.execution.told_once import forget, told

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _nothing_told() -> Iterator[None]:
    forget()
    yield
    forget()


def missing(url: str, known: tuple[str, ...] = ("MET_pt",)) -> MissingColumn:
    return MissingColumn("MET_ptt", "variables_of_interest", url, known)


def test_a_reason_is_told_in_full_once() -> None:
    first, second = missing("/data/a.root"), missing("/data/b.root")
    assert told(first) == str(first)
    assert told(second) == f"{second.what}, in /data/b.root"
    assert told(UserError("what", "", "remedy")) == "what\n  remedy"
    assert told(UserError("what", "", "remedy")) == "what"
    # places may be paths, and have lines of their own
    told(UserError("no", Path("a"), "remedy"))  # type: ignore[arg-type]
    assert told(UserError("no", Path("b\nc"), "remedy")) == "no, b c"  # type: ignore[arg-type]


def test_what_differs_in_more_than_the_place_is_another_reason() -> None:
    told(missing("/data/a.root"))
    other = missing("/data/b.root", ("PuppiMET_ptt",))
    assert told(other) == str(other)


def test_the_next_invocation_tells_it_again() -> None:
    error = missing("/data/a.root")
    told(error)
    luigi_settings.reset()
    assert told(error) == str(error)


def test_what_a_forked_process_told_is_known_in_the_others() -> None:
    if not (child := os.fork()):
        told(missing("/data/a.root"))
        os._exit(0)
    os.waitpid(child, 0)
    error = missing("/data/b.root")
    assert told(error) == f"{error.what}, in /data/b.root"
