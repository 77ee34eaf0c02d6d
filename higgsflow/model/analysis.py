"""The whole configuration of an analysis as one frozen noun."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BeforeValidator, Field, FiniteFloat, field_validator, model_validator

from higgsflow.errors import InvalidConfiguration
from higgsflow.model.jobs import JobsManager
from higgsflow.model.noun import Name, Noun
from higgsflow.model.outputs import OutputOptions
from higgsflow.model.preserved import GeneratorBins
from higgsflow.model.reference import lives_in_main
from higgsflow.model.reporting import Reporting, Sentinels, YearGroups, check_year_groups
from higgsflow.model.sample import DataSample, SampleYear
from higgsflow.model.samples import Samples
from higgsflow.model.short_forms import as_names
from higgsflow.model.source import Column
from higgsflow.model.systematic import Systematics
from higgsflow.model.tagging import TagSequence

if TYPE_CHECKING:
    from collections.abc import Iterator


class Blinding(Noun):
    """The window of data that no picture and no table shows."""

    column: str = "m_gg"
    window: tuple[FiniteFloat, FiniteFloat] = (115.0, 135.0)
    unblind: bool = False

    @field_validator("window")
    @classmethod
    def _in_order(cls, window: tuple[float, float]) -> tuple[float, float]:
        if not window[0] < window[1]:
            raise ValueError(f"the window {window[0]:g} to {window[1]:g} hides nothing")
        return window


class AnalysisModel(Noun):
    """Samples and years, systematics, a tag sequence, what to write and where jobs run."""

    name: Name = "analysis"
    version: Name = "v1"
    samples: Samples
    systematics: Systematics = Systematics()
    tag_sequence: TagSequence
    variables_of_interest: Annotated[tuple[Column, ...], BeforeValidator(as_names)] = Field(
        min_length=1
    )
    output_format: Literal["parquet", "root"] = "parquet"
    outputs: OutputOptions = OutputOptions()
    generator_bins: dict[Name, GeneratorBins] = Field(
        default={}, description="bins of simulation in which sums before any cut are kept"
    )
    jobs_manager: JobsManager = JobsManager()
    blinding: Blinding = Blinding()
    year_groups: YearGroups = Field(default={}, description="years that are also summed together")
    sentinels: Sentinels = Sentinels()
    report: Reporting = Reporting()
    allow_incomplete_data: bool = Field(
        default=False, description="merge data with ranges missing, marked as incomplete"
    )
    store: str | None = Field(default=None, description="folder of all outputs")
    python_path: tuple[str, ...] = Field(
        default=(), description="folders of modules of yours; default: that of the configuration"
    )

    @model_validator(mode="after")
    def _systematics_of_samples_are_sound(self) -> AnalysisModel:
        for pair in self.samples.pairs:
            self.systematics_of(pair)
        check_year_groups(self.year_groups, self.samples.years)
        return self

    @model_validator(mode="after")
    def _variables_are_different_columns(self) -> AnalysisModel:
        by_column: dict[str, str] = {}
        for name in self.variables_of_interest:
            if self.variables_of_interest.count(name) > 1:
                raise InvalidConfiguration(f"variable of interest '{name}' is given twice")
            other = by_column.setdefault(name.rpartition(":")[2], name)
            if other != name:
                raise InvalidConfiguration(
                    f"variables of interest '{other}' and '{name}' are one column of the outputs",
                    "",
                    "take one of them out",
                )
        return self

    @model_validator(mode="after")
    def _filters_are_of_the_catalogue(self) -> AnalysisModel:
        """What no sample passes would leave a systematic out in silence, and its central weight.

        A sample that is not chosen counts: configurations are also run in parts.
        """
        of_samples = (sample.systematics for sample in self.samples.samples)
        known, years = self.samples.known_samples, tuple(self.samples.years)
        # copies in older stores do not say what else was in the catalogue
        for systematics in (self.systematics, *of_samples) if known else ():
            for source in systematics.sources:
                source.check_filters(known, years)
            self._check_those_of_simulation(systematics)
        return self

    def _check_those_of_simulation(self, systematics: Systematics) -> None:
        """Raises for a weight or collection whose samples are data, which have corrections only."""
        data = {s.name for s in self.samples.samples if isinstance(s, DataSample)}
        simulated = [name for name in self.samples.known_samples if name not in data]
        of_simulation = (systematics.weights, systematics.independent_collections)
        for source in (one for kind in of_simulation for one in kind.values() if simulated):
            # mostly the first of simulation tells, and the others need not be looked at
            if all(not source.is_for(name) for name in simulated):
                raise InvalidConfiguration(
                    f"'{source.name}' is for data only, and would never be applied",
                    f"samples of '{source.name}': {', '.join(source.samples)}",
                    "of data there are `corrections` only: name samples of simulation",
                )

    @model_validator(mode="after")
    def _outputs_fit(self) -> AnalysisModel:
        chosen = {pair.sample.name: pair.is_data for pair in self.samples.pairs}
        simulated = [name for name, is_data in chosen.items() if not is_data]
        # one that is not chosen counts: configurations are also run in parts
        others = [name for name in self.samples.known_samples if name not in chosen]
        columns = [name.rpartition(":")[2] for name in self.variables_of_interest]
        self.outputs.check(
            self.output_format, self.tag_sequence.tags, (*simulated, *others), columns
        )
        if self.outputs.finalfit is not None:
            self.outputs.finalfit.check_bins(self.generator_bins)
            self.outputs.finalfit.check_systematics(self._systematics_by_name)
            self.outputs.finalfit.check_factors(self._directions_of_weights)
        return self

    @property
    def _all_systematics(self) -> tuple[Systematics, ...]:
        return (self.systematics, *(sample.systematics for sample in self.samples.samples))

    @property
    def _systematics_by_name(self) -> tuple[str, ...]:
        """Those that some sample has, beside corrections."""
        found = self._all_systematics
        return tuple({n for one in found for n in (*one.weights, *one.independent_collections)})

    @property
    def _directions_of_weights(self) -> Iterator[tuple[str, str]]:
        """Each weight systematic that some sample has, with each of its directions."""
        for weight in (one for kind in self._all_systematics for one in kind.weights.values()):
            yield from ((weight.name, direction) for direction in weight.directions)

    @property
    def hides_data(self) -> bool:
        """Whether there are data of which a window is blinded."""
        return not self.blinding.unblind and any(pair.is_data for pair in self.samples.pairs)

    def systematics_of(self, pair: SampleYear) -> Systematics:
        """The systematics of one sample and year; of data there are corrections only."""
        merged = self.systematics.merged_with(pair.sample.systematics)
        return merged.of(pair.sample.name, pair.year, pair.is_data)

    @property
    def tree_names(self) -> dict[str, int]:
        """The tag_idx of each tree of a merged ROOT file; empty where it has one tree."""
        if self.outputs.trees == "single":
            return {}
        found = {tag: position for position, tag in enumerate(self.tag_sequence.tags)}
        return {**found, "untagged": -1} if self.tag_sequence.keep_untagged else found

    @property
    def code_references(self) -> tuple[str, ...]:
        """All code that the configuration names, as `module:name`."""
        found = {spec.tagger for spec in self.tag_sequence.taggers}
        for pair in self.samples.pairs:
            systematics = self.systematics_of(pair)
            found.update(s.function for s in systematics.sources if s.function is not None)
        return tuple(sorted(found))

    def refuse_main(self, batch: str = "") -> None:
        """Raises if jobs leave this machine, but code lives in a script that they cannot import.

        They leave it with another engine than `local`, as configured where none is given.
        """
        batch = batch or self.jobs_manager.batch
        for reference in self.code_references if batch != "local" else ():
            if lives_in_main(reference):
                name = reference.partition(":")[2]
                raise InvalidConfiguration(
                    f"'{name}' lives in __main__: jobs of {batch} are other "
                    "programs and cannot import it",
                    "",
                    "put it into a module of its own, or use batch='local'",
                )
