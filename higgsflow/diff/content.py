"""What differs, as nouns: the JSON of `higgsflow diff`."""

from __future__ import annotations

from higgsflow.model.noun import Noun
from higgsflow.model.printed import Printed


class TagDifference(Noun):
    """Rows and sums of `weight_central` of one tag; None where a side has no weight."""

    tag: str
    n_a: int
    n_b: int
    yield_a: float | None = None
    yield_b: float | None = None


class Move(Noun):
    """Events that are in one tag on one side, and elsewhere on the other.

    Attributes:
        origin, target: tags of A and of B; `absent` where the event is not there.
        events: the first ones, as RUN:LUMI:EVENT.
    """

    origin: str
    target: str
    n: int
    events: tuple[str, ...]


class ColumnDifference(Noun):
    """A column over the events that both sides have.

    Attributes:
        n_changed: events in which it differs by more than the tolerance.
        n_one_nan: those of them where one side is not a number.
        max_difference, mean_difference: of B minus A, over events where both are finite numbers;
            the mean over all that are matched, changed or not.
        max_relative: the largest difference over the larger of both.
        worst: the event with the largest difference, or the first that changed where no difference
            is a finite number; empty where nothing changed.
    """

    name: str
    n_changed: int
    n_one_nan: int
    max_difference: float
    mean_difference: float
    max_relative: float
    worst: str = ""


class TypeDifference(Noun):
    """A column of numbers that has another type on each side."""

    name: str
    a: str
    b: str


class PairDifference(Noun):
    """One sample, year and variation.

    Attributes:
        n_hidden: rows of both sides in the blinded window, which are not compared; None where
            nothing is blinded.
        n_matched: rows that both sides have.
        duplicates_a, duplicates_b: rows whose event was there before; they are matched in order.
        columns: those that differ; n_columns of them were compared.
        columns_a, columns_b: that only one side has.
        types: columns whose numbers have another type.
    """

    sample: str
    year: str
    variation: str
    n_a: int
    n_b: int
    n_hidden: int | None = None
    n_matched: int
    duplicates_a: int
    duplicates_b: int
    tags: tuple[TagDifference, ...]
    moves: tuple[Move, ...]
    n_columns: int
    columns: tuple[ColumnDifference, ...]
    columns_a: tuple[str, ...]
    columns_b: tuple[str, ...]
    types: tuple[TypeDifference, ...] = ()

    @property
    def only_a(self) -> int:
        """Rows of A that B lacks."""
        return self.n_a - self.n_matched

    @property
    def only_b(self) -> int:
        """Rows of B that A lacks."""
        return self.n_b - self.n_matched

    @property
    def is_same(self) -> bool:
        """Whether nothing differs; columns that only one side has, and types, do not count."""
        return not (self.only_a or self.only_b or self.moves or self.columns)


class Difference(Printed, Noun):
    """Two sides.

    Attributes:
        a, b: where they are.
        tolerance: relative difference up to which numbers are the same.
        pairs: what was compared.
        only_a, only_b: sample, year and variation of what only one side has.
        configurations: how those of two stores differ, which need not change an event.
    """

    a: str
    b: str
    tolerance: float
    pairs: tuple[PairDifference, ...]
    only_a: tuple[str, ...] = ()
    only_b: tuple[str, ...] = ()
    configurations: tuple[str, ...] = ()

    def __str__(self) -> str:
        # tables wait until somebody prints one
        from higgsflow.diff.text import render  # noqa: PLC0415

        return render(self).strip("\n")

    @property
    def is_same(self) -> bool:
        """Whether nothing differs."""
        return not (self.only_a or self.only_b) and all(pair.is_same for pair in self.pairs)
