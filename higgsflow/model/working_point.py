"""A cut on objects, such as b-tagging at a working point: the threshold and its efficiency."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, model_validator

from higgsflow.model.correction import Correction, of_year
from higgsflow.model.noun import Noun
from higgsflow.model.short_forms import column_name, with_text_keys


class WorkingPoint(Noun):
    """Objects that pass a cut have the scale factor of a correction, others one that follows.

    Attributes:
        column: of the objects, which is cut on.
        threshold: objects pass from there on; one for all years or one per year.
        efficiency: of the cut in the sample, for an object: a map that was made of the sample,
            before the cut, of all objects that the weight is of.
    """

    column: Annotated[str, BeforeValidator(column_name)]
    threshold: float | Annotated[dict[str, float], BeforeValidator(with_text_keys)]
    efficiency: Correction

    @model_validator(mode="after")
    def _has_one_efficiency(self) -> WorkingPoint:
        if self.efficiency.variations:
            raise ValueError("the efficiency of a working point has no variations")
        return self

    def settled(self, sample: str, year: str) -> WorkingPoint:
        """The same with everything settled that depends on the sample and the year."""
        threshold = of_year(self.threshold, year, "threshold of a working point")
        efficiency = self.efficiency.settled(sample, year)
        return self.model_copy(update={"threshold": threshold, "efficiency": efficiency})
