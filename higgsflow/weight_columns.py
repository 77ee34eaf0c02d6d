"""Names of the columns that a source of weights gives and reads.

The stored column `weight_<systematic>_<direction>` is the factor. Where a source modifies the
central weight, `weight_full_<systematic>_<direction>` is the whole varied weight, also where its
central factor is zero and the ratio does not exist.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from higgsflow.model.systematic import WeightSystematic


def factor_column(weight: WeightSystematic, direction: str) -> str:
    """Name of the column that holds the factor of a direction."""
    return f"weight_{weight.name}_{direction}"


def full_column(weight: WeightSystematic, direction: str) -> str:
    """Name of the column with the whole varied weight, for sources that modify the central one."""
    return f"weight_full_{weight.name}_{direction}"


def is_whole_weight(column: str) -> bool:
    """Whether the column is a weight that the merge scales, not a factor of one."""
    return column == "weight_central" or column.startswith("weight_full_")


def input_columns(weight: WeightSystematic) -> tuple[str, ...]:
    """The columns of the events that a source needs, wherever they come from."""
    of_event = weight.event_columns
    if weight.vector is not None:
        of_event = (weight.vector.branch,)
    if weight.preserved is not None and weight.preserved.column:
        of_event = (*of_event, weight.preserved.column)
    return tuple(dict.fromkeys((*factor_inputs(weight), *of_event, *weight.requires_branches)))


def factor_inputs(weight: WeightSystematic) -> tuple[str, ...]:
    """The columns that have a number for each factor: of the event, or of its objects."""
    fields = tuple(dict.fromkeys(weight.branches.values()))
    if weight.correction is not None:
        fields = weight.asked_columns
    if weight.type == "object":
        fields = tuple(of_collection(weight, name) for name in fields)
    return fields


def of_collection(weight: WeightSystematic, name: str) -> str:
    """The column of the objects of a source: `sf` of the collection `Muon` is `Muon_sf`."""
    prefix = f"{weight.input_collection}_"
    return name if weight.input_collection is None or name.startswith(prefix) else prefix + name


def target_columns(weight: WeightSystematic, target: str) -> tuple[str, ...]:
    """The columns of a correction's inputs for one object, such as `lead_pt` of `lead`."""
    fields = (of_collection(weight, name).partition("_")[2] for name in weight.asked_columns)
    return tuple(f"{target}_{field}" for field in fields)
