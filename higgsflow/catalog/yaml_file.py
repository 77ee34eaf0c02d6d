"""YAML files as mappings: the only reader of YAML that people wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from higgsflow.errors import InvalidConfiguration

if TYPE_CHECKING:
    from pathlib import Path

_MERGE = "tag:yaml.org,2002:merge"


def read_yaml(path: Path) -> dict[str, Any]:
    """The mapping that a YAML file holds.

    Raises:
        InvalidConfiguration: when it cannot be read, is not YAML or not a mapping.
    """
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=_UniqueKeyLoader)
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidConfiguration(f"cannot read {path}", str(error)) from error
    except yaml.YAMLError as error:
        reason = " ".join(str(error).split())[:300]
        raise InvalidConfiguration(f"{path} is not valid YAML", reason) from error
    if not isinstance(content, dict):
        raise InvalidConfiguration(f"{path} does not hold a mapping of keys and values")
    return content


class _UniqueKeyLoader(yaml.SafeLoader):
    """The safe loader, which moreover refuses a key given twice instead of keeping the last."""

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
