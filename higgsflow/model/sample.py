"""Samples: a process with its files per year, either simulation or data."""

from __future__ import annotations

import fnmatch
import functools
import math
import zlib
from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    field_validator,
    model_validator,
)

from higgsflow.errors import InvalidConfiguration, UnknownName
from higgsflow.model.dataset import PrimaryDataset, Triggers, dataset_of
from higgsflow.model.findings import shown
from higgsflow.model.noun import Name, Noun, as_yaml
from higgsflow.model.quantities import InverseFemtobarns, Picobarns
from higgsflow.model.short_forms import with_text_keys, with_tuples
from higgsflow.model.systematic import Systematics

T = TypeVar("T")


def _by_year(value: Any) -> Any:
    if not isinstance(value, Mapping):
        such = "{2017: ...}"
        raise ValueError(f"keys and values are needed (it is {shown(value)}), such as {such}")
    return with_tuples(with_text_keys(value))


def _not_empty(by_year: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    for year, addresses in by_year.items():
        if not addresses:
            raise ValueError(f"no addresses of files for year '{year}'")
    return by_year


def _numbers(value: Any) -> Any:
    """Numbers per year, of which none is a truth, which pydantic would take for 1."""
    by_year = with_text_keys(value)
    for year, one in by_year.items() if isinstance(by_year, Mapping) else ():
        if isinstance(one, bool):
            raise ValueError(f"'{year}' is {as_yaml(one)}, a number is needed")
    return by_year


Number = Annotated[float | dict[str, float], BeforeValidator(_numbers)]
CrossSection = Annotated[Picobarns | dict[str, Picobarns], BeforeValidator(_numbers)]
Switch = Annotated[bool | dict[str, bool], BeforeValidator(with_text_keys)]
Addresses = Annotated[
    dict[Name, tuple[str, ...]], BeforeValidator(_by_year), AfterValidator(_not_empty)
]


def for_year(value: T | dict[str, T], year: str, what: str) -> T:
    """The value of one year, where a catalogue may give one for all or one each."""
    if not isinstance(value, dict):
        return value
    if year not in value:
        raise UnknownName("year", year, value, what)
    return value[year]


def _holds(switch: bool | dict[str, bool], year: str) -> bool:
    """Whether a switch is on, also in a year that nobody selects, for which it may say nothing."""
    return switch.get(year, False) if isinstance(switch, dict) else switch


class _SampleBase(Noun):
    name: Name
    files: Addresses = Field(description="addresses per year: files, globs, folders, lists, das:")
    process: str = Field(default="", description="group in tables and plots; the name when empty")
    process_id: int = Field(
        default=-1, ge=-1, lt=1 << 31, description="stable number; derived when -1"
    )
    systematics: Systematics = Systematics()
    signal: bool = False

    @model_validator(mode="before")
    @classmethod
    def _fill_from_the_name(cls, value: Any) -> Any:
        if isinstance(value, dict) and "name" in value:
            name = str(value["name"])
            value = {**value, "process": value.get("process") or name}
            if value.get("process_id", -1) == -1:
                # a hash of the name does not depend on what else a catalogue holds
                value["process_id"] = zlib.crc32(name.encode()) & 0x7FFFFFFF
        return value

    @property
    def years(self) -> tuple[str, ...]:
        """The years for which files are given."""
        return tuple(self.files)


class SimulatedSample(_SampleBase):
    """Simulation: its cross section is required, never inferred."""

    kind: Literal["simulation"] = "simulation"
    xs: CrossSection = Field(description="cross section [pb], or with its unit: 507.1 fb")
    bf: Number = Field(default=1.0, description="branching fraction")
    filter_efficiency: Number = 1.0
    k_factor: Number = 1.0
    skim: Switch = Field(default=False, description="files keep a selection of their events")
    partial: Switch = Field(default=False, description="files were cut off after some events")
    negative_denominator: bool = Field(default=False, description="interference: D < 0 is meant")
    scale1fb: Number | None = Field(default=None, description="given by hand; needs every event")
    alternative: bool = Field(
        default=False,
        description="another mass, generator or tune of what is there already: it is in no sum",
    )
    allow_equal_sums: bool = Field(
        default=False, description="files with equal sums of weights are different files"
    )

    @field_validator("xs", "scale1fb")
    @classmethod
    def _finite(cls, value: float | dict[str, float] | None) -> float | dict[str, float] | None:
        for number in value.values() if isinstance(value, dict) else (value,):
            if number is not None and (number == 0 or not math.isfinite(number)):
                raise ValueError(f"{number} is not a number to scale events with")
        return value

    @field_validator("bf", "filter_efficiency", "k_factor")
    @classmethod
    def _positive(cls, value: float | dict[str, float]) -> float | dict[str, float]:
        for number in value.values() if isinstance(value, dict) else (value,):
            if not 0 < number < float("inf"):
                raise ValueError(f"{number} is not a positive number")
        return value

    @field_validator("bf", "filter_efficiency")
    @classmethod
    def _fraction(cls, value: float | dict[str, float]) -> float | dict[str, float]:
        for number in value.values() if isinstance(value, dict) else (value,):
            if number > 1:
                raise ValueError(f"{number:g} is no fraction: 0.01 is a percent")
        return value

    @model_validator(mode="after")
    def _is_of_one_kind(self) -> SimulatedSample:
        for year in self.files:
            if _holds(self.skim, year) and _holds(self.partial, year):
                raise ValueError(
                    f"{year} is declared both skim and partial: "
                    "say skim where a selection was applied, partial where files were cut off"
                )
        return self


class DataSample(_SampleBase):
    """Collision data: no cross section, weights are 1."""

    kind: Literal["data"] = "data"
    triggers: Triggers = Field(
        default=(),
        description="of a primary dataset, or per year; NAME? may be absent",
    )

    @model_validator(mode="before")
    @classmethod
    def _is_not_scaled(cls, value: Any) -> Any:
        for key in value if isinstance(value, Mapping) else ():
            if key in SimulatedSample.model_fields and key not in cls.model_fields:
                raise ValueError(
                    f"unknown key '{key}' of DataSample: {key} is forbidden for data, remove it"
                )
        return value

    @model_validator(mode="after")
    def _has_corrections_only(self) -> DataSample:
        for name in (*self.systematics.weights, *self.systematics.independent_collections):
            raise ValueError(f"'{name}' would never be applied: data have corrections only")
        return self


Sample = Annotated[SimulatedSample | DataSample, Field(discriminator="kind")]


class Year(Noun):
    """What belongs to a data-taking era."""

    luminosity: InverseFemtobarns = Field(
        description="integrated luminosity [fb^-1], or with its unit: 41500 /pb"
    )
    golden_json: str | None = Field(default=None, description="path of the certified lumisections")
    apply_golden_json: bool = True


Replicas = Annotated[dict[str, tuple[str, ...]], BeforeValidator(with_tuples)]


class SampleYear(Noun):
    """One sample in one year: what most stages work on."""

    sample: Sample
    year: Name
    era: Year
    dataset: PrimaryDataset | None = None
    replicas: dict[str, tuple[str, ...]] = {}

    @property
    def name(self) -> str:
        """For messages and tables."""
        return f"{self.sample.name} ({self.year})"

    @property
    def is_data(self) -> bool:
        """Whether these are collision data."""
        return isinstance(self.sample, DataSample)

    @property
    def is_alternative(self) -> bool:
        """Whether it stands by itself, and is added to nothing."""
        return isinstance(self.sample, SimulatedSample) and self.sample.alternative

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where the files are, as the catalogue says it."""
        return self.sample.files[self.year]

    @property
    def declared_kind(self) -> Literal["skim", "partial", ""]:
        """How files with fewer entries than generated events are to be understood."""
        if not isinstance(self.sample, SimulatedSample):
            return ""
        if for_year(self.sample.skim, self.year, f"skim of {self.sample.name}"):
            return "skim"
        partial = for_year(self.sample.partial, self.year, f"partial of {self.sample.name}")
        return "partial" if partial else ""


class Samples(Noun):
    """The samples and years of an analysis."""

    samples: tuple[Sample, ...]
    years: Annotated[dict[Name, Year], BeforeValidator(with_text_keys)]
    selected_years: tuple[Name, ...]
    primary_datasets: tuple[Name, ...] = Field(
        default=(), description="data in order: an event is of the first whose triggers it fired"
    )
    replicas: Replicas = Field(
        default={}, description="other beginnings of addresses, by one that files are listed with"
    )
    known_samples: tuple[Name, ...] = Field(
        default=(), description="all of the catalogue, also those that are not chosen"
    )

    @model_validator(mode="after")
    def _consistent(self) -> Samples:
        _unique("sample name", [sample.name for sample in self.samples])
        _unique("process_id", [str(sample.process_id) for sample in self.samples])
        _unique("selected year", list(self.selected_years))
        _unique("primary dataset", list(self.primary_datasets))
        _check_datasets(self.primary_datasets, self.samples)
        for year in self.selected_years:
            if year not in self.years:
                raise UnknownName("luminosity for year", year, self.years, "the catalogue's years")
        if not self.pairs:
            raise InvalidConfiguration("none of the samples has files in the selected years")
        _refuse_mixed_processes(self.pairs)
        for pair in self.pairs:
            if pair.is_data and pair.era.apply_golden_json and pair.era.golden_json is None:
                raise InvalidConfiguration(
                    f"no golden JSON for {pair.name}",
                    f"years.{pair.year} of the catalogue",
                    "give golden_json: a path, or say apply_golden_json: false",
                )
        return self

    @functools.cached_property
    def pairs(self) -> tuple[SampleYear, ...]:
        """Every selected sample and year that has files."""
        # its parts are validated; to validate pairs costs each batch job another schema
        return tuple(
            SampleYear.trusted(
                sample=sample,
                year=year,
                era=self.years[year],
                dataset=self._dataset(sample.name, year),
                replicas=self.replicas,
            )
            for sample in self.samples
            for year in self.selected_years
            if year in sample.files
        )

    def _dataset(self, name: str, year: str) -> PrimaryDataset | None:
        """What is a primary dataset's own, among those that have files in the year."""
        triggers = {
            sample.name: sample.triggers
            for sample in self.samples
            if isinstance(sample, DataSample) and year in sample.files
        }
        return dataset_of(name, year, self.primary_datasets, triggers)

    def pair(self, sample: str, year: str) -> SampleYear:
        """One sample and year by name.

        Raises:
            UnknownName: with the nearest known name.
        """
        of_sample = self.of_sample(sample)
        for pair in of_sample:
            if pair.year == year:
                return pair
        raise UnknownName("year", year, [p.year for p in of_sample], f"sample '{sample}'")

    def of_sample(self, sample: str) -> tuple[SampleYear, ...]:
        """All years of one sample by name."""
        pairs = self.pairs
        found = tuple(pair for pair in pairs if pair.sample.name == sample)
        if not found:
            raise UnknownName("sample", sample, [p.sample.name for p in pairs], "the analysis")
        return found


def select_names(patterns: tuple[str, ...], known: tuple[str, ...], kind: str) -> tuple[str, ...]:
    """The known names that the patterns select, in the order of the patterns, each once.

    Raises:
        UnknownName: for a pattern that selects nothing.
    """
    chosen: dict[str, None] = {}
    for pattern in patterns:
        found = fnmatch.filter(known, pattern)
        if not found:
            raise UnknownName(kind, pattern, known, "the catalogue")
        chosen.update(dict.fromkeys(found))
    return tuple(chosen)


def _check_datasets(order: tuple[str, ...], samples: tuple[Sample, ...]) -> None:
    """Primary datasets are data, and triggers are asked of these only."""
    data = {sample.name: sample for sample in samples if isinstance(sample, DataSample)}
    for name in order:
        if name not in data:
            raise UnknownName("sample of data", name, data, "primary_datasets")
    for name, sample in data.items():
        if sample.triggers and name not in order:
            raise InvalidConfiguration(
                f"nobody asks for the triggers of '{name}': it is no primary dataset",
                "the catalogue",
                f"say `primary_datasets: [{name}]` beside samples, or let a tagger cut on them",
            )


def _refuse_mixed_processes(pairs: tuple[SampleYear, ...]) -> None:
    """A row of a table is a process, and either added up or not."""
    added = {pair.sample.process: pair.sample.name for pair in pairs if not pair.is_alternative}
    for pair in pairs:
        if pair.is_alternative and pair.sample.process in added:
            process, name = pair.sample.process, pair.sample.name
            raise InvalidConfiguration(
                f"process '{process}' has {name}, an alternative, beside {added[process]}",
                "the catalogue",
                f"give {name} a process of its own, such as {name}",
            )


def _unique(what: str, values: list[str]) -> None:
    for value in values:
        if values.count(value) > 1:
            raise InvalidConfiguration(f"{what} '{value}' is given twice", "the catalogue")
