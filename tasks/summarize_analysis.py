"""The summary of all samples."""

from __future__ import annotations

import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import higgsflow
from higgsflow.ingredients import digest, flattened, marked
from tasks.base import AnalysisTask
from tasks.execution import chatter, collector
from tasks.execution.display import end_display
from tasks.execution.driver_lock import making
from tasks.merge_sample import MergeSample
from tasks.monitor_jobs import MonitorJobs
from tasks.print_into_pipes import printing
from tasks.targets import Overtaken, StageTarget
from tasks.update_scale1fb import UpdateScale1fb

if TYPE_CHECKING:
    from collections.abc import Iterator

    from higgsflow.ingredients import Ingredients
    from higgsflow.model.sample import SampleYear
    from higgsflow.output.duplicates import DataFile
    from higgsflow.report.content import Summary

_FORMAT = 13
# what the summary takes from the configuration itself
_SHOWN = {
    "name",
    "version",
    "blinding",
    "variables_of_interest",
    "year_groups",
    "sentinels",
    "report",
}
# what is told of single samples
_MERGED = "merged files of "
_KINDS = ("process", "signal")
_OF_SAMPLES = (_MERGED, *(f"{kind} of " for kind in _KINDS))


class SummaryTarget(StageTarget):
    """The summary, which is written sample by sample."""

    def pieces(self, noun: Any) -> Iterator[str]:
        from higgsflow.report.summary_file import lines

        return lines(noun)


class SummarizeAnalysis(AnalysisTask):
    """Makes summary.json, the printed tables and report.html."""

    def requires(self) -> Any:
        return {
            pair.name: MergeSample.req(self, sample=pair.sample.name, year=pair.year)
            for pair in self.model.samples.pairs
        }

    def output(self) -> Any:
        folder = self.folder / "summary"
        return SummaryTarget(folder / "summary.json", self._today, (folder / "report.html",))

    def news(self) -> tuple[str, ...]:
        """What has to be told; of a sample that came or went that it did, and no more of it."""
        came_or_went = (" is new", " is gone")
        return tuple(
            one
            for one in super().news()
            if not (one.startswith(_OF_SAMPLES) and one.endswith(came_or_went))
        )

    def run(self) -> None:
        with making("summary", self.folder):
            self._make()

    def _make(self) -> None:
        from higgsflow.report.matplotlib_folder import import_matplotlib

        import_matplotlib()
        from higgsflow.report.page import write_report
        from higgsflow.report.tables import print_summary

        self.tell_reasons()
        made_from = self._today()
        if made_from is None:
            raise Overtaken(self.folder / "merged")
        summary = self._summary(made_from)
        self._refuse_others_than(made_from)
        # numbers never stand beside a report that shows others
        self.output().file.unlink(missing_ok=True)
        write_report(summary, self.folder / "summary" / "report.html", self.model.report)
        # pictures are drawn from the merged files
        self._refuse_others_than(made_from)
        self.output().write(summary, made_from)
        end_display()
        with printing(lost=OSError):
            print_summary(summary, folder=self.folder / "summary")
            if chatter.path() is not None:
                sys.stdout.write(f"log           {chatter.path()}\n")

    def _summary(self, made_from: Ingredients) -> Summary:
        from higgsflow.catalog.snapshot import as_yaml
        from higgsflow.output.duplicates import kept_apart
        from higgsflow.output.provenance import commit_of_program
        from higgsflow.records.lumi_coverage import by_year
        from higgsflow.report.content import Summary
        from higgsflow.report.totals import concluded

        model, blinding = self.model, self.model.blinding
        apart = kept_apart(self._data())
        with collector.kept():
            samples = tuple(self._sample(pair) for pair in model.samples.pairs)
        summary = Summary(
            inputs=digest(made_from),
            made_from=dict(made_from),
            analysis=model.name,
            version=model.version,
            store=str(self.folder),
            created=datetime.now(timezone.utc).isoformat(timespec="seconds"),
            higgsflow=higgsflow.__version__,
            commit=commit_of_program(),
            tags=model.tag_sequence.tags,
            # as columns are called in merged files
            variables=tuple(name.rpartition(":")[2] for name in model.variables_of_interest),
            blinded=(blinding.column, *blinding.window) if model.hides_data else None,
            configuration=as_yaml(model),
            samples=samples,
            kept_apart=apart,
            lumisections=by_year((s.sample, s.year, s.lumisections) for s in samples),
            left_over=tuple(made_from["merged files left over"]),
        )
        return concluded(summary, model.year_groups, model.sentinels)

    def _refuse_others_than(self, made_from: Ingredients) -> None:
        """Raises `Overtaken` when the merged files are not those any more that were read."""
        if self._today() != made_from:
            raise Overtaken(self.folder / "merged")

    def _data(self) -> list[DataFile]:
        """The merged nominal files of all data."""
        from higgsflow.model.systematic import NOMINAL
        from higgsflow.output.duplicates import DataFile
        from higgsflow.output.manifest import read_manifest

        found = []
        for pair in self.model.samples.pairs:
            if pair.is_data:
                names = {"sample": pair.sample.name, "year": pair.year}
                target = MergeSample.req(self, **names).output()[NOMINAL]
                manifest = read_manifest(target.file)
                found.append(
                    DataFile(
                        **names,
                        process=pair.sample.process,
                        is_listed=pair.dataset is not None,
                        path=Path(manifest.path),
                        rows=manifest.rows,
                    )
                )
        return found

    def _sample(self, pair: SampleYear) -> Any:
        from higgsflow.normalization import Normalization
        from higgsflow.output.manifest import read_manifest
        from higgsflow.records.sample_jobs import SampleJobs
        from higgsflow.report.summary import summarize_sample

        names = {"sample": pair.sample.name, "year": pair.year}
        merged = MergeSample.req(self, **names).output()
        return summarize_sample(
            pair,
            self.model.systematics_of(pair),
            MonitorJobs.req(self, **names).output().read_current(SampleJobs),
            UpdateScale1fb.req(self, **names).output().read_current(Normalization),
            {variation: read_manifest(target.file) for variation, target in merged.items()},
        )

    def _today(self) -> Ingredients | None:
        """All merged files and how they are shown."""
        merged: dict[str, list[str]] = {}
        for task in self.requires().values():
            for variation, target in task.output().items():
                if not target.exists():
                    return None
                name = f"{_MERGED}{task.sample} ({task.year})"
                merged.setdefault(name, []).append(f"{variation} {target.recorded()}")
        groups = {
            f"{kind} of {pair.name}": getattr(pair.sample, kind)
            for pair in self.model.samples.pairs
            for kind in _KINDS
        }
        alternatives = [pair.name for pair in self.model.samples.pairs if pair.is_alternative]
        return {
            "format of the summary": _FORMAT,
            **({"alternatives": alternatives} if alternatives else {}),
            **{name: marked(digest(recorded)) for name, recorded in merged.items()},
            **flattened(self.model.model_dump(mode="json", include=_SHOWN)),
            **groups,
            "samples": [pair.name for pair in self.model.samples.pairs],
            "merged files left over": self._left_over(),
        }

    def _left_over(self) -> list[str]:
        from higgsflow.output.left_over import left_over

        wanted = {(pair.sample.name, pair.year) for pair in self.model.samples.pairs}
        return left_over(self.folder / "merged", wanted)
