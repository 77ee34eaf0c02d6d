"""Where the code of a user stands: errors about what it gives name its file and line."""

from __future__ import annotations

import inspect
import re
import sys
import traceback
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import lazy_loader as lazy

from higgsflow.errors import (
    InputFileError,
    NoMethodOfArray,
    StoreError,
    TruthOfArray,
    UndeclaredColumn,
    UserError,
)
from higgsflow.model.reference import is_installed, resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ak = lazy.load("awkward")

_PROGRAM = Path(__file__).parents[1]
# what awkward says of `events.name` and of `events["name"]`
_NO_FIELD = re.compile(r"no field (?:named )?'(.*?)'")
# and numpy, too
_NO_TRUTH = "the truth value of an array"


@contextmanager
def blaming(code: Callable[..., Any] | str | None) -> Iterator[None]:
    """Says in every error for users that leaves it where this code stands.

    It is a function, a method, the reference of one, or None where nobody's code is asked.

    Raises:
        UndeclaredColumn: for a column that the code is not shown.
        NoMethodOfArray: for a method that arrays of numbers do not have.
        TruthOfArray: for an array in the place of one truth.
    """
    try:
        yield
    except (InputFileError, StoreError):
        # files and disks are nobody's code
        raise
    except UserError as error:
        if code is not None:
            error.happened_in(place_of(resolve(code) if isinstance(code, str) else code))
        raise
    except (AttributeError, LookupError, ValueError) as error:
        found = _told(error)
        if found is None:
            raise
        raise found from error


def place_of(code: Callable[..., Any]) -> str:
    """File and line of a function or method; empty for code of this package, or not in Python."""
    inner = inspect.unwrap(getattr(code, "py_func", code))
    inner = getattr(inner, "func", inner)  # of what functools.partial has made
    written = getattr(inner, "__code__", None) or getattr(type(inner).__call__, "__code__", None)
    if written is None or Path(written.co_filename).is_relative_to(_PROGRAM):
        return ""
    return _line(written.co_filename, written.co_firstlineno)


def place_of_class(found: type) -> str:
    """File and line of a class; empty where its source is not to be found."""
    try:
        return _line(inspect.getfile(found), inspect.getsourcelines(found)[1])
    except (OSError, TypeError):
        return ""


def _line(file: str, number: int | None) -> str:
    """A line of a file, or of a cell of a notebook."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    cell = shell.compile.format_code_name(file) if shell is not None else None
    return f"{' '.join(cell) if cell else file}, line {number}"


def _told(error: Exception) -> UserError | None:
    """What is told where code of a user asks an array for what it has not."""
    steps = [s for s in traceback.extract_tb(error.__traceback__) if not is_installed(s.filename)]
    if not steps:
        return None
    place = _line(steps[-1].filename, steps[-1].lineno)
    if isinstance(error, ValueError):
        return TruthOfArray(place) if str(error).lower().startswith(_NO_TRUTH) else None
    return _undeclared(error, place)


def _undeclared(error: Exception, place: str) -> UserError | None:
    """Of a field or method that there is not."""
    missing = _NO_FIELD.match(str(error))
    arrays = list(_asked_arrays(error))
    if missing is None or not arrays:
        return None
    columns = list(_columns(arrays[-1]))
    if columns:
        return UndeclaredColumn(missing[1], columns, place)
    functions = [name for name in (missing[1],) if callable(getattr(ak, name, None))]
    return NoMethodOfArray(missing[1], place, functions)


def _asked_arrays(error: Exception) -> Iterator[Any]:
    """The arrays whose methods were at work, the outermost first."""
    step = error.__traceback__
    while step is not None:
        array = step.tb_frame.f_locals.get("self")
        if isinstance(getattr(type(array), "fields", None), property):
            yield array
        step = step.tb_next


def _columns(array: Any) -> Iterator[str]:
    """The fields of an array as code names them: `MET_pt`, `Jet.pt`."""
    for name in array.fields:
        fields = array[name].fields
        yield from (f"{name}.{field}" for field in fields) if fields else (name,)
