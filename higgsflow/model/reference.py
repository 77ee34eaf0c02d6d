"""References to Python objects by module and name, and the way back.

Configuration holds `module:name`, never code; what lives in `__main__` can be used by processes
forked from this one, but nowhere else.
"""

from __future__ import annotations

import importlib
import inspect
import os
import pkgutil
import sys
import sysconfig
import traceback
from contextlib import contextmanager
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

from pydantic import BeforeValidator

from higgsflow.errors import BrokenModule, InvalidConfiguration, UnknownName, UserError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_PROGRAM = Path(__file__).parents[1]


def to_reference(value: object) -> str:
    """`module:name` of a function, a class, or a mapping with `module` and `name`.

    Raises:
        ValueError: for something that cannot be found again by name, such as a lambda.
    """
    if isinstance(value, str):
        return _checked(value)
    if isinstance(value, dict):
        module = value.get("module", value.get("module_name"))
        name = value.get("name", value.get("function"))
        if module is None or name is None:
            raise ValueError("say both, `module` and `name`, or 'module:name'")
        return _checked(f"{module}:{name}")
    module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
    of_object = inspect.ismethod(value) and not inspect.isclass(value.__self__)
    if not module or not name or "<" in name or of_object:
        raise ValueError(f"{value!r} cannot be found by name: define it at the top of a module")
    reference = f"{module}:{name}"
    if lives_in_main(reference) and _in_main(name) != value:
        raise ValueError(f"'{name}' of this script is something else now: give each its own name")
    return reference


def _in_main(name: str) -> Any:
    """What a script calls so now: a name of it may have been given to something else since."""
    found: Any = sys.modules["__main__"]
    for part in name.split("."):
        found = getattr(found, part, None)
    return found


def _checked(reference: str) -> str:
    module, _, name = reference.partition(":")
    if not name and "." in module:
        module, _, name = module.rpartition(".")
    if not module or not name:
        raise ValueError(f"'{reference}' is not 'module:name'")
    if "/" in module or module.endswith(".py"):
        hint = f"say '{PurePath(module).stem}:{name}', and its folder in python_path"
        raise ValueError(f"'{module}' is a file, not the name of a module: {hint}")
    return f"{module}:{name}"


def resolve(reference: str) -> Any:
    """The object that a reference names.

    Raises:
        UserError: when the module cannot be imported or has no such name.
    """
    module_name, _, name = reference.partition(":")
    try:
        found: Any = _imported(module_name)
    except ModuleNotFoundError as error:
        raise _no_module(str(error.name), reference) from error
    # what a module does when it is imported is code of its author, who may also end the program
    except (Exception, SystemExit) as error:
        raise broken(module_name, error) from error
    for part in name.split("."):
        if not hasattr(found, part):
            if lives_in_main(reference):
                raise InvalidConfiguration(
                    f"'{name}' lives in the script that ran this analysis",
                    "",
                    "run the script again, or put it into a module of its own",
                )
            raise UnknownName("name", name, _defined(found), module_name)
        found = getattr(found, part)
    return found


def _no_module(missing: str, reference: str) -> InvalidConfiguration:
    """What is told of a module that there is not: the nearest beside it, or among the user's."""
    package, _, name = missing.rpartition(".")
    beside = getattr(sys.modules.get(package), "__path__", ()) if package else sys.path
    of_users = [folder for folder in beside if package or not is_installed(f"{folder}/a.py")]
    # what a module imports may be missing, too; that is another's to name
    is_named = f"{reference.partition(':')[0]}.".startswith(f"{missing}.")
    guess = nearest(name, [m.name for m in pkgutil.iter_modules(of_users)]) if is_named else ""
    hint = f". Did you mean '{package}{'.' * bool(package)}{guess}'?" if guess else ""
    return InvalidConfiguration(
        f"no module '{missing}', which '{reference}' needs{hint}",
        "",
        "install it, or name its folder in `python_path`",
    )


def _defined(owner: Any) -> list[str]:
    """The public names of a module or class; without those from elsewhere, if there are others."""
    names = [name for name in dir(owner) if name[0] != "_"]
    module = getattr(owner, "__name__", "")
    return [n for n in names if getattr(getattr(owner, n), "__module__", "") == module] or names


def _imported(module_name: str) -> Any:
    if module_name in sys.modules:
        return importlib.import_module(module_name)
    with _ends_are_told():
        return importlib.import_module(module_name)


@contextmanager
def _ends_are_told() -> Iterator[None]:
    """Makes a `SystemExit` of `os._exit` in code of users, of which nobody would hear otherwise.

    With code 0 the command would end as if all were well. Processes that a module begins end as
    they mean to, and so does this program.
    """
    end, own = os._exit, os.getpid()

    def told(status: int) -> NoReturn:
        if os.getpid() != own or is_installed(sys._getframe(1).f_code.co_filename):
            end(status)
        raise SystemExit(status)

    os._exit = told
    try:
        yield
    finally:
        os._exit = end


def broken(module_name: str, error: BaseException) -> BrokenModule:
    """What is told of a module that Python cannot read or import: the line of the user, and why."""
    what = f"module '{module_name}' cannot be imported"
    if isinstance(error, SyntaxError) and error.lineno is not None:
        where = f"{error.filename}, line {error.lineno}"
        return BrokenModule(what, where, f"{_kind(error)}: {error.msg}")
    steps = traceback.extract_tb(error.__traceback__)
    last = ([step for step in steps if not is_installed(step.filename)] or steps)[-1]
    where = f"{last.filename}, line {last.lineno}"
    if isinstance(error, SystemExit):
        return BrokenModule(what, where, f"it ends the program, with code {error.code}")
    if isinstance(error, UserError):
        # it says what to write in that line
        reason = "; ".join(filter(None, (error.what, error.remedy)))
        return BrokenModule(what, where, f"{_kind(error)}: {reason}")
    return BrokenModule(what, where, f"{_kind(error)}: {error}")


def _kind(error: BaseException) -> str:
    return type(error).__name__


def is_installed(file: str) -> bool:
    """Whether a line of a traceback is of Python, of this program or of what else is installed."""
    installed = [sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")]
    places = [*map(Path, installed), _PROGRAM]
    return file.startswith("<") or any(Path(file).is_relative_to(place) for place in places)


def look_in(folders: Iterable[str]) -> None:
    """Lets modules of the user be found in these folders, after everything installed."""
    sys.path.extend(folder for folder in folders if folder not in sys.path)


def folder_of_module(reference: str) -> str:
    """The folder from which the module of a reference is imported; empty for `__main__`."""
    module, _, _ = reference.partition(":")
    file = getattr(sys.modules.get(module.partition(".")[0]), "__file__", None)
    if lives_in_main(reference) or file is None:
        return ""
    path = Path(file).resolve()
    return str(path.parent.parent if path.name == "__init__.py" else path.parent)


def lives_in_main(reference: str) -> bool:
    """Whether the object is known to this interpreter only."""
    return reference.startswith("__main__:")


Reference = Annotated[str, BeforeValidator(to_reference)]
