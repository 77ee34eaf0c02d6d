"""What the code of a script or a notebook is made of: no file of its own says it.

A function there uses values, functions and classes of the script and of modules of the user. All
are taken as they are now in memory, since this is what runs.
"""

from __future__ import annotations

import ast
import dis
import functools
import hashlib
import inspect
import sys
import textwrap
from pickle import PickleError
from typing import TYPE_CHECKING, Any

import numpy as np

from higgsflow.errors import InvalidConfiguration
from higgsflow.model.reference import is_installed, resolve
from higgsflow.syntax import digest_of, without_telling

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import CodeType, FunctionType

_MAIN = "__main__"
_GLOBAL = ("LOAD_GLOBAL", "LOAD_NAME")
# what looks something up by a text, such as `globals()["CUT"]`, or imports what it names
_BY_NAME = {"getattr", "globals", "vars", "__dict__", "attrgetter", "methodcaller"}
_IMPORT_BY_NAME = {"import_module", "__import__"}
_PLAIN = (type(None), bool, int, float, complex, str, bytes, np.generic)
_SEVERAL = (list, tuple, dict, set, frozenset, np.ndarray)
_PROTOCOL = 4
# what a repr says of an object that says nothing of its content
_ADDRESS = " at 0x"


def parts_of(name: str) -> tuple[dict[str, str], set[str]]:
    """A digest of an object of the script, and of each function, class and value that it uses.

    Beside them the names of modules that are imported when its functions run.
    """
    walk = _Walk()
    walk.add(name, resolve(f"{_MAIN}:{name}"))
    return dict(sorted(walk.found.items())), walk.imported


class _Walk:
    """Goes from one object to all that it uses."""

    def __init__(self) -> None:
        self.found: dict[str, str] = {}
        self.imported: set[str] = set()
        # by identity, with the objects, which must not vanish meanwhile
        self._labels: dict[int, tuple[str, Any]] = {}

    def add(self, label: str, value: Any) -> str:
        """Notes what an object is; returns what it is called."""
        if isinstance(value, _PLAIN):
            self.found[label] = _hashed(repr(value))
            return label
        if id(value) not in self._labels:
            self._labels[id(value)] = (label, value)
            self.found[label] = self._digest(label, value)
        return self._labels[id(value)][0]

    def _digest(self, label: str, value: Any) -> str:
        if not inspect.isfunction(value) and not inspect.isclass(value):
            return _hashed(self._text(label, value))
        if not _is_of_user(value.__module__):
            return _hashed(f"{value.__module__}:{value.__qualname__}")
        said = self._class(value) if inspect.isclass(value) else self._function(label, value)
        return _hashed(repr(said))

    def _function(self, label: str, function: FunctionType) -> list[str]:
        """Its code, its defaults, what it encloses; and what it looks up is noted."""
        code = function.__code__
        names, attributes = _looked_up(code)
        self._follow(names, attributes, function.__globals__)
        self.imported |= set(_imported(code, function.__globals__.get("__package__")))
        enclosed = zip(code.co_freevars, function.__closure__ or (), strict=True)
        return [
            _source_of(function, label) if _is_as_written(function) else _bytecode(function),
            self._text(label, [function.__defaults__, function.__kwdefaults__]),
            *(self._text(f"{label}.{name}", _content(cell)) for name, cell in enclosed),
        ]

    def _class(self, kind: type) -> list[str]:
        """Its code, that of its bases and methods, and the values that it holds."""
        name = kind.__qualname__
        said = [_source_of(kind, name)] if kind.__module__ == _MAIN else []
        said += [self.add(_label(base.__module__, base.__qualname__), base)
                 for base in kind.__mro__[1:] if _is_of_user(base.__module__)]  # fmt: skip
        telling = _telling_of(kind)
        own = {n: v for n, v in vars(kind).items() if n not in telling and not n.startswith("__")}
        for attribute, value in own.items():
            label = _label(kind.__module__, f"{name}.{attribute}")
            if isinstance(value, _PLAIN + _SEVERAL):
                said.append(f"{attribute} {self._text(label, value)}")
            said += [repr(self._function(label, method)) for method in _methods_in(value)]
        return said

    def _follow(
        self, names: set[str], attributes: set[str], scope: Mapping[str, Any], *seen: str
    ) -> None:
        """Notes what these names are; of modules of the user also what is taken from them."""
        for name in sorted(names & scope.keys()):
            value = scope[name]
            if not inspect.ismodule(value):
                self.add(_label(scope["__name__"], name), value)
            elif _is_of_user(value.__name__) and value.__name__ not in seen:
                self._follow(attributes, attributes, vars(value), value.__name__, *seen)

    def _text(self, label: str, value: Any) -> str:
        """The content of a value; what is not only a value is noted, and stands with its label."""
        if isinstance(value, _PLAIN):
            return repr(value)
        if inspect.isfunction(value) or inspect.isclass(value):
            return self.add(label, value)
        if id(value) in self._labels and self._labels[id(value)][0] != label:
            return self._labels[id(value)][0]
        self._labels.setdefault(id(value), (label, value))
        parts = _parts_of_value(value)
        if parts is None:
            return repr(value)
        texts = [self._text(f"{label}.{n}", part) for n, part in enumerate(parts)]
        texts = sorted(texts) if isinstance(value, set | frozenset) else texts
        return f"{type(value).__name__}({', '.join(texts)})"


def _hashed(text: str) -> str:
    """Of values, too: whoever keeps the beginning of a digest keeps all of what it is of."""
    return hashlib.sha256(text.encode()).hexdigest()


def _parts_of_value(value: Any) -> list[Any] | None:
    """What a value consists of; None where its repr says it."""
    if isinstance(value, np.ndarray) and value.dtype.kind != "O":
        return [str(value.dtype), value.shape, hashlib.sha256(value.tobytes()).hexdigest()]
    if isinstance(value, dict):
        return [part for item in value.items() for part in item]
    return list(value) if isinstance(value, _SEVERAL) else _parts_of_object(value)


def _parts_of_object(value: Any) -> list[Any] | None:
    if isinstance(value, functools.partial):
        return [value.func, value.args, value.keywords]
    if inspect.ismethod(value):
        return [value.__func__, value.__self__]
    if type(value).__module__.startswith("awkward."):
        # it shows the beginning and the end
        return [value.to_list()]
    # what a decorator such as that of numba has made of a function
    wrapped = getattr(value, "py_func", getattr(value, "__wrapped__", None))
    if inspect.isfunction(wrapped):
        return [wrapped]
    keeps_fields = _is_of_user(type(value).__module__) and hasattr(value, "__dict__")
    if not keeps_fields and (kept := _pickled(value)) is not None:
        return kept
    says_itself = not _is_of_user(type(value).__module__) and _ADDRESS not in repr(value)
    return None if says_itself or not hasattr(value, "__dict__") else [type(value), vars(value)]


def _pickled(value: Any) -> list[Any] | None:
    """What pickling keeps of an object; None where it cannot be pickled.

    A correction or a trained model says only its place in memory, a table or a histogram not all
    that is in it.
    """
    try:
        found = value.__reduce_ex__(_PROTOCOL)
    except (AttributeError, NotImplementedError, RuntimeError, TypeError, ValueError, PickleError):
        return None
    if isinstance(found, str):
        return [found]
    # items of lists and mappings come as iterators
    return [list(part) if hasattr(part, "__next__") else part for part in found]


def _is_of_user(module: str) -> bool:
    """Whether a module is the script, or lies neither among what is installed nor in here."""
    file = getattr(sys.modules.get(module), "__file__", None)
    return module == _MAIN or (file is not None and not is_installed(file))


def _label(module: str, name: str) -> str:
    return name if module == _MAIN else f"{module}.{name}"


def _is_as_written(function: FunctionType) -> bool:
    """Whether its text in the script is what runs: not one that a decorator has put in its place.

    Modules are edited while a notebook lives, and their text is then another one.
    """
    return function.__module__ == _MAIN and not hasattr(function, "__wrapped__")


def _telling_of(kind: type) -> set[str]:
    """Methods of a class that only tell, and are no part of what it computes."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(kind)))
    except (OSError, TypeError, SyntaxError):
        return set()
    names = _names_of_methods(tree)
    return names - _names_of_methods(without_telling(tree))


def _names_of_methods(tree: ast.Module) -> set[str]:
    bodies = (node.body for node in tree.body if isinstance(node, ast.ClassDef))
    return {part.name for body in bodies for part in body if isinstance(part, ast.FunctionDef)}


def _source_of(value: Any, name: str) -> str:
    try:
        source = inspect.getsource(value)
        return digest_of(without_telling(ast.parse(textwrap.dedent(source))))
    except SyntaxError:
        # a lambda within an expression that goes over several lines
        return _bytecode(value)
    except (OSError, TypeError) as error:
        raise InvalidConfiguration(
            f"cannot read the source of '{_MAIN}:{name}'", "", "put it into a module of its own"
        ) from error


def _bytecode(function: FunctionType) -> str:
    """What a function does, without its docstring and where it stands."""
    return repr(_of_code(function.__code__, function.__doc__))


def _of_code(code: CodeType, docstring: str | None = None) -> list[Any]:
    constants = [_constant(one) for one in code.co_consts if docstring is None or one != docstring]
    return [code.co_code.hex(), constants, code.co_names, code.co_varnames]


def _constant(value: Any) -> Any:
    if inspect.iscode(value):
        return _of_code(value)
    # the order of a set of texts is another one in each process
    return sorted(map(repr, value)) if isinstance(value, frozenset) else repr(value)


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if inspect.iscode(constant):
            yield from _codes(constant)


def _looked_up(code: CodeType) -> tuple[set[str], set[str]]:
    """Names that code looks up outside of itself, and all that it takes of other things."""
    codes = list(_codes(code))
    steps = (step for one in codes for step in dis.get_instructions(one))
    names = {step.argval for step in steps if step.opname in _GLOBAL}
    attributes = {name for one in codes for name in one.co_names}
    if _BY_NAME.isdisjoint(attributes):
        return names, attributes
    texts = {text for one in codes for text in one.co_consts if isinstance(text, str)}
    return names | texts, attributes | texts


def _imported(code: CodeType, package: str | None) -> Iterator[str]:
    """Names of modules that imports within code may mean; those in a package may be relative."""
    for one in _codes(code):
        module = ""
        if not _IMPORT_BY_NAME.isdisjoint(one.co_names):
            yield from (text for text in one.co_consts if isinstance(text, str))
        for step in dis.get_instructions(one):
            if step.opname == "IMPORT_NAME":
                module = step.argval
            if step.opname in ("IMPORT_NAME", "IMPORT_FROM"):
                taken = module if step.opname == "IMPORT_NAME" else f"{module}.{step.argval}"
                yield from (taken.strip("."), f"{package}.{taken.strip('.')}" if package else taken)


def _methods_in(value: Any) -> Iterator[FunctionType]:
    """The functions behind an attribute of a class, such as a property."""
    found = (
        value,
        *(getattr(value, name, None) for name in ("fget", "fset", "func", "__func__")),
    )
    return (one for one in found if inspect.isfunction(one))


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return None
