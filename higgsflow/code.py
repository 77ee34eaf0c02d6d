"""Digests of code: what a function computes, not how it is formatted or explained.

A digest covers the syntax of a module, and of what it imports from the same package and from the
physics of this one.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from higgsflow.errors import InvalidConfiguration
from higgsflow.model.reference import broken, is_installed, lives_in_main
from higgsflow.script_code import parts_of
from higgsflow.syntax import remember, syntax_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from importlib.machinery import ModuleSpec

    from higgsflow.syntax import Imported

# modules of this package whose code decides what comes out of a job
_PHYSICS = tuple(
    f"higgsflow.{name}"
    for name in (
        "before_cuts", "block", "bounds", "corrections", "events.arithmetic", "events.columns",
        "events.datasets", "events.formulas", "events.golden", "events.lists", "events.objects",
        "events.plain", "events.plain_values", "events.quick_views", "events.users_code",
        "every_variation", "exact_sums", "full_weights", "given_factors", "late_weights", "needs",
        "objects", "output_columns", "per_bin", "plan", "preserved", "records.exact_counters",
        "records.moments", "selection", "shifts", "splitmix", "step_of_sums", "sums", "taggers",
        "tally", "variations", "vectors", "weight_columns", "weights", "working_points",
    )
)  # fmt: skip

# digests that hold until `thaw`, whatever happens to the files; the physics of this package as ""
_frozen: dict[str, dict[str, str]] = {}


def freeze(references: Iterable[str]) -> None:
    """Keeps today's digests of the code, so that one run has one truth while files change."""
    known: dict[str, dict[str, str]] = {}
    for reference in references:
        root = reference if lives_in_main(reference) else reference.partition(":")[0]
        if root not in known:
            known[root] = code_parts(reference)
        _frozen[reference] = known[root]
    _frozen[""] = physics_parts()


def thaw() -> None:
    """Looks at the files again."""
    _frozen.clear()


def code_parts(reference: str) -> dict[str, str]:
    """A digest of each module that the code behind `module:name` is made of.

    Of a script it is each function, class and value that is used, as it is in memory.

    Raises:
        InvalidConfiguration: when its source cannot be found.
    """
    if reference in _frozen:
        return _frozen[reference]
    if lives_in_main(reference):
        found, imported = parts_of(reference.partition(":")[2])
        for module in sorted(filter(_is_own_file, imported)):
            found |= _collect(module)
        return found
    module = reference.partition(":")[0]
    found = _collect(module)
    if module not in found:
        raise InvalidConfiguration(f"cannot read the source of '{module}'", f"for '{reference}'")
    return found


def physics_digest() -> str:
    """The digest of the code of this package through which every event goes."""
    return _digest(sorted(physics_parts().items()))


def physics_parts() -> dict[str, str]:
    """A digest of each module of this package through which every event goes."""
    return _frozen[""] if "" in _frozen else _collect("higgsflow.block")


def own_digest(references: Iterable[str]) -> str:
    """The digest of the code of users among what is referred to; empty where there is none."""
    parts = {part for reference in references for part in code_parts(reference).items()}
    own = sorted(part for part in parts if not _is_ours(part[0]))
    return _digest(own) if own else ""


def own_sources(references: Iterable[str]) -> dict[str, Path]:
    """The modules of users among what is referred to, and their files; a script is `__main__`."""
    references = tuple(references)
    modules = {name for r in references if not lives_in_main(r) for name in code_parts(r)}
    packages = {parent for name in modules for parent in _packages_of(name)}
    found = {name: _path_of(name) for name in sorted(modules | packages) if not _is_ours(name)}
    if any(map(lives_in_main, references)):
        # a notebook has no file that Python knows of
        script = getattr(sys.modules["__main__"], "__file__", None)
        found["__main__"] = None if script is None else Path(script)
    return {name: path for name, path in found.items() if path is not None}


def _packages_of(name: str) -> Iterator[str]:
    while name := name.rpartition(".")[0]:
        yield name


def mentions(reference: str, words: Iterable[str]) -> bool:
    """Whether the code behind `module:name` has one of these words, as attribute or as text.

    Of a script that is not known: then it may.
    """
    if lives_in_main(reference):
        return True
    paths = filter(None, map(_path_of, code_parts(reference)))
    wanted = set(words)
    return any(wanted & _words(path, path.stat().st_mtime_ns) for path in paths)


@functools.cache
def _words(path: Path, mtime_ns: int) -> frozenset[str]:
    """Attributes and texts of a file; the time tells versions apart."""
    del mtime_ns
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    attributes = (node.attr for node in nodes if isinstance(node, ast.Attribute))
    constants = (node.value for node in nodes if isinstance(node, ast.Constant))
    return frozenset((*attributes, *(text for text in constants if isinstance(text, str))))


def _digest(parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


# modules of users with the time of their file when they were first looked at
_known: dict[str, int] = {}


def refresh(references: Iterable[str]) -> None:
    """Forgets modules of the user whose files have changed, so that they are imported again.

    A notebook goes on living while its modules are edited: what runs must be what is digested.
    """
    for root in dict.fromkeys(reference.partition(":")[0] for reference in references):
        if _is_ours(root):
            # which follows nothing of the user
            continue
        names = [name for name in _collect(root) if not _is_ours(name)]
        times = {name: _time_of(name) for name in names}
        if any(_known.get(name, time) != time for name, time in times.items()):
            for name in names:
                sys.modules.pop(name, None)
        _known.update(times)


def _time_of(name: str) -> int:
    path = _path_of(name)
    return 0 if path is None else path.stat().st_mtime_ns


def _collect(root: str) -> dict[str, str]:
    """Syntax of a module and of all it uses of its own package and of the physics here."""
    found: dict[str, str] = {}
    pending = [root]
    while pending:
        name = pending.pop()
        if name in found:
            continue
        path = _path_of(name)
        if path is None:
            continue
        try:
            found[name], imports = syntax_of(path.read_bytes())
        except SyntaxError as error:
            # one that is only imported when a function is called
            error.filename = str(path)
            raise broken(name, error) from error
        pending.extend(
            target
            for imported in imports
            for target in _resolved(imported, name, path)
            if _is_followed(target, root)
        )
    remember()
    return found


def _is_ours(name: str) -> bool:
    """Whether a module is of this package; users may have a `higgsflow_extras`."""
    return name.partition(".")[0] == "higgsflow"


def _is_own_file(name: str) -> bool:
    """Whether it is a module of a user, which is not installed."""
    path = None if _is_ours(name) else _path_of(name)
    return path is not None and not is_installed(str(path))


def _is_followed(name: str, root: str) -> bool:
    if _is_ours(name):
        return name.startswith(_PHYSICS)
    return name.partition(".")[0] == root.partition(".")[0] or _beside(name, root)


def _beside(name: str, root: str) -> bool:
    """Whether two modules, of any packages, are imported from the same folder of one's own."""
    ours, theirs = _home_of(root), _home_of(name)
    return ours is not None and ours == theirs and "site-packages" not in ours.parts


def _home_of(name: str) -> Path | None:
    """The folder from which Python imports a module or its outermost package."""
    outermost = name.partition(".")[0]
    # of folders without __init__.py only what is in them has a path
    found = outermost if _path_of(outermost) is not None else name
    path = _path_of(found)
    if path is None:
        return None
    depth = found.count(".") + (1 if path.name == "__init__.py" else 0)
    return path.parents[depth]


@functools.cache
def _path_of(name: str) -> Path | None:
    within = name.rpartition(".")[0]
    # else Python would import a module, and all that it imports, to see that it is no package
    if within and (holder := _path_of(within)) is not None and holder.name != "__init__.py":
        return None
    try:
        spec = importlib.util.find_spec(name) if _is_awake(name) else _found(name)
    except (ImportError, ValueError, AttributeError):
        return None
    origin = spec.origin if spec is not None else None
    return Path(origin) if origin is not None and origin.endswith(".py") else None


def _is_awake(name: str) -> bool:
    """Whether a question does not wake a module that waits until somebody looks at it."""
    return "." in name or type(sys.modules.get(name)) in (ModuleType, type(None))


def _found(name: str) -> ModuleSpec | None:
    """Where an outermost module would be imported from."""
    found = (finder.find_spec(name, None) for finder in sys.meta_path)
    return next((spec for spec in found if spec is not None), None)


def _resolved(imported: Imported, importer: str, path: Path) -> Iterator[str]:
    """Names of modules that an import statement may mean."""
    module, level, names = imported
    if level:
        parts = importer.split(".")
        keep = len(parts) - level + (1 if path.name == "__init__.py" else 0)
        module = ".".join((*parts[:keep], *((module,) if module else ())))
    yield module
    yield from (f"{module}.{name}" for name in names)
