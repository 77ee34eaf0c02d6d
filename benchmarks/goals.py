"""The goals: how each is computed from the values of one round, and when it is reached."""

from __future__ import annotations

import operator
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from higgsflow.model.noun import Noun

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from benchmarks.cases import Scale
    from benchmarks.rounds import Round

_REACHED = {">=": operator.ge, "<=": operator.le}
_SIGNS = {">=": "≥", "<=": "≤"}


class Goal(NamedTuple):
    """A number to be reached, and how it follows from a round.

    Attributes:
        bound: None of what is told beside a goal, to know it by.
    """

    what: str
    relation: str
    bound: float | None
    unit: str
    value: Callable[[Round], float]


class Row(Noun):
    """A goal as measured: the median of the rounds, and between which values they lay.

    Attributes:
        goal, reached: nothing of what is told beside a goal.
    """

    what: str
    goal: str
    median: float
    low: float
    high: float
    unit: str
    reached: bool | None


def rows(scale: Scale, rounds: Sequence[Round]) -> tuple[Row, ...]:
    """All goals as measured in these rounds, and what earlier ones have of what is told beside."""
    return tuple(_measured(goal, rounds) for goal in goals(scale) if _is_there(goal, rounds))


def _is_there(goal: Goal, rounds: Sequence[Round]) -> bool:
    try:
        return bool([goal.value(one) for one in rounds])
    except KeyError:
        if goal.bound is None:
            return False
        raise


def _measured(goal: Goal, rounds: Sequence[Round]) -> Row:
    values = [goal.value(one) for one in rounds]
    middle = median(values)
    has_bound = goal.bound is not None
    return Row(
        what=goal.what,
        goal=f"{_SIGNS[goal.relation]} {goal.bound:g}{goal.unit}" if has_bound else "",
        median=middle, low=min(values), high=max(values), unit=goal.unit,
        reached=_REACHED[goal.relation](middle, goal.bound) if has_bound else None,
    )  # fmt: skip


def goals(scale: Scale) -> Iterator[Goal]:
    """In the order of the table."""
    yield from _against_peers(scale)
    yield from _against_the_limit(scale)
    yield from _variations(scale)
    yield from _memory_and_merge(scale)
    yield from _overheads(scale)


def _ratio(over: str, under: str) -> Callable[[Round], float]:
    return lambda one: one[over] / one[under]


def _rest(part: str, whole: str) -> Callable[[Round], float]:
    """What is left of the whole without a part, in percent."""
    return lambda one: 100 * (1 - one[part] / one[whole])


def _against_peers(scale: Scale) -> Iterator[Goal]:
    many, none = scale.signal_many.name, scale.signal_none.name
    n = f"{scale.many} variations"
    for who, way, bound, what in (
        ("coffea", "warm", 15, "against coffea, warm worker"),
        ("coffea", "whole", 10, "against coffea, whole cold job of a batch system"),
        ("rerun_half", "warm", 30, "against re-running everything, warm worker"),
    ):
        value = _ratio(f"{who}.{many}.{way}", f"program.{many}.{way}")
        yield Goal(f"{n}, {what}", ">=", bound, "x", value)
    yield from _about_rerunning(many)
    value = _ratio(f"coffea.{none}.warm", f"program.{none}.warm")
    yield Goal("no variations, against coffea", ">=", 4, "x", value)


def _about_rerunning(many: str) -> Iterator[Goal]:
    """Whether what re-runs everything is like the one that the goal was set by, and two others."""
    half, tables = f"rerun_half.{many}.warm", f"rerun_tables.{many}.warm"
    what = "of re-running, loops over 40 and 32 bins of scale factors; half where the goal was set"
    yield Goal(what, ">=", None, " %", _rest(tables, half))
    what = "re-running over coffea; 1.9x where the goal was set"
    yield Goal(what, ">=", None, "x", _ratio(half, f"coffea.{many}.warm"))
    for who, what in (
        ("rerun", "looked up in 20 and 16 bins"),
        ("rerun_tables", "looked up by correctionlib"),
    ):
        value = _ratio(f"{who}.{many}.warm", f"program.{many}.warm")
        yield Goal(f"against re-running with scale factors {what}", ">=", None, "x", value)


def _against_the_limit(scale: Scale) -> Iterator[Goal]:
    lzma, none = scale.lzma_some.name, scale.signal_none.name
    for case, what, bound, limit in (
        (lzma, f"LZMA input, {scale.some} variations, job over decompression", 1.33, "decompress"),
        (
            none, "zstd input, no variations, job over decompression and byteswap", 1.7,
            "with_byteswap",
        ),
    ):  # fmt: skip
        job = f"program.{case}.warm"
        yield Goal(what, "<=", bound, "x", _ratio(job, f"limit.{case}.{limit}"))
        value = _ratio(job, f"limit.{case}.{limit}_as_uproot")
        yield Goal("the same with the libraries that uproot takes", "<=", None, "x", value)


def _variations(scale: Scale) -> Iterator[Goal]:
    many, none = (f"program.{case.name}.warm" for case in (scale.signal_many, scale.signal_none))
    per_event = 100_000 / scale.events / scale.many
    what = "one more variation, per 100,000 signal events, written"
    yield Goal(what, "<=", 0.03, " s", lambda one: (one[many] - one[none]) * per_event)
    some, more = (f"program.{case.name}.warm" for case in scale.background)
    what = f"background, users' taggers, from {scale.some} to {scale.many} variations"
    yield Goal(what, "<=", 10, " %", lambda one: 100 * (one[more] / one[some] - 1))
    users = scale.users_many.name
    value = _ratio(f"rerun_half.{scale.signal_many.name}.warm", f"program.{users}.warm")
    what = f"users' taggers, {scale.many} variations, against re-running everything"
    yield Goal(what, ">=", 4, "x", value)


def _memory_and_merge(scale: Scale) -> Iterator[Goal]:
    cases = (scale.signal_many.name, scale.users_many.name, "all_files")
    peaks = [f"program.{case}.peak_mb" for case in cases]
    what = f"peak memory at {scale.many} variations, any size of input"
    yield Goal(what, "<=", 600, " MB", lambda one: max(one[peak] for peak in peaks))
    merged = f"merge of {scale.merged_files} files of {scale.merged_rows:,} rows"
    value = _ratio("merge.concatenate.cpu", "merge.stream.cpu")
    yield Goal(f"{merged}, against concatenating", ">=", 5, "x", value)
    yield Goal(f"{merged}, peak memory", "<=", 300, " MB", lambda one: one["merge.stream.peak_mb"])
    value = _ratio("merge.stream.peak_mb", "merge.stream_few.peak_mb")
    yield Goal("merge, peak memory over that for a tenth of the files", "<=", 1.1, "x", value)


def _overheads(scale: Scale) -> Iterator[Goal]:
    opening = f"program.{scale.signal_many.name}.opening"
    what = f"opening a file of {scale.branches:,} branches"
    yield Goal(what, "<=", 20, " ms", lambda one: 1000 * one[opening])
    for what, bound, name in (
        ("overhead per local chunk", 0.05, "program.job_overhead"),
        ("second RunAnalysis, nothing to do", 1, "program.nothing_to_do"),
        ("help of RunAnalysis", 0.7, "program.help"),
    ):
        yield Goal(what, "<=", bound, " s", operator.itemgetter(name))
    value = _ratio("program.workers_1.wall", "program.workers_2.wall")
    yield Goal("two processes on two cores, wall", ">=", 1.8, "x", value)
