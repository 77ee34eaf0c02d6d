"""What a finished analysis gives back: its summary and its events, for a notebook."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import lazy_loader as lazy

from higgsflow.errors import UnknownName
from higgsflow.report.summary import FlowSummary, SampleSummary, Summary

if TYPE_CHECKING:
    from collections.abc import Sequence

ak = lazy.load("awkward")


class Result:
    """The results of an analysis, read from its store.

    Attributes:
        summary: every reported number.
        folder: where summary.json and report.html lie.
    """

    def __init__(self, summary_path: Path) -> None:
        self.folder = summary_path.parent
        written = Summary.model_validate_json(summary_path.read_bytes())
        self.summary = _as_it_lies(written, self.folder.parent)

    @property
    def report(self) -> Path:
        """The page with tables and plots."""
        return self.folder / "report.html"

    def sample(self, name: str, year: str | int) -> SampleSummary:
        """The numbers of one sample and year."""
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
        columns: Sequence[str] | None = None,
    ) -> Any:
        """The merged events of a sample and year as an awkward array, all columns or some.

        Raises:
            UnknownName: for a sample, year, variation or column that is not there.
        """
        merged = self.sample(name, year).merged
        if variation not in merged:
            raise UnknownName("variation", variation, merged, f"{name} ({year})")
        # reading needs pyarrow, which `import higgsflow` does not pay for
        from higgsflow.output.merged_events import column_types, read  # noqa: PLC0415

        path = Path(merged[variation])
        known = column_types(path) if columns is not None else ()
        for column in columns or ():
            if column not in known:
                raise UnknownName("column", column, known, f"the events of {name} ({year})")
        return ak.from_arrow(read(path, columns))

    def cut_flow(
        self, name: str, year: str | int, tagger: str, group: str = "events"
    ) -> FlowSummary:
        """The nominal cut flow of one tagger."""
        flows = self.sample(name, year).variations["nominal"].flows
        found = {(flow.tagger, flow.group): flow for flow in flows}
        if (tagger, group) not in found:
            known = [f"{t} {g}" for t, g in found]
            raise UnknownName("cut flow", f"{tagger} {group}", known, f"{name} ({year})")
        return found[tagger, group]

    def __repr__(self) -> str:
        n = len(self.summary.samples)
        return f"Result({self.summary.analysis}, {n} samples and years, report: {self.report})"


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
