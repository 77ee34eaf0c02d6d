"""The jobs of a sample."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import law
import luigi

from higgsflow.errors import StoreError, UserError
from tasks import job_reasons, session
from tasks.chunk_targets import Chunks, ChunkTarget
from tasks.execution.batch.remote import HTCondorWorkflow, SlurmWorkflow
from tasks.execution.local import PooledWorkflow
from tasks.index_all import IndexAll
from tasks.index_sample import IndexSample, index_of
from tasks.parameters import Number, Text, hidden
from tasks.recipe_task import RecipeTask

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from higgsflow.completeness import Completeness
    from higgsflow.events.chunks import Chunk
    from higgsflow.events.index import SampleIndex
    from higgsflow.model.analysis import AnalysisModel
    from higgsflow.records.chunk_store import ChunkStore
    from higgsflow.records.failures import FailureLog
    from higgsflow.records.job_record import FailureRecord, Product


class ProcessSample(RecipeTask, PooledWorkflow, HTCondorWorkflow, SlurmWorkflow):
    """Runs every variation on every chunk of a sample; a branch is a chunk."""

    branch = Number(
        default=-1, description="number of one chunk, from 0, which is run in this process"
    )
    # the workflow of a branch is about all of its events
    exclude_params_workflow = {"branch", "events"}
    # only START:STOP of that chunk, a trial that keeps nothing; the message of a defect has it
    events = hidden(Text, default="", significant=True)
    branches = hidden(
        law.MultiRangeParameter,
        default=(),
        require_start=False,
        require_end=False,
        single_value=True,
    )
    effective_workflow = hidden(luigi.Parameter, default="NO_STR")
    acceptance = hidden(luigi.FloatParameter, default=1.0)
    tolerance = hidden(luigi.FloatParameter, default=0.0)
    pilot = hidden(luigi.BoolParameter, default=False)

    @classmethod
    def check(cls, analysis: AnalysisModel, params: dict[str, Any]) -> None:
        """A chunk belongs to a year."""
        super().check(analysis, params)
        if params["branch"] >= 0 and not params["year"]:
            years = ", ".join(p.year for p in analysis.samples.of_sample(params["sample"]))
            raise UserError(f"{cls.__name__} --branch needs --year", "", f"known: {years}")
        if params["events"]:
            from tasks.execution.trial import events_of

            events_of(params["events"])
            if params["branch"] < 0:
                raise UserError(f"{cls.__name__} --events needs --branch")

    def workflow_requires(self) -> Any:
        if not self.year:
            return {"years": list(self.by_year().values())}
        if session.current.all_samples:
            # nothing is submitted before every sample is known to be readable
            return {"index": self.index_task, "all": IndexAll.req(self)}
        return {"index": self.index_task}

    @law.dynamic_workflow_condition
    def workflow_condition(self) -> bool:
        return bool(self.year) and bool(self.index_task.complete())

    @workflow_condition.create_branch_map
    def create_branch_map(self) -> dict[int, Chunk]:
        return dict(enumerate(self.chunks))

    def requires(self) -> Any:
        # also while there is no index, unlike what law does with a condition
        return self.index_task

    @workflow_condition.output
    def output(self) -> Any:
        return ChunkTarget(self.chunk_folder, self.branch_data, self.wanted)

    def complete(self) -> bool:
        if not self.is_branch():
            return self.workflow_complete()
        if not self.workflow_condition():
            return False
        try:
            self._check_branch()
        except UserError as error:
            law.util.abort(str(error), exitcode=1)
        # a trial keeps nothing, so there is always something to do
        return not self.events and bool(self.output().exists())

    def _check_branch(self) -> None:
        n = len(self.get_branch_map())
        if self.branch not in self.get_branch_map():
            raise UserError(
                f"no branch {self.branch} of {self.pair.name}", "", f"known: 0 to {n - 1}"
            )

    def workflow_complete(self) -> bool:
        """Whether enough is done, by the project's rule, in entries."""
        if not self.year:
            return all(task.complete() for task in self.by_year().values())
        return self.sufficient() is not None

    def sufficient(self) -> dict[str, dict[str, str]] | None:
        """Which jobs made what of the chunks that are done; None where these are too few."""
        try:
            if not self.workflow_condition():
                return None
            store = self.store
            done = store.done(self.chunks, self.wanted)
            return done if self._assessed(store, done).suffices else None
        except (StoreError, PermissionError):
            # its run meets the same error, and tells it
            return None

    def run(self) -> None:
        """One chunk in this process, for a look at what it does."""
        from higgsflow.job import run_job
        from higgsflow.records.sample_jobs import missing_products
        from tasks.execution.trial import try_events

        self._check_branch()
        if self.events:
            try_events(self, self.branch_data, self.events)
            return
        self.adopt()
        self.tell_reasons()
        missing = missing_products(self.store, self.branch_data, self.wanted)
        run_job(self.job(self.branch_data, missing))

    @property
    def output_collection_cls(self) -> Callable[..., Chunks]:
        """What law puts the outputs of all chunks into."""
        return functools.partial(Chunks, reasons=self.reasons)

    @functools.cached_property
    def index_task(self) -> IndexSample:
        """The stage that knows the files; asked for often, made once."""
        task: IndexSample = IndexSample.req(self)
        return task

    @property
    def index(self) -> SampleIndex:
        """What is known of the input files."""
        found: SampleIndex = index_of(self.index_task.output()).index
        return found

    @property
    def chunks(self) -> tuple[Chunk, ...]:
        """All chunks, the same on every rerun."""
        from higgsflow.events.chunks import make_chunks

        index = self.index
        workflow = self.as_workflow()
        if getattr(workflow, "_chunked", None) is not index:
            n_events = self.model.jobs_manager.n_events_per_output
            workflow._chunks = make_chunks(index, n_events)
            workflow._chunked = index
        chunks: tuple[Chunk, ...] = workflow._chunks
        return chunks

    @property
    def wanted(self) -> dict[str, Product]:
        """What today's configuration wants of each variation."""
        workflow = self.as_workflow()
        if not hasattr(workflow, "_wanted"):
            found = self.recipe.products
            workflow._wanted = {v: found[v] for v in self.variations}
        wanted: dict[str, Product] = workflow._wanted
        return wanted

    def adopt(self) -> bool:
        """Takes outputs that lie under the name of another sample; whether there were any."""
        return job_reasons.adopt(self)

    @property
    def asked_chunks(self) -> tuple[Chunk, ...]:
        """The chunks that it is about."""
        return (self.branch_data,) if self.is_branch() else self.chunks

    def reasons(self) -> tuple[str, ...]:
        """Why jobs have to run, each with the number of chunks."""
        is_known = self.year and self.workflow_condition()
        return job_reasons.reasons(self) if is_known else ()

    def news(self) -> tuple[str, ...]:
        """All of them: nothing before it has said what changed in code and configuration."""
        return self.reasons()

    @property
    def chunk_folder(self) -> Path:
        """Where jobs write."""
        return self.stage_folder("chunks")

    @property
    def store(self) -> ChunkStore:
        """What jobs have written, as it is now."""
        from higgsflow.records.chunk_store import ChunkStore

        return ChunkStore(self.chunk_folder)

    @property
    def failures(self) -> FailureLog:
        """What failed."""
        from higgsflow.records.failures import FailureLog

        return FailureLog(self.stage_folder("jobs"))

    def final_failures(self, store: ChunkStore) -> dict[str, FailureRecord]:
        """The final failure, of today's digest, of each chunk that has one."""
        from higgsflow.digests import job_digest
        from higgsflow.records.sample_jobs import missing_products

        # of earlier invocations none counts for who asks to retry
        own = session.current.id if session.current.retry_failed else None
        found = {
            (failure.chunk_id, failure.digest): failure
            for failure in self.failures.final()
            if own in (None, failure.invocation)
        }
        failed = {chunk_id for chunk_id, _ in found}
        by_chunk = {}
        # with hundreds of variations it takes a millisecond to name a job, and nearly none failed
        for chunk in (chunk for chunk in self.chunks if chunk.id in failed):
            digest = job_digest(chunk.id, missing_products(store, chunk, self.wanted))
            if (chunk.id, digest) in found:
                by_chunk[chunk.id] = found[chunk.id, digest]
        return by_chunk

    def completeness(self) -> Completeness:
        """How much is done, and whether that is enough."""
        store = self.store
        return self._assessed(store, store.done(self.chunks, self.wanted))

    def _assessed(self, store: ChunkStore, done: dict[str, dict[str, str]]) -> Completeness:
        from higgsflow.completeness import assess

        failures = self.final_failures(store)
        return assess(self.index, self.chunks, done, failures, self.min_completion)

    @property
    def min_completion(self) -> float:
        """The fraction of the entries that suffices."""
        if not self.pair.is_data:
            return self.model.jobs_manager.min_completion
        return 0.0 if self.model.allow_incomplete_data else 1.0

    def job(self, chunk: Chunk, wanted: dict[str, Product], attempt: int = 1) -> Any:
        """What a worker is given."""
        from higgsflow.job import Job

        # once, not for each of ten thousand chunks
        _ = self.kept_recipe
        return Job(
            analysis=self.model,
            sample=self.sample,
            year=self.year,
            chunk=chunk,
            wanted=wanted,
            names=self.recipe.names,
            folder=self.chunk_folder,
            attempt=attempt,
            profile=self.model.jobs_manager.profile or session.current.profile,
            known_files=self.known_files,
        )
