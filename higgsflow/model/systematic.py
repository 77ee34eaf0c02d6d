"""Systematics: sources of uncertainty as weights or as independent collections.

The keys are the vocabulary of HiggsDNA. A variation is `<systematic>_<direction>`. What HiggsDNA
writes as a list of words is understood here:
`branch_modified: ["Photon", "pt"]` is the column `Photon_pt`;
`branches: {"up": ["Photon", "pt_up"]}` is the column `Photon_pt_up`, for a weight always, and for
a collection of which one column is modified where the first word is the collection of that column;
`target_collections: [["Diphoton", "LeadPhoton"]]` is the collection `LeadPhoton`, which taggers add
to the events themselves, as is `input_collection: ["Diphoton", "LeadPhoton"]`.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from higgsflow.model.correction import Correction  # noqa: TC001 (pydantic reads it)
from higgsflow.model.noun import Noun
from higgsflow.model.once import ONCE
from higgsflow.model.preserved import Bins, Preserve, Vector  # noqa: TC001 (pydantic reads)
from higgsflow.model.shift import IndependentCollection, NominalCorrection
from higgsflow.model.short_forms import as_names, by_direction
from higgsflow.model.source import (
    CENTRAL,
    NOMINAL,
    Collection,
    Column,
    Names,
    Systematic,
)
from higgsflow.model.working_point import WorkingPoint  # noqa: TC001 (pydantic reads)

__all__ = [
    "CENTRAL",
    "NOMINAL",
    "IndependentCollection",
    "NominalCorrection",
    "Systematic",
    "Systematics",
    "WeightSystematic",
]


class WeightSystematic(Systematic):
    """A source that changes the weight of an event.

    Attributes:
        type: factors per event, or per object (multiplied over the target collections).
        branches: column of each direction; `central` is optional.
        modify_central_weight: `weight_central` is multiplied by the central factor.
        modifies_taggers: all factors are 1 outside these tags.
        working_point: a cut on objects, of which the correction is the scale factor.
        vector: the column that holds the factors of all directions, in a list.
        preserve: bins in which the sum of weights does not change, before any cut on its inputs.
        under: direction that is the central one under a variation of the events.
    """

    type: Literal["event", "object"] = "event"
    branches: Annotated[dict[str, Column], BeforeValidator(by_direction)] = {}
    function_directions: Names = Field(default=("up", "down"), alias="directions")
    input_collection: Collection | None = None
    target_collections: Annotated[tuple[Collection, ...], BeforeValidator(as_names), ONCE] = ()
    modify_central_weight: bool = False
    modifies_taggers: Names = ()
    working_point: WorkingPoint | None = None
    vector: Vector | None = None
    preserve: Preserve | None = None
    under: dict[str, str] = {}

    @model_validator(mode="after")
    def _has_directions(self) -> WeightSystematic:
        if self.method == "from_branch" and not self.branches and self.vector is None:
            raise ValueError(f"systematic '{self.name}' is from_branch, but names no branches")
        if self.modify_central_weight and not self._names_its_central:
            given = ", ".join(self.directions) or "none"
            raise ValueError(
                f"'{self.name}' modifies the central weight: name its central (given: {given})"
            )
        if self.type == "object" and not (self.target_collections or self.input_collection):
            raise ValueError(f"'{self.name}' is of type object: name its input_collection")
        for variation, direction in self.under.items():
            if direction not in self.directions or not self.modify_central_weight:
                raise ValueError(f"'{self.name}' has no central or '{direction}' under {variation}")
        return self

    def check(self) -> None:
        """Raises for what is no direction, too."""
        super().check()
        self.check_variations()
        if self.working_point is not None and (self.correction is None or self.type != "object"):
            what = f"'{self.name}' at a working point needs type: object and a correction"
            raise ValueError(what)
        if self.correction is not None and self.correction.counts_uncertainties:
            raise ValueError(f"'{self.name}': say which input the variations go to, or their names")
        if self.type == "event" and (self.target_collections or self.input_collection):
            raise ValueError(f"'{self.name}' names collections of objects: say `type: object`")
        if CENTRAL in self.directions:
            raise ValueError(f"'{self.name}': what is central is no direction, take it out")
        if NOMINAL in self.directions:
            raise ValueError(f"'{self.name}' has a direction 'nominal': its name is 'central'")

    @model_validator(mode="after")
    def _is_a_sound_vector(self) -> WeightSystematic:
        if self.vector is not None:
            other = self.branches or self.method != "from_branch" or self.type != "event"
            if other or self.modify_central_weight or self.preserve is not None:
                raise ValueError(f"'{self.name}' is a vector: it has no other keys for its factors")
        if self.preserved is not None and self.modifies_taggers:
            raise ValueError(f"'{self.name}' keeps sums before any cut: it cannot be of some tags")
        return self

    @property
    def _names_its_central(self) -> bool:
        if self.correction is not None:
            return CENTRAL in self.correction.variations or not self.correction.variations
        return self.method == "from_function" or CENTRAL in self.branches

    @property
    def directions(self) -> tuple[str, ...]:
        """Directions other than the central one."""
        if self.vector is not None:
            return tuple(self.vector.positions)
        if self.correction is not None:
            return self.correction.directions
        if self.method == "from_branch":
            return tuple(d for d in self.branches if d != CENTRAL)
        return self.function_directions

    @property
    def preserved(self) -> Bins | None:
        """Bins in which the sum of weights before any cut does not change."""
        return self.vector.preserved if self.vector is not None else self.preserve

    @property
    def corrections(self) -> tuple[Correction, ...]:
        """All that it asks of files."""
        point = () if self.working_point is None else (self.working_point.efficiency,)
        return (*super().corrections, *point)

    def settled(self, sample: str, year: str) -> WeightSystematic:
        """The same with what depends on the sample and the year settled."""
        found = super().settled(sample, year)
        if self.working_point is None:
            return found
        return found.model_copy(update={"working_point": self.working_point.settled(sample, year)})

    @property
    def event_columns(self) -> tuple[str, ...]:
        """Of inputs of its corrections those that are of the event also where factors are not."""
        return tuple(n for one in self.corrections for n in one.event_columns)

    @property
    def asked_columns(self) -> tuple[str, ...]:
        """The other ones, and what is cut on: of objects, or of the event where there are none."""
        of_event = self.event_columns
        cut_on = () if self.working_point is None else (self.working_point.column,)
        names = (*(n for one in self.corrections for n in one.columns), *cut_on)
        return tuple(dict.fromkeys(n for n in names if n not in of_event))

    def without_variations(self, others: set[str]) -> WeightSystematic:
        """The same where these variations are not: another year may have another source."""
        under = {name: d for name, d in self.under.items() if name not in others}
        return self if under == self.under else self.model_copy(update={"under": under})

    @property
    def cuts_before(self) -> tuple[str, ...]:
        """Taggers that may cut before the sums that it preserves are counted."""
        return self.preserve.after if self.preserve is not None else ()

    @property
    def kept_in_skims(self) -> bool:
        """Whether sums over the events of a skim are right for what it preserves."""
        return self.preserve is not None and self.preserve.in_skims


def _named(value: Any) -> Any:
    """The name of a systematic is its key."""
    if not isinstance(value, Mapping):
        return value
    return {k: {"name": k, **v} if isinstance(v, Mapping) else v for k, v in value.items()}


class Systematics(Noun):
    """All sources of an analysis, or those that belong to one sample."""

    weights: Annotated[dict[str, WeightSystematic], BeforeValidator(_named)] = {}
    independent_collections: Annotated[
        dict[str, IndependentCollection], BeforeValidator(_named)
    ] = {}
    corrections: Annotated[dict[str, NominalCorrection], BeforeValidator(_named)] = Field(
        default={}, description="of the nominal events, in this order"
    )

    @model_validator(mode="after")
    def _names_are_unique(self) -> Systematics:
        both = set(self.weights) & set(self.independent_collections)
        if both:
            raise ValueError(f"'{min(both)}' is both a weight and an independent collection")
        taken: dict[str, str] = {NOMINAL: NOMINAL}
        for systematic in (*self.weights.values(), *self.independent_collections.values()):
            for variation in systematic.variations:
                if variation in taken:
                    raise ValueError(f"variation '{variation}' is made by two systematics")
                taken[variation] = systematic.name
        return self

    def merged_with(self, other: Systematics) -> Systematics:
        """These and the others, which win where a name is in both."""
        return Systematics(
            weights={**self.weights, **other.weights},
            independent_collections={
                **self.independent_collections,
                **other.independent_collections,
            },
            corrections={**self.corrections, **other.corrections},
        )

    def of(self, sample: str, year: str, is_data: bool = False) -> Systematics:
        """Those that apply to one sample and year, with what depends on the year settled.

        Sorted by name, so that order changes nothing; but corrections keep their order. Of data
        there are corrections only.
        """
        weights = {} if is_data else self.weights
        collections = {
            n: s
            for n, s in sorted(self.independent_collections.items())
            if not is_data and s.applies_to(sample, year)
        }
        elsewhere = {
            variation
            for n, s in self.independent_collections.items()
            if n not in collections
            for variation in s.variations
        }
        return Systematics(
            weights={
                n: s.settled(sample, year).without_variations(elsewhere)
                for n, s in sorted(weights.items())
                if s.applies_to(sample, year)
            },
            independent_collections={n: s.settled(sample, year) for n, s in collections.items()},
            corrections={
                n: s.settled(sample, year)
                for n, s in self.corrections.items()
                if s.acts_on(is_data) and s.applies_to(sample, year)
            },
        )

    @property
    def sources(self) -> tuple[Systematic, ...]:
        """All of them."""
        return (
            *self.corrections.values(),
            *self.weights.values(),
            *self.independent_collections.values(),
        )

    @property
    def variations(self) -> tuple[str, ...]:
        """The nominal one and every variation that has events of its own."""
        shifted = (v for s in self.independent_collections.values() for v in s.variations)
        return (NOMINAL, *shifted)

    @functools.cached_property
    def by_variation(self) -> dict[str, tuple[IndependentCollection, str]]:
        """The source and the direction of each of them but the nominal one."""
        return {
            variation: (source, direction)
            for source in self.independent_collections.values()
            for direction, variation in zip(source.directions, source.variations, strict=True)
        }
