"""The table of a sample's jobs, and what they counted together."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

from higgsflow.errors import DamagedRecord, IncompleteSample
from higgsflow.ingredients import digest, marked, says_what, unmarked
from higgsflow.there import is_file
from tasks import session
from tasks.execution.batch.leftovers import cancel_leftovers
from tasks.execution.display import end_display, say
from tasks.execution.driver_lock import is_driven
from tasks.execution.job_screen import (
    exit_code,
    folders_of,
    look,
    write_json,
    write_screen,
)
from tasks.parameters import Switch, hidden, only_asks
from tasks.print_into_pipes import printing
from tasks.process_sample import ProcessSample
from tasks.targets import StageTarget, head_of, mark_of, read_record
from tasks.variation_task import VariationTask

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from higgsflow.ingredients import Ingredients
    from higgsflow.model.analysis import AnalysisModel
    from higgsflow.records.job_record import FailureRecord, JobRecord, Product
    from higgsflow.records.job_state import JobsTable
    from higgsflow.records.sample_jobs import SampleJobs


class MonitorJobs(VariationTask):
    """Says what became of every job, adds their counters, and seals which chunks are done.

    Of data it writes the lumisections that were processed, as brilcalc takes them.

    Later stages of the same invocation trust the seal; the next invocation looks at the disk.
    While another command runs the jobs, or when asked to, it shows them and runs nothing.
    """

    show = Switch(
        default=False,
        significant=False,
        description="show the jobs, run nothing; --json: the same for programs",
    )
    json = hidden(Switch, default=False)

    @classmethod
    def at_the_door(cls, analysis: AnalysisModel, params: dict[str, Any]) -> None:
        """Shows what is recorded, where that was asked for or another command runs the jobs."""
        years = [pair.year for pair in analysis.samples.of_sample(params["sample"])]
        chosen = [year for year in years if params["year"] in ("", year)]
        folders = folders_of(session.folder_of(analysis), params["sample"], chosen)
        asked = params["show"] or params["json"]
        if only_asks(params) or not (asked or any(map(is_driven, folders))):
            return
        tables = cls(**params).tables()
        with printing():
            if params["json"]:
                write_json(tables)
            elif tables:
                write_screen(tables)
            else:
                sys.stdout.write(f"no jobs of {params['sample']} have run yet\n")
        raise SystemExit(exit_code(tables, len(folders)))

    def stage_requires(self) -> Any:
        return ProcessSample.req(self)

    def stage_output(self) -> Any:
        path = self.stage_folder("jobs") / f"jobs{self.suffix}.json"
        lumis = (self._processed_lumis,) if self.pair.is_data else ()
        table = (self.job_table, self.job_table.with_suffix(".parquet"))
        return StageTarget(path, lambda: self._today(path), beside=(*lumis, *table))

    @property
    def _processed_lumis(self) -> Path:
        return self.stage_folder("jobs") / f"processed_lumis{self.suffix}.json"

    @property
    def job_table(self) -> Path:
        """What became of each job, as JSON."""
        return self.stage_folder("jobs") / f"job_table{self.suffix}.json"

    def tell_current(self) -> None:
        """Shows what is done."""
        self.show_jobs()

    def show_jobs(self) -> None:
        """Writes the table, of all years where none was chosen."""
        end_display()
        with printing():
            write_screen(self.tables())

    def tables(self) -> list[JobsTable]:
        """What became of the jobs of each year that was chosen, where there were any."""
        tasks = [self] if self.year else self.by_year().values()
        found = ((task, look([task.stage_folder("jobs")])) for task in tasks)
        return [task.of_today(table) for task, tables in found for table in tables]

    def of_today(self, table: JobsTable) -> JobsTable:
        """What became of the jobs that are current: others, taken back, may have failed since."""
        from higgsflow.records.job_state import JobsTable

        is_well = table.running or table.state in ("complete", "enough", "running")
        # where it was never complete, there are no others than those that failed
        if is_well or not is_file(self.job_table) or not self.complete():
            return table
        try:
            return read_record(self.job_table, JobsTable)
        except DamagedRecord:
            return table

    def run(self) -> None:
        super().run()
        if self.is_asked_for:
            self.show_jobs()

    def stage_run(self) -> None:
        from higgsflow.records.chunk_store import ChunkStore
        from higgsflow.records.outcome import Outcome, put_together

        process = ProcessSample.req(self)
        if not process.complete():
            raise IncompleteSample(
                f"outputs of {self.pair.name} vanished while it ran", "", "run the command again"
            )
        store, chunks = ChunkStore(process.chunk_folder), process.chunks
        sources = store.done(chunks, process.wanted)
        failures = process.final_failures(store)
        outcome = Outcome(store, chunks, sources, failures, process.completeness())
        jobs, records = put_together(self.pair, process.index, outcome, process.renamings.of)
        self._write_lumis(jobs)
        self._write_table(process, records, failures)
        self._tell_what_landed(len(sources), len(chunks), process)
        jobs = jobs.model_copy(update={"invocation": session.current.id})
        # with the names of today, also where nothing was made: the next change is told by them
        _ = process.kept_recipe
        self.output().write(jobs, self._ingredients(sources, process))
        if not self.variation:
            # all of them may have ended while no command ran, so that none drove them to their end
            cancel_leftovers(self.model, [self.pair])

    def _write_lumis(self, jobs: SampleJobs) -> None:
        """Those that were processed of data, as brilcalc takes them."""
        from higgsflow.events.lumisections import written
        from higgsflow.output.atomic import write_text

        if jobs.lumisections is not None:
            write_text(self._processed_lumis, written(jobs.lumisections.processed))

    def _tell_what_landed(self, n_done: int, n_chunks: int, process: ProcessSample) -> None:
        """Says so when what was merged without some jobs is merged again with them."""
        before = self.output().made_from() or {}
        same = before.get("what jobs make") == marked(process.recipe.made)
        n_before = before.get("chunks that are done", 0)
        if same and before.get("chunks") == self._chunked(process) and 0 < n_before < n_done:
            scaled = "" if self.pair.is_data else " with a new scale1fb"
            say(
                f"{self.pair.name}: late or retried jobs have landed: {n_done} of {n_chunks} "
                f"chunks are done, {n_before} before; it is merged again{scaled}"
            )

    @staticmethod
    def _chunked(process: ProcessSample) -> str:
        return marked(digest([chunk.id for chunk in process.chunks]))

    def _write_table(
        self,
        process: ProcessSample,
        records: dict[str, list[JobRecord]],
        failures: dict[str, FailureRecord],
    ) -> None:
        """What became of each job; the journal hears of jobs that landed after its driver ended."""
        from higgsflow.completeness import parts_of_skims
        from higgsflow.records.job_files import write_job_table
        from higgsflow.records.job_state import in_skims, tabulate
        from higgsflow.records.journal import Journal, read_journal, settled
        from tasks.execution.job_book import head_of

        folder = self.stage_folder("jobs")
        journal = read_journal(folder)
        head = journal[0] if journal else head_of(process, self.workflow)
        # both may be others since they were driven: a name, and what suffices
        today = {"variations": tuple(process.wanted), "min_completion": process.min_completion}
        head = head.model_copy(update=today)
        before = {state.chunk_id: state for state in journal[1]} if journal else {}
        skims = parts_of_skims(process.index, process.chunks)
        states = list(in_skims(settled(before, process.chunks, records, failures), skims))
        if not is_driven(folder):
            Journal(folder).begin(head, states)
        write_job_table(tabulate(head, states, driven=False, now=time.time()), self.job_table)

    def reasons(self) -> tuple[str, ...]:
        """Also what has been taken back, of which jobs need not make anything."""
        told = super().reasons()
        if not self.year or not told or any(map(says_what, told)):
            return told
        return self._taken_back() or told

    def _taken_back(self) -> tuple[str, ...]:
        """What was changed and is as jobs have made it before; nothing where they made it now."""
        from higgsflow.records.chunk_store import ChunkStore
        from higgsflow.records.reasons import taken_back

        target, process = self.output(), ProcessSample.req(self)
        made = (target.made_from() or {}).get("what jobs make")
        before = process.recipes.that_made(unmarked(made)) if isinstance(made, str) else None
        if before is None or before.made == process.recipe.made:
            return ()
        store, then = ChunkStore(process.chunk_folder), target.file.stat().st_mtime_ns
        stems = {
            stem for s in store.done(process.chunks, process.wanted).values() for stem in s.values()
        }
        if any(store.time_of(stem) > then for stem in stems):
            return ()
        return taken_back(before, process.recipe)

    def _today(self, path: Path) -> Ingredients | None:
        sealed = sealed_ingredients(path)
        if sealed is not None:
            return sealed
        process = ProcessSample.req(self)
        # of one look at the folder: with ten thousand records each takes a while
        sources = process.sufficient()
        return None if sources is None else self._ingredients(sources, process)

    def _ingredients(
        self, sources: dict[str, dict[str, str]], process: ProcessSample
    ) -> Ingredients:
        """What the table depends on: which jobs made what of which chunks."""
        from higgsflow.completeness import countable

        n_torn = len(sources) - len(countable(process.index, process.chunks, sources))
        return {
            "chunks": self._chunked(process),
            "chunks that are done": len(sources),
            **({"chunks left out, of skims": n_torn} if n_torn else {}),
            "outputs of jobs": marked(digest(_without_names(sources, process.wanted))),
            **process.recipe.as_ingredients(),
            "variations": list(process.wanted) if self.variation else [],
            "index": marked(str(process.index_task.output().recorded())),
        }


def _without_names(
    sources: Mapping[str, Mapping[str, str]], wanted: Mapping[str, Product]
) -> dict[str, list[tuple[str, str]]]:
    """Which jobs made what of which chunks, whatever it is called."""
    made = {variation: product.digest for variation, product in wanted.items()}
    return {
        chunk_id: sorted((made[variation], stem) for variation, stem in stems.items())
        for chunk_id, stems in sources.items()
    }


def sealed_ingredients(path: Path) -> Ingredients | None:
    """What a table was made from that this invocation has made; None for any other."""
    if mark_of(path).invocation != session.current.id:
        return None
    found: Ingredients | None = head_of(path).get("made_from")
    return found
