"""Every text that errors for users are made with, read from the source without running it.

Wherever such an error is made its text stands there; angle brackets stand for what is only known
then. Classes of errors say their cause and the cure of messages that name none of their own.
"""

from __future__ import annotations

import ast
import functools
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VALUE, PROBLEM = "ValueError", "Problem"
_PACKAGES = ("higgsflow", "tasks", "workflows")
_BASE = "UserError"
# their validators' errors are told as errors of a configuration
_MODELS = "higgsflow/model/"
# what each argument of an error is, where it is not given by name
_ORDER = ("what", "where", "remedy")
_UNKNOWN, _MISSING = "UnknownName", "MissingColumn"


@dataclass(frozen=True)
class ErrorClass:
    """A class of errors, as its source says."""

    name: str
    about: str
    cause: str
    cure: str


@dataclass(frozen=True, order=True)
class Message:
    """One text for users, and the class of its error; `cure` is empty where the class has it."""

    kind: str
    text: str
    cure: str


def error_classes(root: Path = ROOT) -> tuple[ErrorClass, ...]:
    """All classes of errors for users, the ones that others are made from first.

    Raises:
        LookupError: for one without cause or cure.
    """
    return tuple(_class_of(node) for node in _error_nodes(root).values())


def messages(root: Path = ROOT) -> tuple[Message, ...]:
    """All texts that errors for users are made with, each once, in the order of the alphabet."""
    kinds = {*_error_nodes(root), PROBLEM}
    found = set()
    for path, tree in _trees(root).items():
        asked = kinds | ({VALUE} if path.startswith(_MODELS) else set())
        text = _Text(_constants(tree))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in asked:
                found.add(_message(node, text))
    # a text that is only known when it is told says nothing here
    return tuple(sorted(one for one in found if any(map(str.isalpha, _literal(one.text)))))


@functools.cache
def _trees(root: Path) -> dict[str, ast.Module]:
    """The source, by path."""
    return {
        path.relative_to(root).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for package in _PACKAGES
        for path in sorted((root / package).rglob("*.py"))
    }


def _error_nodes(root: Path) -> dict[str, ast.ClassDef]:
    """The definitions of all classes of errors for users, by name."""
    classes = [
        node for tree in _trees(root).values() for node in tree.body
        if isinstance(node, ast.ClassDef)
    ]  # fmt: skip
    found = {node.name: node for node in classes if node.name == _BASE}
    while True:
        bases = {
            node.name: node
            for node in classes
            if node.name not in found and any(getattr(b, "id", "") in found for b in node.bases)
        }
        if not bases:
            return found
        found |= bases


def _class_of(node: ast.ClassDef) -> ErrorClass:
    said = {
        target.id: ast.literal_eval(line.value)
        for line in node.body
        if isinstance(line, ast.Assign | ast.AnnAssign) and line.value is not None
        for target in (line.targets if isinstance(line, ast.Assign) else [line.target])
        if isinstance(target, ast.Name) and target.id in ("cause", "cure")
    }
    about = (ast.get_docstring(node) or "").partition("\n")[0].rstrip(".")
    for name, text in (
        ("docstring", about),
        ("cause", said.get("cause")),
        ("cure", said.get("cure")),
    ):
        if not text:
            raise LookupError(f"the error {node.name} says no {name}")
    return ErrorClass(name=node.name, about=about, cause=said["cause"], cure=said["cure"])


def _message(call: ast.Call, text: _Text) -> Message:
    kind = str(getattr(call.func, "id", ""))
    given = dict(zip(_ORDER, map(text.of, call.args), strict=False))
    given |= {word.arg: text.of(word.value) for word in call.keywords if word.arg}
    cure = given.get("remedy", "")
    if kind == _UNKNOWN and len(call.args) >= 4:
        what, name, _, where = map(text.of, call.args)
        given["what"], cure = f"no {what} '{name}' in {where}", ""
    if kind == _MISSING and len(call.args) >= 2:
        column, owner = map(text.of, call.args[:2])
        given["what"], cure = f"no column '{column}', which {owner} needs", ""
    return Message(kind=kind, text=given.get("what", ""), cure=cure)


def _constants(tree: ast.Module) -> dict[str, str]:
    """The texts that a module has names for."""
    return {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


@dataclass(frozen=True)
class _Text:
    """Expressions as text, with angle brackets for what is only known when it is told."""

    constants: dict[str, str]

    def of(self, node: ast.expr) -> str:
        """The text of one."""
        if isinstance(node, ast.Constant):
            return str(node.value)
        if isinstance(node, ast.IfExp):
            return " or ".join(filter(None, (self.of(node.body), self.of(node.orelse))))
        if isinstance(node, ast.Name) and node.id in self.constants:
            return self.constants[node.id]
        parts = self._parts(node)
        return "".join(map(self.of, parts)) if parts else self._value(node)

    @staticmethod
    def _parts(node: ast.expr) -> list[ast.expr]:
        """What a text is put together from."""
        if isinstance(node, ast.JoinedStr):
            return node.values
        if isinstance(node, ast.FormattedValue):
            return [node.value]
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            return [node.left, node.right]
        return []

    @staticmethod
    def _value(node: ast.expr) -> str:
        """What stands for a value: its name in the source, where that is a word."""
        name = getattr(node, "attr", getattr(node, "id", "..."))
        return f"<{str(name).strip('_')}>"


def _literal(text: str) -> str:
    """What is left of a text without the values."""
    return "".join(part.rpartition(">")[2] for part in text.split("<"))
