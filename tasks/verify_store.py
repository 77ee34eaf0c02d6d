"""Whether the merged files are what they claim to be."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from higgsflow.errors import UnknownName, Unreadable, UserError, said_by
from higgsflow.there import is_file
from tasks.index_sample import IndexSample, index_of
from tasks.merge_sample import scaling
from tasks.parameters import Text
from tasks.print_into_pipes import printing
from tasks.process_sample import ProcessSample
from tasks.update_scale1fb import UpdateScale1fb
from tasks.variation_task import VariationTask, refuse_variation

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from higgsflow.model.analysis import AnalysisModel
    from higgsflow.normalization import Normalization
    from higgsflow.output.manifest import Manifest
    from higgsflow.output.rescale import Ratios
    from higgsflow.records.names import Called
    from higgsflow.verification.certificate import Certificate
    from higgsflow.verification.merged import Evidence


class VerifyStore(VariationTask):
    """Counts everything in the merged files again, from the job records; runs no jobs.

    Prints a certificate, or the first thing that does not hold.
    """

    sample = Text(default="", description="name of a sample; default: all that are merged")
    _verified = False

    @classmethod
    def check(cls, analysis: AnalysisModel, params: dict[str, Any]) -> None:
        """Without a sample it is about all that have the year and the variations."""
        if params["sample"]:
            super().check(analysis, params)
            return
        pairs = analysis.samples.pairs
        years = dict.fromkeys(pair.year for pair in pairs)
        if params["year"] not in ("", *years):
            raise UnknownName("year", params["year"], years, f"analysis '{analysis.name}'")
        asked = [pair for pair in pairs if params["year"] in ("", pair.year)]
        systematics = [analysis.systematics_of(pair) for pair in asked]
        for name in params["variation"]:
            if not any(name in one.variations for one in systematics):
                refuse_variation(name, systematics, f"analysis '{analysis.name}'")

    @classmethod
    def check_site(cls, analysis: AnalysisModel, params: dict[str, Any]) -> None:
        """Nothing is written, so a store may be full, or one that can only be read."""

    def requires(self) -> Any:
        return []

    def output(self) -> Any:
        return []

    def complete(self) -> bool:
        return self._verified

    def run(self) -> None:
        from higgsflow.report.screen import width_of_output
        from higgsflow.verification.table import render

        try:
            found = [one for task in self._of_each() for one in task.certificates()]
        except PermissionError as error:
            raise Unreadable(error) from error
        if not found:
            raise UserError(
                "nothing is merged", str(self.folder / "merged"), "run MergeSample first"
            )
        with printing():
            sys.stdout.write(render(found, self._hidden(), width_of_output()))
        self._verified = True

    def _hidden(self) -> frozenset[str]:
        """Samples of which blinding keeps back how many events were selected."""
        if self.model.blinding.unblind:
            return frozenset()
        return frozenset(p.sample.name for p in self.model.samples.pairs if p.is_data)

    def _of_each(self) -> Iterator[VerifyStore]:
        for pair in self.model.samples.pairs:
            known = self.model.systematics_of(pair).variations
            chosen = tuple(name for name in self.variation if name in known)
            is_about = self.is_about(pair, {"sample": self.sample, "year": self.year})
            if is_about and (chosen or not self.variation):
                names = {"sample": pair.sample.name, "year": pair.year}
                yield VerifyStore.req(self, **names, variation=chosen)

    def certificates(self) -> Iterator[Certificate]:
        """Of each merged file of one sample and year.

        Raises:
            UserError: for the first thing that does not hold.
        """
        from higgsflow.verification.merged import verify
        from tasks.execution.side_by_side import shared
        from tasks.execution.slots import slots_that_can_be_taken

        manifests = self._manifests()
        if manifests:
            with shared(self, slots_that_can_be_taken(self)) as share:
                yield from verify(manifests, self._evidence(manifests), share)

    def _manifests(self) -> list[Manifest]:
        from higgsflow.catalog.store import listed
        from higgsflow.output.manifest import read_manifest

        paths = [path for path in listed(self.stage_folder("merged")) if path.suffix == ".json"]
        found = []
        # of a variation that is called otherwise today, or not wanted, nothing is current
        for path in (path for path in paths if path.stem in self.variations):
            try:
                found.append(read_manifest(path))
            except PermissionError:
                raise
            except (OSError, ValueError) as error:
                raise _damaged(path, error) from error
        return found

    def _evidence(self, manifests: list[Manifest]) -> Evidence:
        from higgsflow.preserved import column_ratios
        from higgsflow.records.chunk_store import ChunkStore
        from higgsflow.records.names import Called
        from higgsflow.verification.merged import Evidence

        indexed = IndexSample.req(self).stage_output()
        if not is_file(indexed.file):
            raise _absent(indexed.file)
        known = self._normalizations()
        made_with = {manifest.variation: _made_with(manifest, known) for manifest in manifests}
        process = ProcessSample.req(self, variation=())
        store = ChunkStore(process.chunk_folder)

        def called(stem: str) -> Called:
            seen = store.said(stem)
            return Called() if seen is None else process.renamings.called(seen)

        def ratios(variation: str) -> Ratios:
            found = made_with[variation].weight_ratios.get(variation, {})
            return column_ratios(self.plan.systematics, found, variation) if found else {}

        try:
            index = index_of(indexed).index
        except ValueError as error:
            raise _damaged(indexed.file, error) from error
        return Evidence(
            pair=self.pair,
            index=index,
            chunks=process.chunk_folder,
            called=called,
            normalizations=made_with,
            ratios={variation: ratios(variation) for variation in made_with},
        )

    def _normalizations(self) -> list[Normalization]:
        """Those that merged files may be made with: of all variations, or of a narrowed stage."""
        whole = UpdateScale1fb.req(self, variation=()).stage_output().file
        narrowed = (path for path in sorted(whole.parent.glob("*.json")) if path != whole)
        paths = [path for path in (whole, *narrowed) if is_file(path)]
        if not paths:
            raise _absent(whole)
        return [_read(path) for path in paths]


def _made_with(manifest: Manifest, known: Sequence[Normalization]) -> Normalization:
    """The one that a merged file was made with.

    Where it is the one of none, what differs is told of that of all variations.
    """
    return next((one for one in known if _is_made_with(manifest, one)), known[0])


def _is_made_with(manifest: Manifest, found: Normalization) -> bool:
    if found.sources and manifest.variation not in found.sources:
        return False
    return all(manifest.made_from.get(name) == told for name, told in scaling(found).items())


def _read(path: Path) -> Normalization:
    from higgsflow.normalization import Normalization

    try:
        return Normalization.model_validate_json(path.read_bytes())
    except ValueError as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> UserError:
    reason = said_by(error)
    return UserError(f"cannot read {path}", reason, "run MergeSample again")


def _absent(path: Path) -> UserError:
    return UserError(f"there is no {path}", "merged files were made from it", "run MergeSample")
