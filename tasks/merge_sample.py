"""The merged events of a sample."""

from __future__ import annotations

import functools
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import luigi

from higgsflow.errors import DamagedRecord, shorten
from higgsflow.ingredients import digest, flattened, marked
from tasks.execution.batch.leftovers import cancel_leftovers
from tasks.execution.display import say
from tasks.execution.driver_lock import making
from tasks.final_fit import trees_of, write_trees
from tasks.monitor_jobs import MonitorJobs
from tasks.process_sample import ProcessSample
from tasks.targets import StageTarget
from tasks.update_scale1fb import UpdateScale1fb
from tasks.variation_task import VariationTask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from higgsflow.ingredients import Ingredients
    from higgsflow.normalization import Normalization
    from higgsflow.output.merge_order import Part
    from higgsflow.records.job_record import Product
    from higgsflow.records.sample_jobs import JobRow


_PARTS_OF_D = ("denominator.sum_", "denominator.lhe_")


class _Shared(NamedTuple):
    """What the merged files of all variations of a sample and year depend on.

    Attributes:
        wanted: of each variation what jobs make.
    """

    normalization: Normalization
    wanted: Mapping[str, Product]
    ingredients: Ingredients


class MergeSample(VariationTask):
    """Puts the events of all chunks together, one file per variation, scaled once."""

    # what files say of themselves and how they are laid out
    file_format = 5

    def stage_requires(self) -> Any:
        return UpdateScale1fb.req(self)

    def stage_output(self) -> Any:
        folder = self.stage_folder("merged")
        ending = self.model.output_format
        # what all variations depend on is looked at once for all of them
        shared = functools.cache(self._shared_today)
        return {
            variation: StageTarget(
                folder / f"{variation}.json",
                functools.partial(self._today, shared, variation),
                beside=(folder / f"{variation}.{ending}",),
            )
            for variation in self.variations
        }

    def complete(self) -> bool:
        if not super().complete():
            return False
        trees = trees_of(self) if self.year else None
        return trees is None or bool(trees.exists())

    def news(self) -> tuple[str, ...]:
        """What has to be told; of D its value, and nothing of the sums that it is made of."""
        return tuple(one for one in super().news() if not one.startswith(_PARTS_OF_D))

    def stage_run(self) -> None:
        # of events and the manifest beside them, another command may make others
        with making("merge", self.stage_folder("jobs")):
            self._merge()

    def _merge(self) -> None:
        from higgsflow.normalization import Normalization
        from higgsflow.output.merge import merge
        from tasks.execution.side_by_side import as_they_come, shared
        from tasks.execution.slots import slots_of

        outputs = self.output()
        stale = [variation for variation, target in outputs.items() if not target.exists()]
        scale = self.input().read_current(Normalization)
        self._remove_what_is_not_wanted()
        # nothing is, where the stages before were made again with the same result
        if stale:
            common = self._shared(scale)
            order = self._order(stale, common)
            for variation in stale:
                # a manifest never stands beside events that it does not describe
                outputs[variation].file.unlink(missing_ok=True)
            with (
                shared(self, slots_of(self), as_they_come) as share,
                closing(merge(order, share)) as found,
            ):
                for variation, manifest in found:
                    # one by one, so that an interruption costs no more than is being merged
                    outputs[variation].write(manifest, self._ingredients(common, variation))
        trees = trees_of(self)
        if trees is not None and not trees.exists():
            write_trees(self, trees)

    def _remove_what_is_not_wanted(self) -> None:
        """Removes what looks like today's: of other variations or formats, and half written."""
        from higgsflow.output.atomic import writing

        unwanted = list(self._unwanted())
        half_written = self.stage_folder("merged").glob(".*.tmp")
        # a manifest last, which tells of its events should this be interrupted
        for path in (*half_written, *(path for pair in unwanted for path in pair)):
            with writing(path):
                path.unlink(missing_ok=True)
        if unwanted:
            names = shorten([events.name for events, _ in unwanted])
            say(f"{self.short_name}: removed {names}, which are not wanted any more")

    def _unwanted(self) -> Iterator[tuple[Path, Path]]:
        """Events and manifests of other variations or formats; files of a user have none."""
        from higgsflow.output.manifest import read_manifest

        for path in sorted(self.stage_folder("merged").glob("*.json")):
            try:
                events = Path(read_manifest(path).path)
            except (OSError, ValueError):
                # another command is at it, or it is a file of the user
                continue
            is_known = path.stem in self.plan.systematics.variations
            is_other_format = events.suffix != f".{self.model.output_format}"
            if not is_known or (is_other_format and path.stem in self.variations):
                yield events, path

    def _order(self, variations: list[str], shared: _Shared) -> Any:
        """What to merge: the chunks that count, with the checksums of their records."""
        from higgsflow.output.descriptions import origin_of
        from higgsflow.output.merge_order import MergeOrder
        from higgsflow.preserved import column_ratios
        from higgsflow.records.sample_jobs import SampleJobs

        found = shared.normalization
        jobs = MonitorJobs.req(self).output().read_current(SampleJobs)
        chunks = set(found.chunks)
        counted = [row for row in jobs.done if row.chunk_id in chunks]
        if len(counted) != len(found.chunks):
            raise DamagedRecord(self.input().file, "it counts chunks that no job has done")
        denominator = found.denominator
        return MergeOrder(
            sample=self.sample,
            year=self.year,
            process_id=self.pair.sample.process_id,
            is_data=self.pair.is_data,
            scale1fb=found.scale1fb,
            luminosity=found.luminosity,
            denominator=denominator.value if denominator else None,
            mode=denominator.mode if denominator else "data",
            holds_selection=denominator is not None and denominator.holds_selection,
            complete=found.complete,
            fraction=found.fraction,
            output_format=self.model.output_format,
            folder=self.stage_folder("merged"),
            inputs={v: digest(self._ingredients(shared, v)) for v in variations},
            parts=self._parts(variations, counted),
            variables=tuple(self.plan.variables),
            weights={variation: self._weights(variation) for variation in variations},
            ratios={
                variation: column_ratios(
                    self.plan.systematics, found.weight_ratios.get(variation, {}), variation
                )
                for variation in variations
            },
            trees=self.model.tree_names,
            origin=origin_of(self.plan, jobs, denominator.left_out if denominator else ()),
        )

    def _parts(self, variations: list[str], counted: list[JobRow]) -> dict[str, tuple[Part, ...]]:
        """By variation the outputs of jobs that hold it, chunk by chunk."""
        from higgsflow.output.merge_order import Part
        from higgsflow.records.chunk_store import ChunkStore

        process = ProcessSample.req(self)
        store = ChunkStore(process.chunk_folder)

        @functools.cache
        def part(chunk_id: str, stem: str) -> Part:
            # one for all variations of a job: of two hundred each they would fill the memory
            seen = store.seen(stem)
            return Part(
                chunk_id=chunk_id,
                stem=seen.stem,
                path=store.folder / seen.output.name,
                checksum=seen.output.checksum,
                most_rows=seen.output.most_rows,
                called=process.renamings.called(seen),
            )

        return {
            variation: tuple(part(row.chunk_id, row.sources[variation]) for row in counted)
            for variation in variations
        }

    def _weights(self, variation: str) -> tuple[str, ...]:
        from higgsflow.model.systematic import NOMINAL

        return tuple(self.plan.weight_columns) if variation == NOMINAL else ()

    def _shared_today(self) -> _Shared | None:
        from higgsflow.normalization import Normalization

        target = self.input()
        return self._shared(target.read(Normalization)) if target.exists() else None

    def _shared(self, found: Normalization) -> _Shared:
        from higgsflow.plan import described

        said = described(self.plan.steps, self.plan.context)
        told = {name: said[name] for name in sorted(said) if name in self.plan.variables}
        ingredients = {
            **scaling(found),
            "variables": list(self.plan.variables),
            "tags": list(self.plan.tags),
            "process_id": self.pair.sample.process_id,
            "format of merged files": self.file_format,
            "output_format": self.model.output_format,
            "trees": self.model.tree_names,
            "descriptions of columns": [f"{name}: {text}" for name, text in told.items()],
        }
        return _Shared(found, ProcessSample.req(self).wanted, ingredients)

    def _today(self, shared: Callable[[], _Shared | None], variation: str) -> Ingredients | None:
        found = shared()
        return None if found is None else self._ingredients(found, variation)

    def _ingredients(self, shared: _Shared, variation: str) -> Ingredients:
        """What a merged file depends on: its own events and the scale, not other variations."""
        # the same names may mean something else than they did
        found, wanted = shared.normalization, shared.wanted[variation]
        columns = (*self.plan.variables, *self._weights(variation))
        return {
            **shared.ingredients,
            "events": marked(digest([found.sources.get(variation), wanted.digest])),
            "ratios of weights": marked(digest(found.weight_ratios.get(variation))),
            "columns of weights": list(self._weights(variation)),
            "columns": marked(digest([wanted.columns[name] for name in columns])),
        }


def scaling(found: Normalization) -> Ingredients:
    """What a merged file says of the normalisation that it was made with."""
    known = {"inputs", "made_from", "sources", "chunks", "weight_ratios"}
    return {
        "chunks": marked(digest(found.chunks)),
        **flattened(found.model_dump(mode="json", exclude=known)),
    }


@MergeSample.event_handler(luigi.Event.DEPENDENCY_PRESENT)
def _is_current(task: Any) -> None:
    # of one variation alone nobody knows whether the others are current
    if not task.variation:
        pairs = task.model.samples.of_sample(task.sample)
        cancel_leftovers(task.model, [pair for pair in pairs if task.year in ("", pair.year)])
