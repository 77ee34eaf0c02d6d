"""The nouns of summary.json about one variation; a number that does not exist, as 0/0, is null."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from higgsflow.model.noun import Frozen
from higgsflow.model.printed import Printed
from higgsflow.report.as_written import ReadLate
from higgsflow.selection.cutflow import Counter

Interval = tuple[float, float]


class Efficiency(Frozen):
    """A fraction of events or objects, unweighted and weighted; 0/0 is null.

    Attributes:
        value: fraction of the entries.
        interval: Clopper-Pearson interval of it, of 68.3 %.
        weighted: fraction of the sum of weights; may leave [0, 1].
        weighted_error: uncertainty of the weighted one.
    """

    value: float | None = None
    interval: Interval | None = None
    weighted: float | None = None
    weighted_error: float | None = None


class CutSummary(Frozen):
    """One cut of a cut flow; efficiencies are of entries, 0/0 is null.

    Attributes:
        name: of the cut.
        alone: counter of what passes the cut by itself.
        prefix: counter of what passes it and all cuts before it.
        others: counter of what passes all cuts but this one.
        efficiency: of the cut relative to what passed the cuts before it.
        interval: Clopper-Pearson interval of the efficiency, of 68.3 %.
        weighted: the efficiency with weights; may leave [0, 1].
        weighted_error: uncertainty of the weighted one.
        n_minus_1: fraction of what passes all other cuts that passes this one.
        n_minus_1_interval: Clopper-Pearson interval of it, of 68.3 %.
    """

    name: str
    alone: Counter
    prefix: Counter
    others: Counter
    efficiency: float | None
    weighted: float | None
    weighted_error: float | None
    n_minus_1: float | None
    interval: Interval | None = None
    n_minus_1_interval: Interval | None = None


class FlowSummary(Printed, Frozen):
    """The cut flow of one tagger and group; `cuts` is empty where only the end is known.

    Attributes:
        total: counter before any cut of the group.
        passed: counter after all of them; where `cuts` is empty, of what the tagger takes.
        efficiency: of all cuts together.
        interval: Clopper-Pearson interval of the efficiency, of 68.3 %.
        weighted: the efficiency with weights; may leave [0, 1].
        weighted_error: uncertainty of the weighted one.
        cuts: in the order in which they are applied.
    """

    step: int
    tagger: str
    group: str
    total: Counter
    passed: Counter
    efficiency: float | None
    cuts: tuple[CutSummary, ...]
    interval: Interval | None = None
    weighted: float | None = None
    weighted_error: float | None = None

    def __str__(self) -> str:
        # tables wait until somebody prints one
        from higgsflow.report.flow_text import render  # noqa: PLC0415

        return render(self).strip("\n")


class Yield(Frozen):
    """Expected or observed events: a sum of weights and the root of the sum of their squares.

    Attributes:
        n: number of rows behind it.
        value: sum of weights, with scale1fb and luminosity.
        error: root of the sum of their squares.
    """

    n: int
    value: float
    error: float


class MomentsSummary(Frozen):
    """Mean and standard deviation of a column of the merged events of a tag.

    Weights have the factors of the merge: scale1fb and luminosity, and ratios that preserve sums.

    Attributes:
        n: events in which the column is defined.
        mean, std: mean and standard deviation without weights; null without entries.
        weighted_mean: with the central weight; null where its sum is zero.
        weighted_std: standard deviation with it; null where its sum or M2 is not positive.
    """

    n: int
    mean: float | None
    std: float | None
    min: float | None
    max: float | None
    weighted_mean: float | None = None
    weighted_std: float | None = None


class VariationSummary(Frozen):
    """One variation of a sample and year.

    Attributes:
        flows: cut flows; of other variations than the nominal one those of events, not of objects.
        before: events per tag that its cuts let pass, before overlap removal.
        after: events per tag that got it.
        overlap: per pair of tags the events in the masks of both.
        yields: per tag the expected or observed events.
        moments: per tag and column; empty for other variations than the nominal one.
        efficiencies: per tag, events with it (after overlap removal) over all certified events;
            the weight is the one known before the sequence.
        numbers: digest of yields and of the moments of all variables: variations that have the
            same one agree in every number.
    """

    flows: Annotated[Sequence[FlowSummary], ReadLate(FlowSummary)]
    before: dict[str, int]
    after: dict[str, int]
    overlap: tuple[tuple[int, ...], ...]
    yields: dict[str, Yield]
    moments: dict[str, dict[str, MomentsSummary]]
    efficiencies: dict[str, Efficiency] = {}
    numbers: str = ""


class SystematicSummary(Frozen):
    """The effect of one direction of a systematic.

    Attributes:
        kind: weight or independent collection.
        mean: of its factor over the selected events; of weights only.
        std: standard deviation of its factor over the selected events; of weights only.
        min: smallest factor of the selected events; of weights only.
        max: largest factor of the selected events; of weights only.
        n: selected events in which the factor is finite.
        effect: per tag the relative change of the yield, null where the nominal one is zero.
        yields: per tag the sum of weights with it, from which effects on several samples are made.
    """

    systematic: str
    direction: str
    kind: str
    mean: float | None
    std: float | None
    effect: dict[str, float | None]
    yields: dict[str, float] = {}
    n: int = 0
    min: float | None = None
    max: float | None = None
