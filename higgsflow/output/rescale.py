"""Factors that are known only when all jobs are: a weight divided by its mean before any cut."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from higgsflow.model.noun import Noun
from higgsflow.output.arrow_arrays import arrow_array, numbers

if TYPE_CHECKING:
    from collections.abc import Mapping


class Ratio(Noun):
    """What a column is multiplied with, by the bin of the event.

    Attributes:
        bins: column with the bin; empty where there is one for all events.
    """

    bins: str = ""
    values: tuple[float, ...]

    def at(self, bins: Mapping[str, int]) -> float:
        """The ratio in a bin of each column of bins."""
        return self.values[bins[self.bins] if self.bins else 0]


Ratios = dict[str, tuple[Ratio, ...]]


def bin_columns(ratios: Mapping[str, tuple[Ratio, ...]]) -> tuple[str, ...]:
    """The columns of bins that are needed."""
    found = (ratio.bins for of_column in ratios.values() for ratio in of_column)
    return tuple(dict.fromkeys(name for name in found if name))


def rescaled(table: Any, ratios: Mapping[str, tuple[Ratio, ...]]) -> Any:
    """The table with these columns multiplied."""
    for name, of_column in ratios.items():
        values = numbers(table[name])
        for ratio in of_column:
            known = np.asarray(ratio.values)
            values = values * (known[numbers(table[ratio.bins])] if ratio.bins else known[0])
        position = table.schema.get_field_index(name)
        table = table.set_column(position, name, arrow_array(values))
    return table
