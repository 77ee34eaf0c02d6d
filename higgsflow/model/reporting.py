"""What the summary adds up, and from when on it calls something out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, FiniteFloat

from higgsflow.errors import InvalidConfiguration, UnknownName
from higgsflow.model.noun import Name, Noun
from higgsflow.model.once import ONCE


def _as_text(value: Any) -> Any:
    """YAML reads 2017 as a number; a year and a group of years are strings."""
    if not isinstance(value, Mapping):
        return value
    return {
        str(name): tuple(map(str, years)) if isinstance(years, list | tuple) else years
        for name, years in value.items()
    }


YearGroups = Annotated[
    dict[Name, Annotated[tuple[Name, ...], Field(min_length=1), ONCE]], BeforeValidator(_as_text)
]


class Sentinels(Noun):
    """From when on the summary calls something out."""

    min_events: int = Field(
        default=20, ge=1, description="selected events below which a systematic is not judged"
    )
    mean_factor: FiniteFloat = Field(
        default=0.3, gt=0, description="distance from 1 of the mean factor of a weight"
    )
    preserved_ratio: FiniteFloat = Field(
        default=2.0, ge=1, description="of sums that a weight preserves, or one over it"
    )
    one_sided: FiniteFloat = Field(
        default=0.01, gt=0, description="relative change of a yield, if up and down agree in sign"
    )
    efficiency_difference: FiniteFloat = Field(
        default=0.2, gt=0, description="relative difference of efficiencies, data to simulation"
    )
    significance: FiniteFloat = Field(
        default=5.0, gt=0, description="of that difference, in standard deviations"
    )
    negative_fraction: FiniteFloat = Field(
        default=0.25, gt=0, description="of generator weights that are negative"
    )
    coverage: FiniteFloat = Field(
        default=99.0, ge=0, le=100, description="percent of certified lumisections processed"
    )
    loss_chance: FiniteFloat = Field(
        default=0.01, ge=0, le=1, description="below which what was lost is not a random choice"
    )
    runs_difference: FiniteFloat = Field(
        default=1e-5, gt=0, description="relative, of sum of weights read to that of Runs"
    )


class Reporting(Noun):
    """How pictures of the report are drawn, and how many."""

    experiment: Literal["CMS", "ATLAS", "LHCb", "ALICE"] | None = Field(
        default=None, description="whose style and name the files beside the report have"
    )
    label: str = Field(
        default="", description="what stands behind the experiment's name, such as Preliminary"
    )
    energy: Annotated[str, BeforeValidator(str)] = Field(
        default="13", description="of collisions, in TeV, above the pictures"
    )
    files: Annotated[tuple[Literal["png", "pdf"], ...], ONCE] = Field(
        default=("png",), description="formats of the files of each picture beside the report"
    )
    files_by_year: bool = Field(
        default=False, description="files also of the pictures of single years"
    )
    max_figures: int = Field(
        default=600, ge=0, description="drawings inside the report; the first of all years are kept"
    )
    max_files: int = Field(default=300, ge=0, description="pictures beside the report")


def check_year_groups(groups: YearGroups, known: Mapping[str, Any]) -> None:
    """Refuses groups that name a year that is not known, or are named like one.

    Raises:
        UnknownName: with the nearest known year.
        InvalidConfiguration: where the name of a group means something else already.
    """
    for name, years in groups.items():
        if name in known or name == "all":
            raise InvalidConfiguration(
                f"year group '{name}' is named like a year", "year_groups", "give it another name"
            )
        for year in years:
            if year not in known:
                raise UnknownName("year", year, known, f"year_groups.{name}")
