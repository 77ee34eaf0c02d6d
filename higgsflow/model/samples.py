"""The samples and years of an analysis: which there are, that they agree, and where one is."""

from __future__ import annotations

import fnmatch
import functools
from itertools import chain
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from higgsflow.credentials import refuse_secrets
from higgsflow.errors import InvalidConfiguration, UnknownName
from higgsflow.model.dataset import PrimaryDataset, dataset_of
from higgsflow.model.noun import Name, Noun
from higgsflow.model.sample import DataSample, Sample, SampleYear, Year
from higgsflow.model.short_forms import with_text_keys, with_tuples


def _without_secrets(replicas: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    for address in (*replicas, *chain(*replicas.values())):
        refuse_secrets(address, "replicas")
    return replicas


Replicas = Annotated[
    dict[str, tuple[str, ...]], BeforeValidator(with_tuples), AfterValidator(_without_secrets)
]


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
                    "say there golden_json: PATH, or apply_golden_json: false",
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
        """All years of one sample by name.

        Raises:
            UnknownName: with the nearest known name.
        """
        if sample not in self._by_sample:
            raise UnknownName("sample", sample, self._by_sample, "the analysis")
        return self._by_sample[sample]

    @functools.cached_property
    def _by_sample(self) -> dict[str, tuple[SampleYear, ...]]:
        # each task asks for its own, again and again
        found: dict[str, tuple[SampleYear, ...]] = {}
        for pair in self.pairs:
            found[pair.sample.name] = (*found.get(pair.sample.name, ()), pair)
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
