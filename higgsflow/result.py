"""What a finished analysis gives back: its summary and its events, for a notebook."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any

import lazy_loader as lazy
from pydantic import ValidationError

from higgsflow.errors import StoreError, UnknownName, UserError, nearest
from higgsflow.model.findings import findings
from higgsflow.report.formatting import pairs
from higgsflow.report.summary_file import read
from higgsflow.there import is_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from higgsflow.records.ledger import Ledger
    from higgsflow.records.sample_jobs import SampleJobs
    from higgsflow.report.content import SampleSummary, Summary
    from higgsflow.report.variation_content import FlowSummary

ak = lazy.load("awkward")

_SUMMARY = Path("summary", "summary.json")
_CENTRAL = "weight_central"


class Result:
    """The results of an analysis, read from its store: `Result("store/demo/v1")`.

    The store may be that of others, which can only be read.

    Attributes:
        summary: every reported number.
        folder: where summary.json and report.html lie.
    """

    def __init__(self, place: str | Path) -> None:
        """Of a summary.json, of its folder, or of that of an analysis and version.

        Raises:
            StoreError: where there are none, or damaged ones.
        """
        path = _summary_at(place)
        self.folder = path.parent
        self.summary = _as_it_lies(_read(path), self.folder.parent)

    @property
    def report(self) -> Path:
        """The page with tables and plots."""
        return self.folder / "report.html"

    def sample(self, name: str, year: str | int) -> SampleSummary:
        """The numbers of one sample and year.

        Raises:
            UnknownName: with the nearest one that there is.
        """
        year = str(year)
        found = {(s.sample, s.year): s for s in self.summary.samples}
        if (name, year) not in found:
            known = [f"{s} ({y})" for s, y in found]
            raise UnknownName("sample", f"{name} ({year})", known, "the results")
        return found[name, year]

    def events(
        self,
        name: str,
        year: str | int,
        variation: str = "nominal",
        columns: Iterable[str] | str | None = None,
    ) -> Any:
        """The merged events of a sample and year as an awkward array, all columns, some or one.

        Raises:
            UnknownName: for a sample, year, variation or column that is not there.
            UserError: for a variation of a weight.
        """
        sample = self.sample(name, year)
        merged = sample.merged
        if variation in _of_weights(sample):
            raise UserError(
                f"'{variation}' has no events of its own: it is of a weight",
                f"{name} ({year})",
                f"take the nominal events with `weight_*{variation}`, or `result.variations(...)`",
            )
        if variation not in merged:
            raise UnknownName("variation", variation, merged, f"{name} ({year})")
        # reading needs pyarrow, which `import higgsflow` does not pay for
        from higgsflow.output.merged_events import column_types  # noqa: PLC0415
        from higgsflow.output.merged_events import read as read_events  # noqa: PLC0415

        path = Path(merged[variation])
        if columns is None:
            return ak.from_arrow(read_events(path))
        known = column_types(path)
        wanted = dict.fromkeys([columns] if isinstance(columns, str) else columns)
        for column in wanted:
            if column not in known:
                raise UnknownName("column", column, known, f"the events of {name} ({year})")
        return ak.from_arrow(read_events(path, wanted))

    def variations(
        self, name: str, year: str | int, columns: Iterable[str] = ()
    ) -> Iterator[tuple[str, Any]]:
        """Each variation by name, nominal first: its events, with its whole weight as `weight`.

        One of the events is read from a file of its own. One of a weight has the nominal events,
        with the weight of that direction; data have none.

        Args:
            name: of the sample.
            year: the data-taking era.
            columns: to be read beside the weight.

        Raises:
            UnknownName: for a sample, year or column that is not there.
        """
        sample, columns = self.sample(name, year), tuple(columns)
        for variation in sample.merged:
            events = self.events(name, year, variation, [*columns, _CENTRAL])
            yield variation, _weighted(events, columns, events[_CENTRAL])
        directions = _of_weights(sample)
        known = self.events(name, year) if directions else None
        for direction in directions:
            yield direction, _weighted(known, columns, _whole_weight(known, direction))

    def cut_flow(
        self, name: str, year: str | int, tagger: str, group: str = "events"
    ) -> FlowSummary:
        """The nominal cut flow of one tagger.

        Raises:
            UnknownName: for a sample, year, tagger or group that is not there.
        """
        flows = self.sample(name, year).variations["nominal"].flows
        found = {(flow.tagger, flow.group): flow for flow in flows}
        if (tagger, group) not in found:
            known = [f"{t} {g}" for t, g in found]
            raise UnknownName("cut flow", f"{tagger} {group}", known, f"{name} ({year})")
        return found[tagger, group]

    def ledger(self, name: str, year: str | int, variation: str = "nominal") -> Ledger:
        """What jobs counted under a variation: all cut flows, also of objects, and moments.

        Weights are those of jobs, before scale1fb, luminosity and ratios that preserve sums.

        Raises:
            UnknownName: for a sample, year or variation that is not there.
            StoreError: where the counters are gone.
        """
        sample = self.sample(name, year)
        if variation not in sample.variations:
            raise UnknownName("variation", variation, sample.variations, f"{name} ({year})")
        path = self.folder.parent / "jobs" / sample.sample / sample.year / "jobs.json"
        try:
            return _jobs_at(path, path.stat().st_mtime_ns).ledgers[variation]
        except (OSError, ValueError, KeyError) as error:
            raise StoreError(
                f"no counters of {variation} in {path}", "", "law run MonitorJobs makes them again"
            ) from error

    def __repr__(self) -> str:
        n = pairs(len(self.summary.samples))
        return f"Result({self.summary.analysis}, {n}, report: {self.report})"


def _of_weights(sample: SampleSummary) -> tuple[str, ...]:
    """The variations that change weights only."""
    rows = (row for row in sample.systematics if row.kind == "weight")
    return tuple(f"{row.systematic}_{row.direction}" for row in rows)


def _weighted(events: Any, columns: Iterable[str], weight: Any) -> Any:
    return ak.zip({**{column: events[column] for column in columns}, "weight": weight})


def _whole_weight(events: Any, direction: str) -> Any:
    """Of a direction that modifies the central weight it is stored, of others its factor."""
    whole = f"weight_full_{direction}"
    if whole in events.fields:
        return events[whole]
    return events[_CENTRAL] * events[f"weight_{direction}"]


@functools.lru_cache(maxsize=4)
def _jobs_at(path: Path, _mtime_ns: int) -> SampleJobs:
    """Who asks for one variation mostly asks for the next one, too, and all are in one file."""
    # who looks at the summary alone does not pay for it
    from higgsflow.records.sample_jobs import SampleJobs  # noqa: PLC0415

    return SampleJobs.model_validate_json(path.read_bytes())


def _summary_at(place: str | Path) -> Path:
    # the store of the environment is asked for once somebody looks for results by a name
    from higgsflow.catalog.store import environment_store  # noqa: PLC0415

    path = Path(place).expanduser()
    if is_file(path):
        return path.absolute()
    for folder in (path.absolute(), environment_store() / path):
        for known in (folder / _SUMMARY, folder / _SUMMARY.name):
            if is_file(known):
                return known
    near = _nearest_to(path.absolute()) or _nearest_to(environment_store() / path)
    hint = f"did you mean '{near}'?" if near else "say a folder such as store/demo/v1"
    raise StoreError(f"no results at '{place}'", hint, "law run RunAnalysis makes them")


def _nearest_to(place: Path) -> Path | None:
    """A folder with results within or beside one that has none; the last of several."""
    beside = (path.parent.parent for path in place.parent.glob(f"*/{_SUMMARY}"))
    within = (path.parent.parent for path in place.glob(f"*/{_SUMMARY}"))
    found = {path.name: path for path in (*beside, *within)}
    return found.get(nearest(place.name, found) or max(found, default=""))


def _read(path: Path) -> Summary:
    try:
        return read(path)
    except ValidationError as error:
        raise StoreError(
            f"{path} is no summary of this version, or damaged",
            findings(error)[0],
            "law run SummarizeAnalysis makes it again",
        ) from error


def _as_it_lies(summary: Summary, store: Path) -> Summary:
    """A summary with the paths of today: the store may have been moved or copied since."""
    samples = tuple(
        sample.model_copy(
            update={
                "merged": {
                    variation: str(store / "merged" / sample.sample / sample.year / Path(path).name)
                    for variation, path in sample.merged.items()
                }
            }
        )
        for sample in summary.samples
    )
    return summary.model_copy(update={"store": str(store), "samples": samples})
