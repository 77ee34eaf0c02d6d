"""One round measures everything once, so that what is compared ran next to each other.

A value is named `who.case.what`; times are processor seconds where it is not said otherwise.
"""

from __future__ import annotations

from itertools import chain
from statistics import median
from typing import TYPE_CHECKING

from benchmarks import agreement, overheads, peer, program
from benchmarks.limit import limit
from benchmarks.merging import measure_merge

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.agreement import Selected
    from benchmarks.cases import Case, Scale

PEERS = ("coffea", "rerun")
TABLES = "rerun_tables"  # the second with the look-up of factors that the first has

Round = dict[str, float]


def one_round(scale: Scale) -> Round:
    """All values.

    Raises:
        SystemExit: where not all selected the same events, or something failed.
    """
    others = (scale.signal_none, scale.lzma_some, scale.users_many)
    parts = (
        _signal(scale, others), _background(scale), _jobs(scale), measure_merge(scale),
        overheads.measure(scale),
    )  # fmt: skip
    return dict(chain.from_iterable(parts))


def short_round(scale: Scale) -> Round:
    """Only what has to select the same, or to write the same.

    Raises:
        SystemExit: where it does not.
    """
    return dict(chain(_signal(scale, (scale.users_many,)), measure_merge(scale)))


def _signal(scale: Scale, others: tuple[Case, ...]) -> Iterator[tuple[str, float]]:
    """Many variations by all designs, and other cases by the program."""
    many = program.run(scale.signal_many, scale)
    selected = agreement.selected_by_program(many.chunks)
    of_first = agreement.selected_by_program(many.chunks[:1])
    yield from _of_program(scale.signal_many, many)
    yield from _peers(scale, scale.signal_many, of_first, (*PEERS, TABLES))
    for case in others:
        ran = program.run(case, scale)
        agreement.demand(case.name, agreement.selected_by_program(ran.chunks), selected)
        yield from _of_program(case, ran)
        if case == scale.signal_none:
            yield from _peers(scale, case, of_first, PEERS)


def _background(scale: Scale) -> Iterator[tuple[str, float]]:
    some, many = scale.background
    of_some, of_many = program.run(some, scale), program.run(many, scale)
    yield from chain(_of_program(some, of_some), _of_program(many, of_many))
    few = agreement.selected_by_program(of_some.chunks)
    agreement.demand(some.name, few, agreement.selected_by_program(of_many.chunks))


def _jobs(scale: Scale) -> Iterator[tuple[str, float]]:
    for case in (scale.signal_none, scale.signal_many):
        yield from program.cold_job(case, scale)
    yield "program.all_files.peak_mb", program.peak_of_all_files(scale.signal_many, scale)
    yield from program.two_workers(scale.signal_none, scale)


def _peers(
    scale: Scale, case: Case, selected: Selected, names: tuple[str, ...]
) -> Iterator[tuple[str, float]]:
    for name in names:
        ran = peer.run(name, case, scale)
        agreement.demand(name, agreement.selected(ran.output), selected)
        of_case = f"{name}.{case.name}"
        yield from ((f"{of_case}.warm", ran.warm), (f"{of_case}.whole", ran.whole))
        yield f"{of_case}.peak_mb", ran.peak_mb


def _of_program(case: Case, ran: program.Ran) -> Iterator[tuple[str, float]]:
    of_case = f"program.{case.name}"
    yield from ((f"{of_case}.warm", median(ran.warm)), (f"{of_case}.peak_mb", ran.peak_mb))
    yield f"{of_case}.opening", median(ran.opening)
    for stage, cpu in ran.stages.items():
        yield f"{of_case}.stage.{stage}", cpu
    found = limit(ran.config, ran.files[-1])
    yield f"limit.{case.name}.decompress", found.decompress
    yield f"limit.{case.name}.with_byteswap", found.with_byteswap
