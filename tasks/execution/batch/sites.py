"""From which site jobs of a task are submitted, with what, and where their files go."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import TYPE_CHECKING

from higgsflow.catalog.engines import load_engines
from higgsflow.catalog.paths import expanded
from tasks import session
from tasks.execution.batch.engine import make_engine
from tasks.execution.batch.places import Places
from tasks.execution.batch.proxy import refuse_proxy
from tasks.execution.batch.room import Room, jobs_said

if TYPE_CHECKING:
    from collections.abc import Iterable

    from higgsflow.model.analysis import AnalysisModel
    from higgsflow.model.engines import Site
    from higgsflow.model.sample import SampleYear
    from tasks.execution.batch.engine import Engine

_TASK = "ProcessSample"  # the stage whose branches are jobs


def check_engine(engine: str) -> None:
    """Whether jobs can be submitted from here.

    Raises:
        UserError: when no site fits this machine, or the commands of the engine are not on it.
    """
    engines = load_engines()
    make_engine(engines.sites[engines.site_name(engine, socket.getfqdn())])


def check_proxies(analysis: AnalysisModel, engine: str, pairs: Iterable[SampleYear]) -> None:
    """Whether the proxies that jobs of some samples are given outlive the longest of them.

    Raises:
        UserError: when one does not.
    """
    sites = [site_of(engine, pair.sample.name, pair.year) for pair in pairs]
    asked = {site.proxy: 0.0 for site in sites}
    for site in sites:
        limit = site.run_time or analysis.jobs_manager.time_limit
        asked[site.proxy] = max(asked[site.proxy], limit)
    # each of them once
    for site in {site.proxy: site for site in sites}.values():
        refuse_proxy(site, asked[site.proxy])


def site_of(engine: str, sample: str, year: str) -> Site:
    """The site for this machine, with what jobs of a sample and year ask for."""
    engines = load_engines()
    return engines.settings(engines.site_name(engine, socket.getfqdn()), _TASK, sample, year)


def engine_of(site: Site) -> Engine:
    """What submits there."""
    return make_engine(site)


def places_of(analysis: AnalysisModel, site: Site, sample: str, year: str) -> Places:
    """The folders of a sample and year."""
    submit = Path(expanded(site.submit_folder, "submit_folder")).resolve()
    return Places(
        chunks=session.stage_folder(analysis, "chunks", sample, year),
        jobs=session.stage_folder(analysis, "jobs", sample, year),
        submit=submit,
    )


def room_of(analysis: AnalysisModel, engine: str, sample: str, year: str) -> Room:
    """Its jobs among those of all samples."""
    return Room(_rooms(analysis, engine), _room_name(analysis, sample, year))


def _rooms(analysis: AnalysisModel, engine: str) -> Path:
    return session.store_of(analysis) / ".engines" / engine


def _room_name(analysis: AnalysisModel, sample: str, year: str) -> str:
    return f"{analysis.name}.{analysis.version}.{sample}.{year}"


def jobs_that_go_on(analysis: AnalysisModel, engine: str) -> str:
    """A line about jobs that go on when this command ends; empty if there is none."""
    most, sure = jobs_in_flight(analysis, engine) if engine != "local" else (0, 0)
    if not most:
        return ""
    n = str(most) if most == sure else f"{sure} to {most}"
    return (
        f"{n} jobs of {engine} go on; the same command comes back to them, "
        "with --cancel-jobs it takes them out of the queue\n"
    )


def jobs_in_flight(analysis: AnalysisModel, engine: str) -> tuple[int, int]:
    """How many jobs of an analysis an engine has, at most and for sure, when it was last asked.

    Of those that were just given to it that is not known until it has said so.
    """
    pairs = analysis.samples.pairs
    names = [_room_name(analysis, pair.sample.name, pair.year) for pair in pairs]
    return jobs_said(_rooms(analysis, engine), names)
