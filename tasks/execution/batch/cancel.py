"""Takes batch jobs out of their queues: all of an analysis, or those that another engine has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from higgsflow.errors import UserError
from tasks import session
from tasks.execution.batch.batch_file import batches_in
from tasks.execution.batch.earlier import Earlier
from tasks.execution.batch.engine import in_queue
from tasks.execution.batch.sites import engine_of, places_of, room_of, site_of
from tasks.execution.display import say
from tasks.execution.driver_lock import is_driven

if TYPE_CHECKING:
    from collections.abc import Iterable

    from higgsflow.model.analysis import AnalysisModel
    from higgsflow.model.sample import SampleYear


def cancel_jobs(analysis: AnalysisModel, pairs: Iterable[SampleYear]) -> str:
    """Cancels jobs that an earlier command has submitted; returns what to tell.

    Raises:
        UserError: while a command still drives them, which would submit them again.
    """
    cancelled: dict[str, int] = {}
    for pair in pairs:
        for engine in _engines(analysis, pair):
            n = _cancel(analysis, pair, engine)
            cancelled[engine] = cancelled.get(engine, 0) + n
    told = ", ".join(f"{n} of {engine}" for engine, n in cancelled.items())
    return f"cancelled jobs: {told or 'none, there are none in a queue'}\n"


def cancel_those_of_others(analysis: AnalysisModel, pair: SampleYear, engine: str) -> None:
    """Cancels jobs of a sample and year that other engines still have; this process drives them.

    `engine` is where its jobs run now; empty when none are needed. An engine that cannot be asked
    keeps its jobs, and its batches stay, so that they can be cancelled later.
    """
    for other in sorted(_engines(analysis, pair) - {engine}):
        try:
            n = _take_out(analysis, pair, other)
        except UserError as error:
            say(
                f"{pair.name}: earlier jobs of {other} may go on, since they cannot be "
                f"cancelled from here: {error.what}"
            )
            continue
        if n:
            why = f"they run with --workflow {engine} now" if engine else "all is done"
            say(f"{pair.name}: cancelled {n} jobs of {other}: {why}")


def _engines(analysis: AnalysisModel, pair: SampleYear) -> set[str]:
    jobs = session.stage_folder(analysis, "jobs", pair.sample.name, pair.year)
    return {batch.engine for batch in batches_in(jobs)}


def _cancel(analysis: AnalysisModel, pair: SampleYear, engine: str) -> int:
    if is_driven(session.stage_folder(analysis, "jobs", pair.sample.name, pair.year)):
        raise UserError(
            f"a command is running that would submit the jobs of {pair.name} again",
            "",
            "interrupt it with Ctrl-C first",
        )
    return _take_out(analysis, pair, engine)


def _take_out(analysis: AnalysisModel, pair: SampleYear, engine_name: str) -> int:
    """Cancels the jobs that an engine has; returns how many had not ended."""
    sample, year = pair.sample.name, pair.year
    site = site_of(engine_name, sample, year)
    places = places_of(analysis, site, sample, year)
    engine = engine_of(site)
    earlier = Earlier(places, engine_name)
    tokens = {token for token, _ in earlier.keys}
    there = engine.look(places.owner, tokens)
    busy = {token for (token, _), seen in there.items() if seen.phase != "ended"}
    if earlier.others:
        of_all = engine.look(places.owner, tokens, earlier.others)
        _tell_of_others(pair, engine_name, len(in_queue(of_all, of_all.keys() - there.keys())))
    earlier.cancel_others(engine, ())
    # to the folders of those that it still has the engine writes a last word
    places.remove_batch_folders(tokens - busy)
    room_of(analysis, engine_name, sample, year).leave()
    return sum(seen.phase != "ended" for seen in there.values())


def _tell_of_others(pair: SampleYear, engine: str, n: int) -> None:
    """Who shares a store may not cancel what others have submitted."""
    if n:
        # their batch is gone
        say(
            f"{pair.name}: {n} jobs of {engine} are of other users, who alone can cancel them: "
            "those that run go on, others end as soon as they begin"
        )
