"""The explanation of an event as text for a screen."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from higgsflow.explain.content import PRESERVED
from higgsflow.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from higgsflow.explain.content import (
        CorrectionStory,
        CutStory,
        Explanation,
        FactorStory,
        GroupStory,
        TaggerStory,
        VariationStory,
    )

_ACROSS = 5  # objects side by side
_MOST = 10  # numbers of objects in a line
_PLACES = 5
_NAME, _CONDITION, _VALUE = 22, 56, 11
_LEFT, _BEHIND = 42, 40


def render(explanation: Explanation) -> str:
    """The way of the event, at most 100 columns wide."""
    return "\n".join(visible(line.rstrip()) for line in _lines(explanation)) + "\n"


def _lines(explanation: Explanation) -> Iterator[str]:
    e = explanation
    yield f"event {e.event} of {e.sample} ({e.year})"
    yield f"entry {e.entry} of {e.url}"
    for other in e.also[:_PLACES]:
        where = "" if (other.sample, other.year) == (e.sample, e.year) else f", {other.sample}"
        yield f"also entry {other.entry} of {other.url}{where}"
    if len(e.also) > _PLACES:
        yield f"and {len(e.also) - _PLACES} more places: --json has them"
    if e.dropped:
        yield f"dropped before anything else: {e.dropped}"
    elif e.hidden:
        yield f"blinded: data with {e.hidden} are not shown"
    else:
        yield from _way(e)
    yield from (f"note: {note}" for note in e.notes)


def _way(e: Explanation) -> Iterator[str]:
    if e.corrections:
        yield from ("", "corrections")
        for correction in e.corrections:
            yield from _changes(correction)
    # of several, the last one was asked for
    yield from _story(e.stories[-1])
    if len(e.stories) > 1:
        yield from _beside(e.stories)


def _changes(story: CorrectionStory) -> Iterator[str]:
    for change in story.changes:
        what = f"  {story.name}: {change.column}"
        pairs = [
            _changed(before, after)
            for before, after in zip(change.before, change.after, strict=True)
        ]
        yield f"{what:<{_LEFT + 2}} {pairs[0] if pairs else 'none'}"
        yield from (f"{'':<{_LEFT + 2}} {pair}" for pair in pairs[1:])


def _changed(before: float, after: float) -> str:
    stays = before == after or (math.isnan(before) and math.isnan(after))
    return _number(before) if stays else f"{_number(before)} -> {_number(after)}"


def _story(story: VariationStory) -> Iterator[str]:
    about = f", of the weight {story.weight_of}" if story.weight_of else ""
    yield from ("", f"variation {story.variation}{about}")
    if story.shift is not None:
        yield from _changes(story.shift)
    for number, step in enumerate(story.steps, start=1):
        shown: dict[str, tuple[GroupStory, str]] = {}
        for tagger in step:
            yield from ("", f"step {number}, {tagger.name}: {_verdict(tagger)}")
            yield from _tagger(tagger, shown)
    yield from ("", *_overlap(story), "", *_weights(story))


def _verdict(tagger: TaggerStory) -> str:
    category = "" if tagger.category is None else f", category {tagger.category}"
    return f"accepted{category}" if tagger.passed else "rejected"


def _tagger(tagger: TaggerStory, shown: dict[str, tuple[GroupStory, str]]) -> Iterator[str]:
    """Cuts, and numbers; groups that a tagger before shares with it are not told again."""
    for group in tagger.groups:
        known, owner = shown.setdefault(group.name, (group, tagger.name))
        if owner != tagger.name and known == group and group.entries is not None:
            yield f"  {group.name}: as for {owner}"
        else:
            yield from _group(group)
    for name, values in (("reads", tagger.read), ("adds", tagger.columns)):
        if values:
            yield from _wrapped(name, [f"{n} {_numbers(v)}" for n, v in values.items()])
    if tagger.options:
        yield from _wrapped("options", [f"{n} {v}" for n, v in tagger.options.items()])


def _group(group: GroupStory) -> Iterator[str]:
    if group.entries is None:
        for cut in group.cuts:
            asked = f"{cut.name:<{_NAME}}{_shortened(cut.condition, _CONDITION)}"
            yield f"  {asked}{''.join(_cells(cut, 0, 1))}"
        return
    if not group.entries:
        yield f"  {group.name}: none"
    for start in range(0, len(group.entries), _ACROSS):
        stop = min(start + _ACROSS, len(group.entries))
        labels = "".join(f"{label:>{_VALUE - 2}}  " for label in group.entries[start:stop])
        yield f"  {group.name:<{_LEFT}}{labels}"
        for cut in group.cuts:
            yield f"    {_shortened(_asked(cut), _LEFT - 2)}{''.join(_cells(cut, start, stop))}"


def _asked(cut: CutStory) -> str:
    """The cut with its condition, which may say its name already."""
    said = cut.condition.partition(" ")[0].strip("|")
    return cut.condition if said == cut.name else f"{cut.name} {cut.condition}".strip()


def _shortened(text: str, width: int) -> str:
    return f"{text if len(text) < width else text[: width - 4] + '...':<{width}}"


def _cells(cut: CutStory, start: int, stop: int) -> Iterator[str]:
    """Values with an x where they fail; yes or no where there is no value."""
    for position in range(start, stop):
        passed = cut.passed[position] if cut.passed else None
        text = _measured(cut.values[position]) if cut.values else "yes" if passed else "no"
        mark = "x" if passed is False else ""
        yield f"{text:>{_VALUE - 2}} {mark:<1}"


def _overlap(story: VariationStory) -> Iterator[str]:
    if len(story.candidates) > 1:
        yield f"tags that accept it, by priority: {', '.join(story.candidates)}"
    if story.tag:
        yield f"tag: {story.tag}"
    else:
        yield f"tag: none, {'kept' if story.kept else 'dropped'}"


def _weights(story: VariationStory) -> Iterator[str]:
    yield "weight_central"
    # a variation of the events has the central weight alone
    told = [f for f in story.factors if f.value is not None or f.directions]
    theirs = "  (directions above have theirs)" if any(f.directions for f in told) else ""
    for factor in told:
        value = "" if factor.value is None else f"{factor.value:.9g}"
        behind = theirs if factor.name == PRESERVED else _directions(factor)
        yield f"  {factor.name:<{_LEFT}}{value:>16}{behind}"
    if story.weight is not None:
        what = f"with {story.weight_of} in its place" if story.weight_of else "as its job writes it"
        yield f"  {what:<{_LEFT}}{story.weight:>16.9g}"
    if story.merged_weight is not None:
        yield f"  {'as merged':<{_LEFT}}{story.merged_weight:>16.9g}"


def _directions(factor: FactorStory) -> str:
    """Those that fit into the line, three at most and one at least."""
    told = [f"{name} {value:.6g}" for name, value in factor.directions.items()]
    for n_shown in range(min(3, len(told)), 0, -1):
        rest = f" and {len(told) - n_shown} more" if len(told) > n_shown else ""
        text = f"  ({', '.join(told[:n_shown])}{rest})"
        if len(text) <= _BEHIND:
            break
    return text if told else ""


def _beside(stories: Sequence[VariationStory]) -> Iterator[str]:
    """All of them, a line each."""
    yield from ("", f"{'variation':<{_LEFT}}{'tag':<20}{'of its job':>16}{'as merged':>16}")
    for story in stories:
        numbers = (story.weight, story.merged_weight)
        cells = "".join(f"{'' if n is None else f'{n:.9g}':>16}" for n in numbers)
        yield f"{story.variation:<{_LEFT}}{story.tag or 'none':<20}{cells}"


def _wrapped(name: str, items: list[str]) -> Iterator[str]:
    line = f"  {name}: "
    for position, item in enumerate(items):
        text = item + ("," if position + 1 < len(items) else "")
        if len(line) + len(text) > 98:
            yield line
            line = "    "
        line += f"{text} "
    yield line


def _numbers(value: float | tuple[float, ...]) -> str:
    """Of the event, or of each of its objects or candidates."""
    if not isinstance(value, tuple):
        return _number(value)
    more = f" and {len(value) - _MOST} more" if len(value) > _MOST else ""
    return (" ".join(map(_number, value[:_MOST])) or "-") + more


def _measured(value: float) -> str:
    """Of what a cut looks at; the distance to the nearest of no objects is infinite."""
    return "none" if value == math.inf else _number(value)


def _number(value: float) -> str:
    if math.isnan(value):
        return "-"
    return f"{value:.5g}"
