"""Correctionlib files: opening, what they hold, and where their bins end."""

from __future__ import annotations

import functools
import gzip
import json
import math
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import lazy_loader as lazy

from higgsflow.corrections.binned import BinnedTable, table_of
from higgsflow.corrections.nodes import check_nodes
from higgsflow.corrections.words import check_words
from higgsflow.errors import InvalidConfiguration, UnknownName, said_by
from higgsflow.model.once import keys_once

if TYPE_CHECKING:
    from higgsflow.model.correction import Correction

correctionlib = lazy.load("correctionlib")

Range = tuple[float, float]
# bytes; the largest files of experiments hold a fifth of it
_MOST, _PIECE = 500_000_000, 1 << 20


@dataclass(frozen=True)
class Evaluator:
    """One correction of a file, ready to be asked.

    Attributes:
        inputs: type of each input (real, int or string), in order.
        clamped: range of the inputs outside of which the value of the nearest bin is given; only
            where one range holds for the whole correction.
        data: what it is made of; None of a compound one.
    """

    evaluate: Any
    inputs: dict[str, str]
    clamped: dict[str, Range]
    data: Any = None
    _tables: dict[Any, BinnedTable | None] = field(default_factory=dict, repr=False)

    def table(self, words: Mapping[str, Any]) -> BinnedTable | None:
        """The correction as a table for these inputs, which are the same for all; or None."""
        key = tuple(words.items())
        if key not in self._tables:
            self._tables[key] = table_of(self.data, words)
        return self._tables[key]


def evaluator(correction: Correction, direction: str, owner: str) -> Evaluator:
    """The correction of a direction.

    Raises:
        InvalidConfiguration: when the file cannot be used, or its inputs are others.
        UnknownName: when it has no such correction.
    """
    path, name = str(correction.file), correction.name_of(direction)
    held = _opened(path, _time_of(path, owner))
    if name not in held:
        raise UnknownName("correction", name, list(held), f"{path}, for '{owner}'")
    found = held[name]
    _check_inputs(correction, found, f"correction '{name}', for '{owner}'")
    return found


def _check_inputs(correction: Correction, found: Evaluator, where: str) -> None:
    for given in correction.inputs:
        if given not in found.inputs:
            raise UnknownName("input", given, list(found.inputs), where)
    for needed, kind in found.inputs.items():
        if needed not in correction.inputs:
            raise InvalidConfiguration(
                f"input '{needed}' is not given",
                f"{where}, which needs {', '.join(found.inputs)}",
                "say a column, a value, by_year, or variation: true",
            )
        given_column = correction.inputs[needed]
        if kind == "string" and (given_column.column or given_column.event_column):
            raise InvalidConfiguration(
                f"input '{needed}' is a word, not the column of numbers that is given",
                where,
                "say {value: ...}, by_year, or variation: true",
            )


def check(correction: Correction, directions: tuple[str, ...], owner: str) -> None:
    """Raises where the file does not hold what is asked of it; nothing is evaluated."""
    for direction in directions:
        found = evaluator(correction, direction, owner)
        words = {
            name: correction.variations.get(direction) if given.variation else given.value
            for name, given in correction.inputs.items()
        }
        name = correction.name_of(direction)
        check_words(found.data, words, f"correction '{name}', for '{owner}'")


def _time_of(path: str, owner: str) -> int:
    """When it last changed: whoever copies a file may keep the time it tells."""
    try:
        return Path(path).stat().st_ctime_ns
    except OSError as error:
        reason = f"cannot read {path}: {error.strerror}"
        raise InvalidConfiguration(reason, f"the correction of '{owner}'") from error


@functools.lru_cache(maxsize=64)
def _opened(path: str, ctime_ns: int) -> dict[str, Evaluator]:
    """Every correction of a file; the time tells versions of it apart."""
    del ctime_ns
    try:
        text = _content(path).decode()
        # correctionlib itself takes the first of two values, and Python the last
        content = json.loads(text, object_pairs_hook=keys_once)
        check_nodes(content, path)
        opened = correctionlib.CorrectionSet.from_string(text)
    # the last two are what a file that was cut off or damaged ends in
    except (OSError, ValueError, RuntimeError, EOFError, zlib.error) as error:
        reason = said_by(error)
        raise InvalidConfiguration(f"{path} is no correctionlib file", reason) from error
    found = {}
    for entry in content.get("corrections", ()):
        _check_edges(entry["data"], f"correction '{entry['name']}' of {path}")
        inputs = {one["name"]: one["type"] for one in entry["inputs"]}
        evaluate = opened[entry["name"]].evaluate
        found[entry["name"]] = Evaluator(
            evaluate, inputs, clamped_ranges(entry["data"]), entry["data"]
        )
    for entry in content.get("compound_corrections") or ():
        inputs = {one["name"]: one["type"] for one in entry["inputs"]}
        # its inputs may be updated from one correction to the next
        found[entry["name"]] = Evaluator(opened.compound[entry["name"]].evaluate, inputs, {})
    return found


def _content(path: str) -> bytearray:
    """What a file holds, unpacked, and no more of it than a correction can be.

    Raises:
        InvalidConfiguration: for more, which a small packed file may hold.
    """
    content = bytearray()
    with (gzip.open if path.endswith(".gz") else open)(path, "rb") as file:
        while piece := file.read(_PIECE):
            content += piece
            if len(content) > _MOST:
                raise InvalidConfiguration(
                    f"{path} holds more than {_MOST // 10**6} MB",
                    "all of it would be in the memory of every job",
                    "write the corrections that you need to a file of their own",
                )
    return content


def _check_edges(data: Any, where: str) -> None:
    """Raises for edges between which there is no bin; correctionlib looks for one all the same."""
    for name, edges, flow in _axes(data):
        if flow is None or isinstance(edges, Mapping):
            continue
        if len(edges) < 2 or any(math.isnan(float(edge)) for edge in edges):
            raise InvalidConfiguration(
                f"the bins of '{name}' have the edges {edges}",
                where,
                "two numbers or more are needed",
            )


def clamped_ranges(data: Any) -> dict[str, Range]:
    """Per input the range of its bins, where all bins of it are the same and clamp."""
    ranges: dict[str, set[Range | None]] = {}
    for name, edges, flow in _axes(data):
        clamps = flow == "clamp"
        ranges.setdefault(name, set()).add(_range(edges) if clamps else None)
    return {
        name: found
        for name, (found, *others) in ((n, tuple(r)) for n, r in ranges.items())
        if found is not None and not others
    }


def _axes(node: Any) -> Iterator[tuple[str, Any, Any]]:
    """Input, edges and rule of every binned axis in a correction, also of inner ones."""
    if not isinstance(node, Mapping):
        return
    kind = node.get("nodetype")
    if kind == "binning":
        yield node["input"], node["edges"], node["flow"]
    elif kind == "multibinning":
        for name, edges in zip(node["inputs"], node["edges"], strict=True):
            yield name, edges, node["flow"]
    if kind == "transform":
        # what it does to its input makes the bins below it something else
        yield node["input"], [0, 0], None
    inner = [one["value"] if kind == "category" else one for one in _contents(node)]
    for one in (*inner, node.get("flow"), node.get("default")):
        yield from _axes(one)


def _contents(node: Mapping[str, Any]) -> list[Any]:
    content = node.get("content", ())
    return list(content) if isinstance(content, list | tuple) else [content]


def _range(edges: Any) -> Range:
    """The first and last edge, of a list or of a uniform binning."""
    if isinstance(edges, Mapping):
        return float(edges["low"]), float(edges["high"])
    # infinite ones are texts
    return float(edges[0]), float(edges[-1])
