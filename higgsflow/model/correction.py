"""How a systematic asks a correctionlib file: which correction, and what goes into its inputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, model_validator

from higgsflow.errors import UnknownName
from higgsflow.model.noun import Noun
from higgsflow.model.short_forms import column_name, with_text_keys

Value = int | float | str


PerYear = Annotated[str | dict[str, str], BeforeValidator(with_text_keys)]


def of_year(value: Value | Mapping[str, Value], year: str, what: str) -> Value:
    """The value of one year, where one may be given for all.

    Raises:
        UnknownName: for a year without one.
    """
    if not isinstance(value, Mapping):
        return value
    if year not in value:
        raise UnknownName("year", year, list(value), what)
    return value[year]


class CorrectionInput(Noun):
    """What one input of a correction is given.

    Attributes:
        column: of the objects, where factors are per object, else of the event.
        event_column: of the event, for each of its objects.
        value, by_year: the same for all events.
        variation: what `variations` says of the direction.
        transform: `abs` gives the absolute value of the column.
    """

    column: Annotated[str | None, BeforeValidator(column_name)] = None
    event_column: str | None = None
    value: Value | None = None
    by_year: Annotated[dict[str, Value] | None, BeforeValidator(with_text_keys)] = None
    variation: bool = False
    transform: Literal["abs"] | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_short_form(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {"column": value}
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return {"value": value} if is_number else value

    @model_validator(mode="after")
    def _is_one_thing(self) -> CorrectionInput:
        given = (self.column, self.event_column, self.value, self.by_year)
        if sum(one is not None for one in given) + self.variation != 1:
            raise ValueError("say one of column, event_column, value, by_year, variation: true")
        return self


class Correction(Noun):
    """A correction of a correctionlib file, also a compound one.

    Attributes:
        file: one for all years or one per year; `{sample}` and `{year}` in it stand for the names.
        name: of the correction in the file, one for all years or one per year.
        inputs: by the names of the correction's inputs.
        variations: per direction what the input with `variation: true` is given; without such an
            input, the name of the correction of the direction, or a number of uncertainties.
            Without any there is the central value only.
    """

    file: PerYear
    name: PerYear = ""
    inputs: dict[str, CorrectionInput]
    variations: Annotated[dict[str, Value], BeforeValidator(with_text_keys)] = {}

    @model_validator(mode="after")
    def _has_one_input_for_the_variation(self) -> Correction:
        varied = [name for name, given in self.inputs.items() if given.variation]
        if len(varied) > 1:
            raise ValueError(f"inputs {varied} are all said to be the variation")
        named = all(isinstance(v, str) for v in self.variations.values()) and not varied
        if not self.name and not (named and self.variations):
            raise ValueError("say the name of the correction in its file")
        return self

    def settled(self, sample: str, year: str) -> Correction:
        """The same with everything settled that depends on the sample and the year."""
        inputs = {
            name: CorrectionInput(value=of_year(given.by_year, year, f"by_year of '{name}'"))
            if given.by_year is not None
            else given
            for name, given in self.inputs.items()
        }
        file = str(of_year(self.file, year, "file of a correction"))
        return self.model_copy(
            update={
                "file": file.replace("{sample}", sample).replace("{year}", year),
                "name": of_year(self.name, year, "name of a correction"),
                "inputs": inputs,
            }
        )

    @property
    def has_variation_input(self) -> bool:
        """Whether an input says the direction; else each direction is a correction."""
        return any(given.variation for given in self.inputs.values())

    @property
    def counts_uncertainties(self) -> bool:
        """Whether variations are numbers of uncertainties: the correction is asked the same."""
        numbers = any(not isinstance(value, str) for value in self.variations.values())
        return numbers and not self.has_variation_input

    def name_of(self, direction: str) -> str:
        """The correction of a direction."""
        said = self.variations.get(direction)
        is_name = isinstance(said, str) and not self.has_variation_input
        return str(said if is_name else self.name)

    @property
    def directions(self) -> tuple[str, ...]:
        """Directions other than the central one."""
        return tuple(d for d in self.variations if d != "central")

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the inputs, of objects as of events."""
        both = (given.column or given.event_column for given in self.inputs.values())
        return tuple(dict.fromkeys(name for name in both if name is not None))

    @property
    def event_columns(self) -> tuple[str, ...]:
        """Those that are of the event also where factors are per object."""
        named = (given.event_column for given in self.inputs.values())
        return tuple(name for name in named if name is not None)
