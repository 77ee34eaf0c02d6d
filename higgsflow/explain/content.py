"""What is told of an event, as nouns: the JSON of `higgsflow explain`."""

from __future__ import annotations

from higgsflow.model.noun import Noun
from higgsflow.model.printed import Printed

# the factor that the merge adds for weights that keep a sum
PRESERVED = "sums that are preserved"


class Change(Noun):
    """A column before and after a correction or variation; a value for each object, or one."""

    column: str
    before: tuple[float, ...]
    after: tuple[float, ...]


class CorrectionStory(Noun):
    """What one correction, or one shift, did to the event."""

    name: str
    changes: tuple[Change, ...]


class CutStory(Noun):
    """One cut.

    Attributes:
        passed: what the job says, for each entry of the group; empty where it cuts nothing.
        values: what the cut looks at, for each entry; empty where its tagger does not tell it.
        condition: which values pass, such as `> 25`.
    """

    name: str
    passed: tuple[bool, ...] = ()
    values: tuple[float, ...] = ()
    condition: str = ""


class GroupStory(Noun):
    """Cuts on the event, or on objects.

    Attributes:
        entries: how the objects are called; None for cuts on the event.
    """

    name: str
    entries: tuple[str, ...] | None = None
    cuts: tuple[CutStory, ...]


class TaggerStory(Noun):
    """What one tagger said.

    Attributes:
        category: finer than the tag; None where it has none.
        columns: numbers that it added.
        read: numbers of the event, and of each of its objects, that it read, of taggers that do
            not tell what they cut on.
        options: of the same.
    """

    name: str
    passed: bool
    category: int | None = None
    groups: tuple[GroupStory, ...] = ()
    columns: dict[str, float | tuple[float, ...]] = {}
    read: dict[str, float | tuple[float, ...]] = {}
    options: dict[str, str] = {}


class FactorStory(Noun):
    """One factor of the weight.

    Attributes:
        name: of the systematic, or of what else scales events.
        value: the factor that is in the weight; None for one that is only in varied weights.
        directions: the factor of each direction, of the nominal events, as it is merged: `value` is
            that of the job, which has no ratio that preserves a sum.
        full: the whole weight with that direction, as `value` is scaled.
    """

    name: str
    value: float | None
    directions: dict[str, float] = {}
    full: dict[str, float] = {}


class VariationStory(Noun):
    """The way of the event under one variation.

    Attributes:
        shift: what the variation did to the event; None for nominal and for weights.
        steps: what the taggers of each step said that the event reached.
        candidates: tags whose taggers accept it, in order of priority: the first one wins.
        tag: of the event; empty without one, and where it is dropped.
        kept: whether it is written.
        factors: of the weight, the generator's first.
        weight: the product, as jobs write it; None where the event did not reach the last step.
        merged_weight: `weight_central` of the merged file; None while scale1fb is not known.
        weight_of: the direction of a weight systematic that the weights are of; empty for none.
    """

    variation: str
    shift: CorrectionStory | None = None
    steps: tuple[tuple[TaggerStory, ...], ...]
    candidates: tuple[str, ...] = ()
    tag: str = ""
    kept: bool
    factors: tuple[FactorStory, ...] = ()
    weight: float | None = None
    merged_weight: float | None = None
    weight_of: str = ""


class AlsoThere(Noun):
    """Another place of the event."""

    sample: str
    year: str
    url: str
    entry: int


class Explanation(Printed, Noun):
    """An event of a sample and year.

    Attributes:
        url, entry: where it is.
        also: where else it is, in the same sample and year or in other data of that year.
        dropped: why nothing else is told: not certified, or of another dataset; empty otherwise.
        hidden: the blinded window that it is in; empty otherwise.
        corrections: of the nominal events, in their order.
        stories: nominal, and the variation that was asked for.
        notes: what else there is to know.
    """

    analysis: str
    sample: str
    year: str
    event: str
    url: str
    entry: int
    also: tuple[AlsoThere, ...] = ()
    dropped: str = ""
    hidden: str = ""
    corrections: tuple[CorrectionStory, ...] = ()
    stories: tuple[VariationStory, ...] = ()
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        # what the command shows
        from higgsflow.explain.text import render  # noqa: PLC0415

        return render(self).strip("\n")
