"""What a source file says to Python: a digest of its syntax tree, and its imports.

Comments and docstrings say nothing, nor do methods that only tell: `measures` of cuts, with what
it is made from, and `describes` and `made_of` of columns, also as words of `@tagger(...)`. What was
found is kept in the user's cache by the content of the source, so that parsing, which takes a third
of a second for the physics, is done once for each version.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import json
import os
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeGuard

if TYPE_CHECKING:
    from collections.abc import Iterator

# what only tells, for explanations of single events
_TELLING = ("higgsflow.objects.measures", "higgsflow.selection.measured")
# methods of taggers that only tell: of cuts, and of columns, as words of `@tagger` do
_TELLS = "measures"
_TELL_OF_COLUMNS = ("describes", "made_of")
# functions that import what a text names
_IMPORT_BY_NAME = ("import_module", "__import__")
_MOST = 2000  # sources that are remembered


class Imported(NamedTuple):
    """An import statement: `from` a module, so many dots up, these names."""

    module: str
    level: int
    names: tuple[str, ...]


class Syntax(NamedTuple):
    """What a source says."""

    digest: str
    imports: tuple[Imported, ...]


def syntax_of(source: bytes) -> Syntax:
    """What a source says; what is not Python raises as `ast.parse` does."""
    known = _remembered()
    name = hashlib.sha256(source).hexdigest()
    if name not in known:
        tree = without_telling(ast.parse(source))
        known[name] = Syntax(imports=_imports(tree), digest=digest_of(tree))
        _unwritten.add(name)
    found = known[name]
    if not isinstance(found, Syntax):
        # few of many versions of many sources are asked for
        digest, imports = found
        found = Syntax(digest, tuple(Imported(m, n, tuple(names)) for m, n, names in imports))
        known[name] = found
    return found


def remember() -> None:
    """Keeps what was found for the next process; does nothing where that cannot be written."""
    path = _path()
    if not _unwritten or path is None:
        return
    _unwritten.clear()
    latest = dict(list(_remembered().items())[-_MOST:])
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(json.dumps({"seal": _seal(latest), "found": latest}))
        Path(temporary).replace(path)


_unwritten: set[str] = set()


@functools.cache
def _remembered() -> dict[str, Any]:
    """What earlier processes have found, by the digest of a source, as JSON has it."""
    path = _path()
    if path is None:
        return {}
    try:
        # what others may write decides nothing
        content = json.loads(path.read_bytes()) if path.stat().st_uid == os.getuid() else {}
        found: dict[str, Any] = content["found"]
        is_ours = content["seal"] == _seal(found)
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return found if is_ours else {}


def _seal(found: dict[str, Any]) -> str:
    """A digest of all of it, of this code and of the Python that parses."""
    text = repr((sys.version_info, Path(__file__).read_bytes(), json.dumps(found)))
    return hashlib.sha256(text.encode()).hexdigest()


def _path() -> Path | None:
    folder = os.environ.get("XDG_CACHE_HOME", "")
    try:
        return Path(folder or Path.home() / ".cache") / "higgsflow" / "syntax.json"
    except RuntimeError:
        return None


def _imports(tree: ast.Module) -> tuple[Imported, ...]:
    imports: list[Imported] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imports.extend(Imported(alias.name, 0, ()) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            names = tuple(alias.name for alias in node.names)
            imports.append(Imported(node.module or "", node.level, names))
        elif isinstance(node, ast.Call) and _name_of(node.func) in _IMPORT_BY_NAME:
            imports.extend(_imported_by_name(node))
    return tuple(imports)


def _imported_by_name(call: ast.Call) -> Iterator[Imported]:
    """What `import_module("cuts")` imports; of a name that is computed nothing is known."""
    match call.args:
        case [ast.Constant(value=str(text)), *_]:
            module = text.lstrip(".")
            yield Imported(module, len(text) - len(module), ())


def _name_of(called: ast.expr) -> str:
    return called.attr if isinstance(called, ast.Attribute) else str(getattr(called, "id", ""))


def without_telling(tree: ast.Module) -> ast.Module:
    """The tree without what only tells, and decides nothing: of methods, what nobody calls."""
    called = set(_called(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            node.body = [p for p in node.body if not _tells(p) or p.name in called]
        elif isinstance(node, ast.FunctionDef):
            for decorator in node.decorator_list:
                _forget_what_it_tells(decorator)
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    tree.body = [part for part in tree.body if not _is_for_telling(part, used)]
    return tree


def _called(tree: ast.AST) -> Iterator[str]:
    """Attributes that are looked at, but by what only tells."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Attribute):
            yield node.attr
        if not (isinstance(tree, ast.ClassDef) and _tells(node)):
            yield from _called(node)


def _tells(node: ast.AST) -> TypeGuard[ast.FunctionDef]:
    if not isinstance(node, ast.FunctionDef) or node.name == _TELLS:
        return isinstance(node, ast.FunctionDef)
    given = [argument.arg for argument in node.args.args[1:]]
    return node.name in _TELL_OF_COLUMNS and given == ["context"]


def _forget_what_it_tells(decorator: ast.expr) -> None:
    """What `@tagger(...)` says of columns: their types are what counts."""
    if isinstance(decorator, ast.Call) and _name_of(decorator.func) == "tagger":
        decorator.keywords = [
            word for word in decorator.keywords if word.arg not in _TELL_OF_COLUMNS
        ]


def _is_for_telling(node: ast.stmt, used: set[str]) -> bool:
    """Whether it imports what nothing that is left uses."""
    if not isinstance(node, ast.ImportFrom) or node.module not in _TELLING:
        return False
    return not used & {alias.asname or alias.name for alias in node.names}


def digest_of(tree: ast.Module) -> str:
    """A digest of a tree, whose docstrings are taken out."""
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and _is_text(body[0]):
            del body[0]
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()


def _is_text(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )
