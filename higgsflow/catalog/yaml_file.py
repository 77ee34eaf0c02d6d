"""YAML files as mappings: the only reader of YAML that people wrote, and text that it can read.

PyYAML comes with a parser in C, if its wheel was made with libyaml, and with one in Python, eight
times slower, which tells better what is wrong.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import yaml

from higgsflow.catalog.yaml_error import told
from higgsflow.errors import InvalidConfiguration
from higgsflow.visible import has_controls

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_MERGE = "tag:yaml.org,2002:merge"
_ODD = ("\t", "!")
# YAML reads 1:30 as 90, and 017 as 15
_OTHER_BASE = re.compile(r"[-+]?0[0-7_]+|[^:]*:.*")
# values of a file, with what aliases repeat
_MOST_VALUES = 10_000_000


def read_yaml(path: Path) -> dict[str, Any]:
    """The mapping that a YAML file holds.

    Raises:
        InvalidConfiguration: when it cannot be read, is not YAML or not a mapping.
    """
    text = _text(path)
    try:
        content = _content(text)
    except yaml.YAMLError as error:
        raise InvalidConfiguration(f"{path} is not valid YAML", *told(error, text)) from error
    except RecursionError as error:
        raise InvalidConfiguration(
            f"{path} is nested too deeply", "lists of lists of ..."
        ) from error
    if content is None:
        raise InvalidConfiguration(f"{path} is empty", "", "keys and values are needed")
    if not isinstance(content, dict):
        raise InvalidConfiguration(f"{path} does not hold a mapping of keys and values")
    return content


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise InvalidConfiguration(f"cannot read {path}", str(error)) from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        where = f"line {line} has a byte {error.object[error.start]:#x}, which is not UTF-8"
        raise InvalidConfiguration(f"cannot read {path}", where, "save it as UTF-8") from error


def as_yaml_text(content: Any) -> str:
    """Mappings, lists and values as text, in their order."""
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    text: str = yaml.dump(content, Dumper=dumper, sort_keys=False, allow_unicode=True, width=100)
    return text


def _content(text: str) -> Any:
    # tabs and empty tags, which the parser in C takes in ways of its own, mean what they always did
    if not any(odd in text for odd in _ODD):
        with suppress(yaml.YAMLError):
            return yaml.load(text, Loader=_QuickLoader)
    return yaml.load(text, Loader=_TellingLoader)


def _wrong(reason: str, node: yaml.Node) -> yaml.constructor.ConstructorError:
    return yaml.constructor.ConstructorError(None, None, reason, node.start_mark)


class _AsWritten(yaml.constructor.SafeConstructor):
    """The safe constructor, which refuses what means something else than what is written."""

    def construct_document(self, node: yaml.Node) -> Any:
        _count_values(node, {})
        return super().construct_document(node)

    def construct_scalar(self, node: yaml.ScalarNode | yaml.MappingNode) -> Any:
        """A value, of characters that can be seen: others would be obeyed by terminals."""
        found = super().construct_scalar(node)
        if isinstance(found, str) and has_controls(found):
            raise _wrong(f"{found[:40]!r} has a control character", node)
        return found

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Refuses a key given twice, of which the last would be kept, and `NO`, which is false."""
        seen: set[str] = set()
        for key_node, _ in node.value:
            if key_node.tag == _MERGE:
                continue
            # as text, since `2017` and `"2017"` are the same year
            key = str(self.construct_object(key_node, deep=True))
            if isinstance(key_node, yaml.ScalarNode) and key != key_node.value:
                raise _wrong(f"the key {key_node.value} is read as {key}: put quotes", key_node)
            if key in seen:
                raise _wrong(f"key '{key}' is given twice", key_node)
            seen.add(key)
        return super().construct_mapping(node, deep=deep)

    def construct_number(self, node: yaml.ScalarNode) -> Any:
        """A number; not of another base, unless it says so, as 0x1F does."""
        of_kind = self.construct_yaml_float if "float" in node.tag else self.construct_yaml_int
        found = self._made(of_kind, node)
        if _OTHER_BASE.fullmatch(node.value):
            raise _wrong(f"{node.value} is read as {found}: put quotes", node)
        return found

    def construct_time(self, node: yaml.ScalarNode) -> Any:
        """A date that there is."""
        return self._made(self.construct_yaml_timestamp, node)

    def construct_truth(self, node: yaml.ScalarNode) -> Any:
        """True or false."""
        return self._made(self.construct_yaml_bool, node)

    def _made(self, make: Callable[[Any], Any], node: yaml.ScalarNode) -> Any:
        try:
            return make(node)
        # a tag may call anything a number
        except (ValueError, LookupError, AttributeError) as error:
            raise _wrong(f"{node.value[:40]!r} cannot be read: {error}", node) from error


_AsWritten.yaml_constructors = {
    **yaml.constructor.SafeConstructor.yaml_constructors,
    "tag:yaml.org,2002:int": _AsWritten.construct_number,
    "tag:yaml.org,2002:float": _AsWritten.construct_number,
    "tag:yaml.org,2002:timestamp": _AsWritten.construct_time,
    "tag:yaml.org,2002:bool": _AsWritten.construct_truth,
}


def _count_values(node: yaml.Node, known: dict[int, int | None]) -> int:
    """How many values a node stands for; raises for more than anybody means, or one in itself."""
    if isinstance(node, yaml.ScalarNode):
        return 1
    if (found := known.get(id(node), 0)) is None:
        raise _wrong("an anchor that holds itself", node)
    if not found:
        known[id(node)] = None
        is_mapping = isinstance(node, yaml.MappingNode)
        inner = [one for pair in node.value for one in pair] if is_mapping else node.value
        found = known[id(node)] = 1 + sum(_count_values(one, known) for one in inner)
        if found > _MOST_VALUES:
            raise _wrong(f"aliases repeat it to {found} values", node)
    return found


class _TellingLoader(_AsWritten, yaml.SafeLoader):
    """Shows the line that is wrong."""


class _QuickLoader(_AsWritten, getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Builds no tokens as objects of Python."""
