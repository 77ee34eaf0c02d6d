"""YAML files as mappings: the only reader of YAML that people wrote, and text that it can read.

PyYAML comes with a parser in C, if its wheel was made with libyaml, and with one in Python, eight
times slower, which tells better what is wrong.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import yaml

from higgsflow.errors import InvalidConfiguration

if TYPE_CHECKING:
    from pathlib import Path

_MERGE = "tag:yaml.org,2002:merge"
_ODD = ("\t", "!")


def read_yaml(path: Path) -> dict[str, Any]:
    """The mapping that a YAML file holds.

    Raises:
        InvalidConfiguration: when it cannot be read, is not YAML or not a mapping.
    """
    try:
        content = _content(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidConfiguration(f"cannot read {path}", str(error)) from error
    except yaml.YAMLError as error:
        # what is read is a text, which has no name; the file is told before
        reason = " ".join(str(error).replace('in "<unicode string>", ', "at ").split())[:300]
        raise InvalidConfiguration(f"{path} is not valid YAML", reason) from error
    if not isinstance(content, dict):
        raise InvalidConfiguration(f"{path} does not hold a mapping of keys and values")
    return content


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


class _UniqueKeys(yaml.constructor.SafeConstructor):
    """The safe constructor, which refuses a key given twice instead of keeping the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key_node, _ in node.value:
            if key_node.tag == _MERGE:
                continue
            # as text, since `2017` and `"2017"` are the same year
            key = str(self.construct_object(key_node, deep=True))
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"key '{key}' is given twice", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


class _TellingLoader(_UniqueKeys, yaml.SafeLoader):
    """Shows the line that is wrong."""


class _QuickLoader(_UniqueKeys, getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Builds no tokens as objects of Python."""
