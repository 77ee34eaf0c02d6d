"""Who answers."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from higgsflow.compiled import choice
from higgsflow.compiled.choice import COMPILED, NUMPY, compiled, using, way

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SOURCE = b"def doubled(x): ...\n"


def doubled(x: float) -> float:
    """As it is meant."""
    return x + x


def kernel(x: float) -> float:
    """As fast as it can be, and here recognisable; of whole numbers it does not know."""
    return NotImplemented if isinstance(x, int) else -2 * x


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """A compiled module beside its source."""
    module = ModuleType("higgsflow.compiled.numbers")
    module.SOURCE = choice.hashlib.sha256(SOURCE).hexdigest()  # type: ignore[attr-defined]
    module.doubled = kernel  # type: ignore[attr-defined]
    (tmp_path / "numbers.pyx").write_bytes(SOURCE)
    monkeypatch.setattr(choice, "_FOLDER", tmp_path)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    choice._module.cache_clear()
    with using(COMPILED):
        yield module
    choice._module.cache_clear()


def test_the_kernel_answers_where_it_is_there(made: ModuleType) -> None:
    function = compiled("numbers.doubled")(doubled)
    assert function(1.5) == -3.0
    assert way() == COMPILED
    assert (function.__name__, function.__doc__) == ("doubled", "As it is meant.")


def test_the_function_answers_for_types_that_the_kernel_does_not_know(made: ModuleType) -> None:
    assert compiled("numbers.doubled")(doubled)(2) == 4


def test_the_function_answers_where_numpy_is_asked_for(made: ModuleType) -> None:
    function = compiled("numbers.doubled")(doubled)
    with using(NUMPY):
        assert function(1.5) == 3.0
        assert way() == NUMPY
    assert function(1.5) == -3.0


def test_an_out_of_date_kernel_is_not_used(made: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "numbers.pyx").write_bytes(SOURCE + b"# changed\n")
    assert compiled("numbers.doubled")(doubled)(1.5) == 3.0
    assert way() == NUMPY


def test_without_a_compiler_the_function_answers(
    made: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, made.__name__)
    assert compiled("numbers.doubled")(doubled)(1.5) == 3.0
    assert way() == NUMPY
