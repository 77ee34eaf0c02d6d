"""The words that an input of a correction may be, such as the names of its variations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from higgsflow.errors import UnknownName

if TYPE_CHECKING:
    from collections.abc import Iterator


def check_words(data: Any, given: Mapping[str, Any], where: str) -> None:
    """Raises for a word that no category of its input has.

    Args:
        data: what the correction is made of; of None nothing is known.
        given: by input what it is for all events; what is no word is left out.
        where: for the message.

    Raises:
        UnknownName: that names the nearest word.
    """
    for name, word in given.items():
        keys = list(_keys(data, name))
        # a category with a default takes any word
        if isinstance(word, str) and keys and None not in keys and word not in keys:
            raise UnknownName(f"{name}", word, {str(key) for key in keys}, where)


def _keys(node: Any, name: str) -> Iterator[Any]:
    """The keys of every category of an input, and None for each that has a default."""
    if isinstance(node, list | tuple):
        for one in node:
            yield from _keys(one, name)
    if not isinstance(node, Mapping):
        return
    if node.get("nodetype") == "category" and node["input"] == name:
        yield from (entry["key"] for entry in node["content"])
        if node.get("default") is not None:
            yield None
    for part in ("content", "value", "flow", "default", "rule"):
        yield from _keys(node.get(part), name)
