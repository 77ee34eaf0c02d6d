"""What a reader must know of data: what is hidden of them, and events that count elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from higgsflow.added_names import is_in_every_output
from higgsflow.events.datasets import LEFT_TO_OTHERS
from higgsflow.report import aggregates

if TYPE_CHECKING:
    from collections.abc import Iterator

    from higgsflow.report.content import Summary


def window_of(summary: Summary) -> str:
    """The window in which data are hidden; empty where nobody knows which events are in it."""
    if summary.blinded is None:
        return ""
    column, low, high = summary.blinded
    is_there = column in summary.variables or is_in_every_output(column)
    return f"{low:g} < {column} < {high:g}" if is_there else ""


def hides_all(summary: Summary) -> str:
    """Why nothing of data is shown, where no output has what says which of them are blinded."""
    if summary.blinded is None or window_of(summary):
        return ""
    return (
        f"no output has '{summary.blinded[0]}', which says what is blinded: name a variable of "
        "interest in `blinding.column`, or say `unblind: true` there"
    )


def left_to_others(summary: Summary) -> Iterator[str]:
    """Certified events that no table counts, since they do not belong to the dataset."""
    for sample in summary.samples:
        n = int(sample.factor_sums.get(LEFT_TO_OTHERS, 0))
        if n:
            text = "fired none of its triggers, or one of a primary dataset before it"
            yield f"{aggregates.label(sample)}: {n:,} more events are certified, but {text}"
