"""Files that a configuration names besides events: what they are, and whether they still are that.

Corrections, models and golden JSONs count by their content. Of a run it is that of its begin: a
colleague may publish the next version in the middle of it.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from higgsflow.errors import ChangedMeanwhile
from higgsflow.output.atomic import checksum
from higgsflow.there import is_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from higgsflow.plan import Plan

# what is said of each file until `thaw`, whatever happens to it; nothing of one that is not there
_frozen: dict[str, str] = {}


def freeze(plans: Iterable[Plan]) -> None:
    """Keeps what the files of some plans are now, so that one run has one truth."""
    for plan in plans:
        for text in _named_by(plan):
            _frozen.setdefault(text, checksum_of(text))


def thaw() -> None:
    """Looks at the files again."""
    _frozen.clear()


def checksum_of(text: str) -> str:
    """The checksum of a file, in a run that of its begin; empty where there is none so called."""
    return _frozen[text] if text in _frozen else _now(text)


def check_unchanged() -> None:
    """What a job has read of these files must be what the run began with.

    Raises:
        ChangedMeanwhile: where the content of one is another.
    """
    for text, before in _frozen.items():
        # one that was not there is written by who was told its name
        if before and _now(text) != before:
            raise ChangedMeanwhile(Path(text))


def may_be_file(value: Any) -> bool:
    """Whether it could be one: a word is none, though one be called so where the command is."""
    return isinstance(value, str) and not {".", "/"}.isdisjoint(value)


def _named_by(plan: Plan) -> Iterator[str]:
    """All that taggers and systematics of a plan name, and may be a file."""
    if plan.pair.is_data and plan.pair.era.golden_json is not None:
        yield str(plan.pair.era.golden_json)
    for tagger in chain(*plan.steps):
        yield from map(str, tagger.files())
        yield from _words(vars(tagger))
    known = plan.systematics
    collections = known.independent_collections
    for source in (*plan.weights, *known.corrections.values(), *collections.values()):
        yield from (str(correction.file) for correction in source.corrections)
        yield from _words(source.kwargs)


def _words(value: Any) -> Iterator[str]:
    if may_be_file(value):
        yield value
    elif isinstance(value, Mapping):
        yield from chain.from_iterable(map(_words, value.values()))
    elif isinstance(value, list | tuple):
        yield from chain.from_iterable(map(_words, value))


def _now(text: str) -> str:
    path = Path(text)
    try:
        if not is_file(path):
            return ""
        status = path.stat()
    except (OSError, ValueError):
        # no name that a file could have
        return ""
    return _checksum(path, status.st_size, status.st_ctime_ns)


@functools.cache
def _checksum(path: Path, size: int, ctime_ns: int) -> str:
    """The checksum of a file as it was at a time, so that it is read once."""
    del size, ctime_ns
    return checksum(path)[:16]
