"""A sample: a process with its files per year, either simulation or data."""

from __future__ import annotations

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

from higgsflow.credentials import refuse_secrets
from higgsflow.errors import UnknownName
from higgsflow.model.dataset import PrimaryDataset, Triggers
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
        for address in addresses:
            refuse_secrets(address, f"files of {year}")
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
    """The value of one year, where a catalogue may give one for all or one each.

    Raises:
        UnknownName: for a year of which nothing is said; `what` is the value that lacks it.
    """
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
                raise ValueError(f"{key} is forbidden for data, remove it")
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
