"""Digests of code: what a function computes, not how it is formatted or explained.

A digest covers the syntax of a module, and of what it imports of the user's own modules and of the
physics of this package, with the packages in which they lie, which are imported first.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import importlib.util
import sys
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from higgsflow.errors import ChangedMeanwhile, InvalidConfiguration
from higgsflow.model.reference import broken, is_installed, lives_in_main
from higgsflow.script_code import parts_of
from higgsflow.syntax import digest_of, remember, syntax_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from importlib.machinery import ModuleSpec

    from higgsflow.syntax import Imported, Syntax

# modules of this package whose code decides what comes out of a job
_PHYSICS = tuple(
    f"higgsflow.{name}"
    for name in (
        "before_cuts", "block", "bounds", "corrections", "events.arithmetic", "events.columns",
        "events.datasets", "events.formulas", "events.golden", "events.late_numbers",
        "events.lists", "events.objects", "events.plain", "events.plain_values",
        "events.quick_values", "events.quick_views", "events.users_code",
        "every_variation", "exact_sums", "full_weights", "given_factors", "late_weights", "needs",
        "nominal_corrections", "objects", "output_columns", "per_bin", "plan", "preserved",
        "records.exact_counters", "records.moments", "selection", "shifts", "splitmix",
        "step_of_sums", "sums", "taggers", "tally", "variations", "vectors", "weight_columns",
        "weights", "working_points",
    )
)  # fmt: skip

# folders of what is installed for all, such as what an experiment provides
_ELSEWHERE = {"site-packages", "dist-packages"}

# digests that hold until `thaw`, whatever happens to the files; the physics of this package as ""
_frozen: dict[str, dict[str, str]] = {}
# modules of these that nobody had imported then, with the time of their file and their digest
_late: dict[str, tuple[int, str]] = {}


def freeze(references: Iterable[str]) -> None:
    """Keeps today's digests of the code, so that one run has one truth while files change."""
    known: dict[str, dict[str, str]] = {}
    for reference in references:
        root = reference if lives_in_main(reference) else reference.partition(":")[0]
        if root not in known:
            known[root] = code_parts(reference)
        _frozen[reference] = known[root]
        for name in known[root].keys() - sys.modules.keys() - _late.keys():
            if _is_own_file(name):
                _late[name] = _time_of(name), known[root][name]
    _frozen[""] = physics_parts()


def thaw() -> None:
    """Looks at the files again."""
    _frozen.clear()
    _late.clear()


def check_late_imports() -> None:
    """Of modules that functions import when they run, what is in memory must be what was frozen.

    Raises:
        ChangedMeanwhile: where a file had changed before it was imported.
    """
    for name in [name for name in _late if name in sys.modules]:
        time, said = _late[name]
        path = _path_of(name)
        if path is not None and _time_of(name) != time and _said_by(name, path).digest != said:
            raise ChangedMeanwhile(path, "module")
        # what is in memory stays
        del _late[name]


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
    return any(wanted & _words(path, path.stat().st_ctime_ns) for path in paths)


@functools.cache
def _words(path: Path, ctime_ns: int) -> frozenset[str]:
    """Attributes and texts of a file; the time tells versions apart."""
    del ctime_ns
    nodes = list(ast.walk(ast.parse(path.read_bytes())))
    attributes = (node.attr for node in nodes if isinstance(node, ast.Attribute))
    constants = (node.value for node in nodes if isinstance(node, ast.Constant))
    return frozenset((*attributes, *(text for text in constants if isinstance(text, str))))


def _digest(parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


# modules of users with the time of their file when they were first looked at
_known: dict[str, int] = {}
# a package of which nothing is said but that it is one
_EMPTY = digest_of(ast.parse(""))


def refresh(references: Iterable[str]) -> None:
    """Forgets modules of the user whose files have changed, so that they are imported again.

    A notebook goes on living while its modules are edited: what runs must be what is digested.
    """
    for root in dict.fromkeys(reference.partition(":")[0] for reference in references):
        if _is_ours(root):
            # which follows nothing of the user
            continue
        names = [name for name in _collect(root) if not _is_ours(name)]
        _forget_compiled(names)
        times = {name: _time_of(name) for name in names}
        if any(_known.get(name, time) != time for name, time in times.items()):
            for name in names:
                sys.modules.pop(name, None)
        _known.update(times)


def _time_of(name: str) -> int:
    """When the file of a module last changed: whoever copies one may keep the time it tells."""
    path = _path_of(name)
    return 0 if path is None else path.stat().st_ctime_ns


def _forget_compiled(names: Iterable[str]) -> None:
    """Removes what Python has compiled of files that were replaced since.

    It takes a source of the same size and time for the same one, and would run the old one.
    """
    for path in filter(None, map(_path_of, names)):
        # nobody's cache, or a cache of somebody else
        with suppress(OSError, NotImplementedError):
            compiled = Path(importlib.util.cache_from_source(str(path)))
            if compiled.stat().st_mtime_ns < path.stat().st_ctime_ns:
                compiled.unlink()


def _collect(root: str) -> dict[str, str]:
    """Syntax of a module and of all it uses of the user's own modules and of the physics here."""
    found: dict[str, str] = {}
    pending, asked = [root], {root}
    while pending:
        name = pending.pop()
        path = None if name in found else _path_of(name)
        if path is None:
            continue
        found[name], imports = _said_by(name, path)
        followed = [
            target
            for imported in imports
            for target in _resolved(imported, name, path)
            if _is_followed(target, root)
        ]
        asked.update(followed)
        around = () if _is_ours(name) else _packages_of(name)
        pending.extend((*followed, *around))
    remember()
    # most packages say nothing, and of those nobody asks
    return {name: said for name, said in found.items() if name in asked or said != _EMPTY}


def _said_by(name: str, path: Path) -> Syntax:
    try:
        return syntax_of(path.read_bytes())
    except SyntaxError as error:
        # one that is only imported when a function is called
        error.filename = str(path)
        raise broken(name, error) from error


def _is_ours(name: str) -> bool:
    """Whether a module is of this package; users may have a `higgsflow_extras`."""
    return name.partition(".")[0] == "higgsflow"


def _is_own_file(name: str) -> bool:
    """Whether it is a module of a user, which is not installed."""
    path = None if _is_ours(name) else _path_of(name)
    return path is not None and not is_installed(str(path)) and not _ELSEWHERE & {*path.parts}


def _is_followed(name: str, root: str) -> bool:
    if _is_ours(name):
        return name.startswith(_PHYSICS)
    if _is_ours(root):
        return False
    return name.partition(".")[0] == root.partition(".")[0] or _is_of_user(name)


def _is_of_user(name: str) -> bool:
    """Whether a module is imported from a folder of one's own, whichever it is."""
    outermost = name.partition(".")[0]
    # of folders without __init__.py only what is in them has a path
    return _is_own_file(outermost if _path_of(outermost) is not None else name)


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
