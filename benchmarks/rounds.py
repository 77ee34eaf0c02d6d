"""One round measures everything, so that what is compared ran next to each other.

A value is named `who.case.what`; times are processor seconds where it is not said otherwise.
"""

from __future__ import annotations

from itertools import chain
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from benchmarks import agreement, overheads, peer, program
from benchmarks.limit import Limit, limit
from benchmarks.merging import measure_merge

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from benchmarks.agreement import Selected
    from benchmarks.cases import Case, Scale

PEERS = ("coffea", "rerun")
# the second with the look-up of factors that the first has, and with so many bins that this is half
LOOKUPS = ("rerun_tables", "rerun_half")

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
    many = _Measured(scale.signal_many, [], [])
    many.run(scale)
    selected = agreement.selected_by_program(many.chunks)
    of_first = agreement.selected_by_program(many.chunks[:1])
    yield from _among_peers(many, scale, of_first, (*PEERS, *LOOKUPS))
    yield from many.values(scale)
    for case in others:
        one = _Measured(case, [], [])
        one.run(scale)
        agreement.demand(case.name, agreement.selected_by_program(one.chunks), selected)
        among = _among_peers(one, scale, of_first, PEERS) if case == scale.signal_none else ()
        yield from (*among, *one.values(scale))


def _background(scale: Scale) -> Iterator[tuple[str, float]]:
    # what is looked for is a tenth of short jobs, as much as these differ from command to command
    some, many = _in_turn(scale, scale.background, 3 * scale.turns)
    yield from chain(some.values(scale), many.values(scale))
    few = agreement.selected_by_program(some.chunks)
    agreement.demand(some.case.name, few, agreement.selected_by_program(many.chunks))


def _jobs(scale: Scale) -> Iterator[tuple[str, float]]:
    yield "program.all_files.peak_mb", program.peak_of_all_files(scale.signal_many, scale)
    # of jobs of a moment it is mostly what goes on beside them that is seen, which has its own row
    for who, case in (("program", scale.signal_many), ("program.brief", scale.signal_none)):
        yield from ((f"{who}.{name}", wall) for name, wall in program.two_workers(case, scale))


def _among_peers(
    measured: _Measured, scale: Scale, selected: Selected, names: tuple[str, ...]
) -> Iterator[tuple[str, float]]:
    """Peers on the first file of a case that ran once, and this case again between them.

    Cold jobs follow each of its runs: what others do meanwhile meets all of them.
    """
    colds = [program.cold_job(measured.case, scale)]
    for name in names:
        ran = peer.run(name, measured.case, scale)
        agreement.demand(name, agreement.selected(ran.output), selected)
        of_case = f"{name}.{measured.case.name}"
        yield from ((f"{of_case}.warm", ran.warm), (f"{of_case}.whole", ran.whole))
        yield f"{of_case}.peak_mb", ran.peak_mb
        if len(measured.rans) < scale.turns:
            measured.run(scale)
            colds.append(program.cold_job(measured.case, scale))
    of_case = f"program.{measured.case.name}"
    yield f"{of_case}.whole", median(cold.whole for cold in colds)
    yield f"{of_case}.command", median(cold.command for cold in colds)


class _Measured(NamedTuple):
    """A case, run once or more, and the limit of its files, found after each time."""

    case: Case
    rans: list[program.Ran]
    limits: list[Limit]

    @property
    def chunks(self) -> list[Path]:
        """The outputs of the last time."""
        return self.rans[-1].chunks

    def run(self, scale: Scale) -> None:
        """Once more."""
        self.rans.append(program.run(self.case, scale))
        self.limits.append(limit(self.rans[-1].config, self.rans[-1].files[-1]))

    def values(self, scale: Scale) -> Iterator[tuple[str, float]]:
        """Medians of all warm jobs, and what one more time with a profile shows."""
        of_case, profiled = f"program.{self.case.name}", program.profiled(self.case, scale)
        yield f"{of_case}.warm", median(cpu for ran in self.rans for cpu in ran.warm)
        yield f"{of_case}.peak_mb", self.rans[-1].peak_mb
        yield f"{of_case}.opening", median(profiled.opening)
        yield from ((f"{of_case}.stage.{stage}", cpu) for stage, cpu in profiled.stages.items())
        limit_of = f"limit.{self.case.name}"
        for name in Limit._fields[:-1]:
            yield f"{limit_of}.{name}", median(getattr(one, name) for one in self.limits)


def _in_turn(scale: Scale, cases: Sequence[Case], turns: int) -> list[_Measured]:
    """Each case so often, one after the other: what others do meanwhile meets them all."""
    found = [_Measured(case, [], []) for case in cases]
    for _ in range(turns):
        for one in found:
            one.run(scale)
    return found
