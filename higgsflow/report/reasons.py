"""Why stages would run again, as text: what many samples have in common is told once."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING, NamedTuple

from higgsflow.records.reasons import EARLIER, NEVER

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

WIDTH = 100
_CHUNKS = re.compile(r" \((\d+) of (\d+) chunks\)$")


class Reason(NamedTuple):
    """Why a stage would run.

    Attributes:
        sample: empty for a stage of the whole analysis, as is `year`.
    """

    stage: str
    sample: str
    year: str
    text: str

    def __str__(self) -> str:
        """One line."""
        return f"{' '.join(filter(None, self[:3]))}: {self.text}"


def told(reasons: Sequence[Reason]) -> Iterator[str]:
    """Lines: first causes first, each with all samples and years that it is of, then what follows.

    Of a stage that follows it is not told what there is of it.
    """
    following = [reason for reason in reasons if reason.text == EARLIER]
    known = {reason[:3] for reason in following}
    groups: dict[tuple[str, str], list[Reason]] = {}
    for reason in reasons:
        if reason.text != EARLIER and not (reason.text == NEVER and reason[:3] in known):
            groups.setdefault((reason.stage, _CHUNKS.sub("", reason.text)), []).append(reason)
    alike: dict[tuple[str, str], dict[str, list[Reason]]] = {}
    for (stage, text), group in groups.items():
        alike.setdefault((text, _names(group)), {})[stage] = group
    for (text, names), stages in alike.items():
        yield from _of_stages(text, names, stages)
    if following:
        last = ", ".join(dict.fromkeys(reason.stage for reason in following))
        yield from _folded(f"made again from these: {last}{_amount(following)}", "  ")


def _of_stages(text: str, names: str, stages: dict[str, list[Reason]]) -> Iterator[str]:
    """A reason that all of these stages have, for the same samples and years."""
    first, *others = stages.values()
    if len(first) == 1 and not others:
        yield str(first[0])
        return
    yield f"{', '.join(stages)}{_amount(first)}: {text}{_chunks(first)}"
    if len(first) > 1:
        yield from _folded(f"  {names}", "  ")


def _amount(group: Iterable[Reason]) -> str:
    pairs = {(reason.sample, reason.year) for reason in group if reason.sample}
    if len(pairs) == 1:
        return f", of {' '.join(*pairs)}"
    return f", of {len(pairs)} samples and years" if pairs else ""


def _chunks(group: Sequence[Reason]) -> str:
    """The chunks of all of them."""
    found = [_CHUNKS.search(reason.text) for reason in group]
    counts = [(int(match[1]), int(match[2])) for match in found if match]
    if not counts:
        return ""
    some, all_ = (sum(numbers) for numbers in zip(*counts, strict=True))
    return f" ({some} of {all_} chunks)"


def _names(group: Iterable[Reason]) -> str:
    """Samples with their years; those of the same years together."""
    years: dict[str, list[str]] = {}
    for reason in group:
        years.setdefault(reason.sample, []).append(reason.year)
    samples: dict[str, list[str]] = {}
    for sample, some in years.items():
        samples.setdefault(", ".join(some), []).append(sample)
    return "; ".join(f"{', '.join(names)} ({some})" for some, names in samples.items())


def _folded(line: str, indent: str) -> Iterator[str]:
    yield from textwrap.wrap(
        line, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
