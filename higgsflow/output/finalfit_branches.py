"""The content of the trees for FinalFit: from rows of merged events to branches.

Weight systematics are branches of the nominal trees. As in flashgg they include all central
factors, `centralObjectWeight`, by which FinalFit divides: the varied weight is weight times the
branch over centralObjectWeight.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from higgsflow.errors import StoreError
from higgsflow.model.analysis import AnalysisModel
from higgsflow.model.noun import Noun
from higgsflow.model.outputs import FinalFit
from higgsflow.model.sample import SampleYear
from higgsflow.model.systematic import NOMINAL, Systematics, WeightSystematic
from higgsflow.output.manifest import Manifest
from higgsflow.records.generator_bins import GeneratorBin
from higgsflow.weight_columns import factor_column, full_column

if TYPE_CHECKING:
    from collections.abc import Iterator

    from higgsflow.model.preserved import Bins

Array = npt.NDArray[Any]
Rows = dict[str, Array]

CENTRAL = "centralObjectWeight"
_WEIGHTS = ("weight_central", "weight_central_no_lumi", "weight_central_initial")
_TAGS = ("tag_idx", "tag_category")


class FinalFitOrder(Noun):
    """What to write for one sample and year.

    Attributes:
        merged: manifest of each variation.
        factor_sums: sums over all events of generator weight times factor, by column.
        generator_bins: the same in bins of the generator, by their name.
        ratios: what the nominal factors of sources that preserve sums were multiplied with.
    """

    analysis: AnalysisModel
    pair: SampleYear
    merged: dict[str, Manifest]
    factor_sums: dict[str, float] = {}
    generator_bins: dict[str, tuple[GeneratorBin, ...]] = {}
    ratios: dict[str, dict[str, tuple[float, ...]]] = {}
    inputs: str
    path: Path

    @property
    def options(self) -> FinalFit:
        """How the trees are named and filled."""
        return self.analysis.outputs.finalfit or FinalFit()

    @property
    def tags(self) -> tuple[str, ...]:
        """Names of the tags; tag_idx counts them."""
        return self.analysis.tag_sequence.tags

    @property
    def is_data(self) -> bool:
        """Whether these are collision data."""
        return self.pair.is_data

    @property
    def systematics(self) -> Systematics:
        """Those of the sample and year."""
        return self.analysis.systematics_of(self.pair)

    @property
    def nominal(self) -> Manifest:
        """The manifest of the nominal events."""
        return self.merged[NOMINAL]

    @property
    def untagged_bins(self) -> Bins | None:
        """The bins of events without a tag; None for one row of all of them."""
        return self.analysis.generator_bins.get(self.options.notag_bins)

    @property
    def suffixes(self) -> dict[str, str]:
        """How the names of the trees of each variation end."""
        found = {NOMINAL: ""}
        for source in self.systematics.independent_collections.values():
            name = self.options.systematics.get(source.name, source.name)
            for direction, variation in zip(source.directions, source.variations, strict=True):
                found[variation] = f"_{name}{direction.capitalize()}01sigma"
        return found

    def tree(self, category: str, variation: str = NOMINAL) -> str:
        """The path of a tree in the file."""
        sample, year = self.pair.sample.name, self.pair.year
        prefix = self.options.prefix(sample, year, self.is_data) or sample
        return f"{self.options.directory}/{prefix}_{category}{self.suffixes[variation]}"

    def with_weights(self, variation: str) -> bool:
        """Whether the trees of a variation have branches of weight systematics."""
        return variation == NOMINAL and not self.is_data

    @property
    def factors(self) -> Iterator[tuple[str, WeightSystematic, str]]:
        """Branch, source and direction of each weight systematic."""
        for weight in self.systematics.weights.values():
            for direction in weight.directions:
                yield self.options.factor_branch(weight.name, direction), weight, direction


def needed_columns(order: FinalFitOrder, variation: str) -> tuple[str, ...]:
    """The columns of merged events that are read."""
    factors: tuple[str, ...] = ()
    if order.with_weights(variation):
        factors = tuple(_stored(weight, direction) for _, weight, direction in order.factors)
    return tuple(dict.fromkeys((*_TAGS, *_WEIGHTS, *order.options.columns, *factors)))


def branches(order: FinalFitOrder, variation: str, rows: Rows) -> Rows:
    """The branches of some rows, in their order in the tree."""
    options = order.options
    n = len(rows["tag_idx"])
    found: Rows = {
        "CMS_hgg_mass": rows[options.mass],
        "weight": _weight(order, rows),
        "dZ": rows[options.dz] if isinstance(options.dz, str) else np.full(n, options.dz),
    }
    if order.with_weights(variation):
        found[CENTRAL] = central_product(order, rows)
        for branch, weight, direction in order.factors:
            found[branch] = _with_central(order, rows, weight, direction)
    return {**found, **{branch: rows[column] for branch, column in options.variables.items()}}


def by_category(order: FinalFitOrder, rows: Rows) -> Iterator[tuple[str, npt.NDArray[np.bool_]]]:
    """The mask of the rows of each category.

    Raises:
        StoreError: when a tag with names for its categories has one more.
    """
    n_claimed = 0
    for name, (tag, number) in order.options.categories(order.tags).items():
        chosen = rows["tag_idx"] == tag
        if number is not None:
            chosen &= rows["tag_category"] == number
        n_claimed += int(chosen.sum())
        yield name, chosen
    if n_claimed != int((rows["tag_idx"] >= 0).sum()):
        raise StoreError(
            "there are categories of a tag without a name for FinalFit",
            "outputs.finalfit.tags",
            "list a name for each category, from 0",
        )


def _weight(order: FinalFitOrder, rows: Rows) -> Array:
    """The nominal weight of each event; 1 for data."""
    if order.is_data:
        return np.ones(len(rows["tag_idx"]))
    if order.options.normalisation == "luminosity":
        return rows["weight_central"]
    per_fb = rows["weight_central_no_lumi"]
    if order.options.normalisation == "per_fb":
        return per_fb
    scale1fb, denominator = scales(order)
    return np.asarray(per_fb / (scale1fb * denominator))


def scales(order: FinalFitOrder) -> tuple[float, float]:
    """scale1fb and the sum of weights D of a simulated sample."""
    scale1fb, denominator = order.nominal.scale1fb, order.nominal.denominator
    assert scale1fb is not None
    assert denominator is not None
    return scale1fb, denominator


def central_product(order: FinalFitOrder, rows: Rows) -> Array:
    """The product of all central factors."""
    return _over_initial(order, rows, rows["weight_central"])


def _over_initial(order: FinalFitOrder, rows: Rows, weight: Array) -> Array:
    """A scaled weight over the generator weight; 1 where that is 0, as is the event's weight."""
    initial = rows["weight_central_initial"] * order.nominal.scale
    return np.divide(weight, initial, out=np.ones_like(weight), where=initial != 0)


def _stored(weight: WeightSystematic, direction: str) -> str:
    column = full_column if weight.modify_central_weight else factor_column
    return column(weight, direction)


def _with_central(
    order: FinalFitOrder, rows: Rows, weight: WeightSystematic, direction: str
) -> Array:
    """The product of all central factors, with one direction of a source in place of its own."""
    stored = rows[_stored(weight, direction)]
    if weight.modify_central_weight:
        return _over_initial(order, rows, stored)
    return np.asarray(stored * central_product(order, rows))
