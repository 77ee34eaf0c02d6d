"""What every source of uncertainty has: a name, a method, and where it applies."""

from __future__ import annotations

import fnmatch
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import BeforeValidator, Field, model_validator

from higgsflow.errors import UnknownName
from higgsflow.model.correction import Correction
from higgsflow.model.noun import Name, Noun, safe_name
from higgsflow.model.once import ONCE
from higgsflow.model.reference import Reference
from higgsflow.model.short_forms import as_names, column_name

NOMINAL = "nominal"
CENTRAL = "central"
S = TypeVar("S", bound="Systematic")


def _as_text(value: Any) -> Any:
    return tuple(str(v) for v in value) if isinstance(value, list | tuple) else as_names(str(value))


def _last_word(value: Any) -> Any:
    """`["Diphoton", "LeadPhoton"]` is the collection LeadPhoton: here none lies in another."""
    return value[-1] if isinstance(value, list | tuple) and value else value


Names = Annotated[tuple[str, ...], BeforeValidator(as_names), ONCE]
Years = Annotated[tuple[str, ...], BeforeValidator(_as_text), ONCE]
Column = Annotated[str, BeforeValidator(column_name)]
Columns = Annotated[tuple[Column, ...], BeforeValidator(as_names), ONCE]
Collection = Annotated[str, BeforeValidator(_last_word)]


class Systematic(Noun):
    """What every source has: where it applies and how it is computed."""

    methods: ClassVar[tuple[str, ...]] = ("from_branch", "from_function", "correctionlib")
    # keys that mean nothing to other methods than these
    only_for: ClassVar[dict[str, tuple[str, ...]]] = {
        "function": ("from_function",),
        "kwargs": ("from_function",),
        "branches": ("from_branch",),
        "directions": ("from_function", "from_correction"),
        "additive": ("from_branch",),
        "nominal_correction": ("from_correction",),
    }

    name: Name
    method: Literal["from_branch", "from_function", "correctionlib", "from_correction"] = (
        "from_branch"
    )
    function: Reference | None = None
    correction: Correction | None = None
    requires_branches: Columns = ()
    samples: Names = Field(default=("*",), min_length=1, description="patterns of sample names")
    years: Years = Field(default=("*",), min_length=1, description="patterns of years")
    kwargs: dict[str, Any] = Field(default={}, description="passed on to the function")

    @model_validator(mode="wrap")
    @classmethod
    def _is_checked_once(cls, value: Any, handler: Any) -> Any:
        made = handler(value)
        # sources of each sample and year are put together of those that are made already
        if made is not value:
            made.check()
        return made

    @model_validator(mode="after")
    def _has_what_its_method_needs(self) -> Systematic:
        if self.method not in self.methods:
            raise ValueError(f"'{self.name}' cannot be {self.method}: it is no other direction")
        if self.method == "from_function" and self.function is None:
            raise ValueError(f"systematic '{self.name}' is from_function, but names no function")
        if (self.method == "correctionlib") != (self.correction is not None):
            raise ValueError(f"'{self.name}': a correction and method: correctionlib go together")
        return self

    def check(self) -> None:
        """Raises for keys that mean nothing here, which would be passed over."""
        for name, field in type(self).model_fields.items():
            key = field.alias or name
            methods = self.only_for.get(key, (self.method,))
            if self.method not in methods and getattr(self, name) != field.get_default():
                is_said = "method" in self.model_fields_set
                other = f"not {self.method}" if is_said else "which has to be said"
                what = f"{key} is for method: {methods[0]}, {other}"
                raise ValueError(f"'{self.name}': {what}")

    def check_variations(self) -> None:
        """Raises for one that cannot be a file, a column and a word on a command line."""
        for variation in self.variations:
            safe_name(variation)

    def applies_to(self, sample: str, year: str) -> bool:
        """Whether the filters let it act on this sample and year."""
        return self.is_for(sample) and any(fnmatch.fnmatchcase(year, p) for p in self.years)

    def is_for(self, sample: str) -> bool:
        """Whether the filters let it act on this sample in some year."""
        return any(fnmatch.fnmatchcase(sample, p) for p in self.samples)

    def check_filters(self, samples: tuple[str, ...], years: tuple[str, ...]) -> None:
        """Raises an `UnknownName` for a filter that nothing of a catalogue passes."""
        filters = (("sample", self.samples, samples), ("year", self.years, years))
        for kind, patterns, known in filters:
            for pattern in patterns:
                if not any(fnmatch.fnmatchcase(name, pattern) for name in known):
                    where = f"the catalogue, in {kind}s of '{self.name}'"
                    raise UnknownName(kind, pattern, known, where)

    def settled(self: S, sample: str, year: str) -> S:
        """The same with what depends on the sample and the year settled."""
        if self.correction is None:
            return self
        return self.model_copy(update={"correction": self.correction.settled(sample, year)})

    @property
    def corrections(self) -> tuple[Correction, ...]:
        """All that it asks of files."""
        return () if self.correction is None else (self.correction,)

    @property
    def directions(self) -> tuple[str, ...]:
        """The names of the directions, such as up and down."""
        raise NotImplementedError

    @property
    def variations(self) -> tuple[str, ...]:
        """The names of the variations, such as `jes_up`."""
        return tuple(f"{self.name}_{direction}" for direction in self.directions)
