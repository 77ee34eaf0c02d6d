"""What correctionlib takes at its word in a file, and looks for in memory where it is not there.

That ends the process without a word, or gives any number; so it is looked at before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import accumulate
from typing import Any

from higgsflow.errors import InvalidConfiguration

_INNER = {dict, list}
# of a formula, which correctionlib follows into each bracket on the stack of the process
_MOST_LETTERS, _DEEPEST = 20_000, 200
_PARAMETER = re.compile(r"\[(\d+)\]")


def check_nodes(content: Any, path: str) -> None:
    """Raises where names are no texts, a formula has fewer parameters than it uses, or no end."""
    if not isinstance(content, Mapping):
        return
    for entry in _entries(content, "corrections"):
        formulas = _entries(entry, "generic_formulas")
        for node in _nodes(entry):
            if found := _unsound(node, formulas):
                where = f"in correction '{entry.get('name')}' of {path}"
                raise InvalidConfiguration(f"{found}", where, "take the file as it was published")


def _entries(content: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """The objects of a list, if there is one."""
    found = content.get(name)
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def _nodes(content: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Every node below, whatever stands between; files may have them hundreds deep."""
    left: list[Any] = [content]
    while left:
        one = left.pop()
        inner = one.values() if type(one) is dict else one
        # types as JSON makes them: most of a file are numbers, and these are passed over fastest so
        left.extend(each for each in inner if type(each) in _INNER)
        if type(one) is dict and "nodetype" in one:
            yield one


def _unsound(node: Mapping[str, Any], formulas: list[Mapping[str, Any]]) -> str:
    """What is wrong with a node; empty where nothing is."""
    kind = node["nodetype"]
    if kind == "multibinning" and not (node.get("inputs") and _are_names(node["inputs"])):
        return f"bins of the inputs {node.get('inputs')}, which are no names"
    if kind == "formula":
        return _unsound_formula(node)
    if kind == "formularef" and isinstance(node.get("parameters"), list):
        given, index = len(node["parameters"]), node.get("index")
        named = formulas[index] if type(index) is int and 0 <= index < len(formulas) else {}
        used = _PARAMETER.findall(str(named.get("expression")))
        needed = max((int(number) + 1 for number in used), default=0)
        if given < needed:
            return f"{given} parameters of a formula that uses {needed}"
    return ""


def _unsound_formula(node: Mapping[str, Any]) -> str:
    if not _are_names(node.get("variables", [])):
        return f"a formula of the variables {node['variables']}, which are no names"
    text = str(node.get("expression"))
    # files have thousands of them, with few brackets each
    is_deep = text.count("(") > _DEEPEST and _depth(text) > _DEEPEST
    if is_deep or len(text) > _MOST_LETTERS:
        return f"a formula of {len(text):,} letters, {_depth(text):,} brackets deep"
    return ""


def _depth(text: str) -> int:
    """How many brackets are open at a time."""
    steps = ((letter == "(") - (letter == ")") for letter in text)
    return max(accumulate(steps), default=0)


def _are_names(values: Any) -> bool:
    return isinstance(values, list) and all(isinstance(one, str) for one in values)
