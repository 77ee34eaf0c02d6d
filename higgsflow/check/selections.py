"""What needs sums over all events, held against a file that holds a selection of them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from higgsflow.check.problem import Problem, problem_of
from higgsflow.errors import NormalizationError
from higgsflow.normalization import ratios_of_runs, refuse_selection
from higgsflow.output.finalfit_untagged import refuse_bins

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from higgsflow.events.index import FileIndex
    from higgsflow.plan import Plan


def check_selection(plan: Plan, file: FileIndex) -> Iterator[Problem]:
    """What would be refused once all jobs have run, where the file is a skim."""
    if file.kind != "skim" or file.runs is None:
        return
    where, pair = file.url, plan.pair
    sums = file.runs.lhe_scale_sumw, file.runs.lhe_pdf_sumw
    for weight in plan.weights:
        if weight.preserved is not None and ratios_of_runs(weight, *sums) is None:
            yield from _refused(partial(refuse_selection, weight, where), pair.name)
    options = plan.analysis.outputs.finalfit
    if options is None or not options.notag_bins:
        return
    if options.prefix(pair.sample.name, pair.year, pair.is_data) is not None:
        yield from _refused(partial(refuse_bins, where), pair.name)


def _refused(call: Callable[[], None], name: str) -> Iterator[Problem]:
    try:
        call()
    except NormalizationError as error:
        yield problem_of(error, "sums of weights", name)
