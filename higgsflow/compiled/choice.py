"""Who answers for a function: its kernel, where a current one is there, else the function."""

from __future__ import annotations

import functools
import hashlib
import importlib
import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

P = ParamSpec("P")
T = TypeVar("T")

SWITCH = "HIGGSFLOW_KERNELS"
COMPILED, NUMPY = "compiled", "numpy"
_FOLDER = Path(__file__).parent

_way = NUMPY if os.environ.get(SWITCH) == NUMPY else COMPILED


def compiled(kernel: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Lets a kernel, such as `lists.edges`, answer for a function of arrays.

    A kernel says NotImplemented to arguments of types that it does not know. The function itself
    stays at hand as `__wrapped__`.
    """
    subject, _, name = kernel.partition(".")

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        @functools.wraps(function)
        def chosen(*args: P.args, **kwargs: P.kwargs) -> T:
            module = _module(subject) if _way == COMPILED else None
            if module is None:
                return function(*args, **kwargs)
            answer: T = getattr(module, name)(*args, **kwargs)
            return function(*args, **kwargs) if answer is NotImplemented else answer

        return chosen

    return decorate


def way() -> str:
    """`compiled` where every kernel is used, else `numpy`."""
    found = [_module(path.stem) for path in _FOLDER.glob("*.pyx")]
    all_there = bool(found) and None not in found
    return COMPILED if _way == COMPILED and all_there else NUMPY


@contextmanager
def using(wanted: str) -> Iterator[None]:
    """What happens inside is done in this way."""
    global _way  # noqa: PLW0603
    before, _way = _way, wanted
    try:
        yield
    finally:
        _way = before


@functools.cache
def _module(subject: str) -> ModuleType | None:
    """The kernels of a subject; None where they were not compiled, or from another source."""
    try:
        module = importlib.import_module(f"higgsflow.compiled.{subject}")
        source = (_FOLDER / f"{subject}.pyx").read_bytes()
    except (ImportError, OSError):
        return None
    return module if hashlib.sha256(source).hexdigest() == module.SOURCE else None
