"""Weights that come as a vector, and sums that a weight must not change.

A sum is kept before any cut, in bins or for all events together; at the merge the weight is divided
by its mean in the bin, so that it changes shapes within the bin and not how much is in it.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from higgsflow.model.noun import Noun
from higgsflow.model.once import ONCE
from higgsflow.model.short_forms import as_names


class Bins(Noun):
    """Bins of a column with one value per event; one bin of all events without a column.

    Attributes:
        edges: bins are [low, high), what lies outside belongs to the nearest.
        values: or one bin for each of these whole numbers; any other is an error.
    """

    column: str = ""
    edges: tuple[float, ...] = ()
    values: Annotated[tuple[int, ...], ONCE] = ()

    @model_validator(mode="after")
    def _is_one_kind(self) -> Bins:
        if self.column and bool(self.edges) == bool(self.values):
            raise ValueError(f"bins of '{self.column}': say either edges or values")
        if any(not low < high for low, high in zip(self.edges, self.edges[1:], strict=False)):
            raise ValueError(f"edges of '{self.column}' are not in order")
        if len(self.edges) == 1:
            raise ValueError(f"bins of '{self.column}' need two edges or more")
        return self

    @property
    def n(self) -> int:
        """The number of bins."""
        if not self.column:
            return 1
        return len(self.values) or len(self.edges) - 1

    @property
    def labels(self) -> tuple[str, ...]:
        """What each bin is called: its value, or its edges."""
        if not self.column:
            return ("all",)
        pairs = zip(self.edges, self.edges[1:], strict=False)
        return tuple(map(str, self.values)) or tuple(f"{a:g} to {b:g}" for a, b in pairs)


ALL = Bins()


class GeneratorBins(Bins):
    """Bins of a column of the generator, such as those of simplified template cross sections."""

    column: str = Field(min_length=1)


class Preserve(Bins):
    """Bins in which a weight does not change the sum of generator weights.

    Attributes:
        after: taggers of earlier steps that may cut first, although they read what the weight
            reads.
        in_skims: skims were selected without what the weight looks at, so that sums over their
            events are right too.
    """

    after: Annotated[tuple[str, ...], BeforeValidator(as_names), ONCE] = ()
    in_skims: bool = False


class Vector(Noun):
    """A vector of weights per event, such as LHEScaleWeight.

    Attributes:
        length: of every vector; of length 1 is one without any variation.
        nominal: position of the weight that the others are divided by, null where they are ratios.
        normalisation: what is kept of each direction: its whole effect (full), the rate of all
            generated events (inclusive), or that of each generator bin (per_gen_bin).
        names: directions by name; every position by its number when empty.
    """

    branch: str
    length: int = Field(gt=1)
    nominal: int | None = Field(default=None, ge=0)
    normalisation: Literal["full", "inclusive", "per_gen_bin"] = "full"
    gen_bins: Bins | None = None
    names: dict[str, int] = {}

    @model_validator(mode="after")
    def _fits_its_length(self) -> Vector:
        for position in (*self.names.values(), self.nominal or 0):
            if not 0 <= position < self.length:
                raise ValueError(f"'{self.branch}' has no {position}: its length is {self.length}")
        if len(set(self.names.values())) != len(self.names):
            raise ValueError(f"'{self.branch}': two of its names are of one position")
        if (self.normalisation == "per_gen_bin") != (self.gen_bins is not None):
            raise ValueError("gen_bins and normalisation: per_gen_bin belong together")
        return self

    @property
    def positions(self) -> dict[str, int]:
        """Position of each direction."""
        every = {str(i): i for i in range(self.length) if i != self.nominal}
        return self.names or every

    @property
    def preserved(self) -> Bins | None:
        """The bins whose rate does not change."""
        return {"full": None, "inclusive": ALL, "per_gen_bin": self.gen_bins}[self.normalisation]
