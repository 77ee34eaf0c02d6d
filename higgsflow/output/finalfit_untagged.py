"""The tree of events without a tag: everything generated less what is in a tag."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from higgsflow.errors import NormalizationError
from higgsflow.output.finalfit_branches import (
    CENTRAL,
    FinalFitOrder,
    Rows,
    central_product,
    scales,
)
from higgsflow.preserved import bins_of
from higgsflow.records.generator_bins import GeneratorBin
from higgsflow.weight_columns import factor_column

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from higgsflow.model.preserved import Bins
    from higgsflow.model.systematic import WeightSystematic


class Untagged:
    """What events without a tag add up to, in one row or in one per bin of the generator.

    FinalFit takes out the central factors of tagged events again, so that all trees together give
    the sum before any cut. Tagged events of central factor 0 it leaves out: they count here.

    Raises:
        NormalizationError: where bins are asked for, but only a selection of the events was read.
    """

    def __init__(self, order: FinalFitOrder) -> None:
        self._order = order
        self._binning = order.untagged_bins
        self._bins = _bins(order)
        self._tagged = np.zeros(len(self._bins))
        self._products: dict[str, npt.NDArray[np.float64]] = {}

    def add(self, rows: Rows) -> None:
        """Takes the tagged ones of some rows into account."""
        counted = (rows["tag_idx"] >= 0) & (central_product(self._order, rows) != 0)
        initial = rows["weight_central_initial"][counted]
        index = np.zeros(len(initial), dtype=np.int16)
        if self._binning is not None:
            values = rows[self._binning.column][counted].astype(np.float64)
            index = bins_of(self._binning, values, "notag_bins")
        n = len(self._bins)
        self._tagged += np.bincount(index, initial, minlength=n)
        for branch, column, _ in self._known():
            sums = np.bincount(index, initial * rows[column][counted], minlength=n)
            self._products[branch] = self._products.get(branch, np.zeros(n)) + sums

    def rows(self) -> Rows:
        """Per bin the weight of these events, the mean factors that are known, and the bin.

        Factors of experiment, which are part of the central weight, are 1 as in flashgg. Bins
        without events have no row.
        """
        scale1fb, denominator = scales(self._order)
        rest = np.array([one.sum_g for one in self._bins]) - self._tagged
        scale = {
            "per_fb": scale1fb,
            "efficiency": 1 / denominator,
            "luminosity": scale1fb * self._order.nominal.luminosity,
        }[self._order.options.normalisation]
        found = {"weight": rest * scale, CENTRAL: np.ones(len(rest))}
        for branch, weight, _ in self._order.factors:
            if weight.modify_central_weight:
                found[branch] = np.ones(len(rest))
        for branch, _, totals in self._known():
            left = totals - self._products.get(branch, np.zeros(len(rest)))
            found[branch] = np.divide(left, rest, out=np.ones(len(rest)), where=rest != 0)
        if self._binning is not None:
            found |= self._values(self._binning)
        # rounding leaves next to nothing of a bin of which every event is tagged
        filled = np.array([one.n > 0 or one.sum_g != 0 for one in self._bins])
        return {name: values[filled].astype(np.float64) for name, values in found.items()}

    def _values(self, binning: Bins) -> Rows:
        columns = self._order.options.variables
        values = np.array(binning.values)
        return {branch: values for branch, column in columns.items() if column == binning.column}

    def _known(self) -> Iterator[tuple[str, str, npt.NDArray[np.float64]]]:
        """Branch, column and sums over all events of factors outside the central weight."""
        if self._order.nominal.holds_selection:
            # D counts other events than the sums of factors
            return
        for branch, weight, direction in self._order.factors:
            column = factor_column(weight, direction)
            if weight.modify_central_weight:
                continue
            totals = self._totals(weight, direction)
            if totals is not None:
                yield branch, column, totals

    def _totals(self, weight: WeightSystematic, direction: str) -> npt.NDArray[np.float64] | None:
        """Per bin the sum of g times a factor as it was merged; None where it is not known."""
        column = factor_column(weight, direction)
        generated = np.array([one.sum_g for one in self._bins])
        if weight.preserved is not None and _is_same(weight.preserved, self._binning):
            return generated
        if any(column not in one.factor_sums for one in self._bins):
            return None
        sums = np.array([one.factor_sums[column] for one in self._bins])
        if weight.preserved is None:
            return sums
        ratio = self._order.ratios.get(weight.name, {}).get(direction, ())
        return sums * ratio[0] if len(ratio) == 1 else None


def _is_same(preserved: Bins, rows: Bins | None) -> bool:
    """Whether what a source preserves in its bins it preserves in every row."""
    if rows is None:
        return True
    return (preserved.column, preserved.values) == (rows.column, rows.values)


def _bins(order: FinalFitOrder) -> tuple[GeneratorBin, ...]:
    """The sums before any cut that the rows begin with; one bin of everything without bins."""
    if order.untagged_bins is None:
        total = scales(order)[1]
        return (GeneratorBin(bin="all", n=0, sum_g=total, sum_g2=0, factor_sums=order.factor_sums),)
    if order.nominal.holds_selection:
        refuse_bins(f"{order.pair.name}, mode {order.nominal.mode}")
    return order.generator_bins[order.options.notag_bins]


def refuse_bins(where: str) -> None:
    """Of a sample of which a skim counts: what its selection has dropped is in no bin.

    Raises:
        NormalizationError: always.
    """
    raise NormalizationError(
        "events without a tag cannot be told by bin, since the files hold a selection",
        where,
        "leave out outputs.finalfit.notag_bins",
    )
