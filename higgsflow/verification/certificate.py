"""What a merged file was found to be, once everything in it was counted again."""

from __future__ import annotations

from higgsflow.errors import UserError
from higgsflow.model.noun import Noun


class NotAsClaimed(UserError):
    """Something in the store does not follow from what it was made from."""

    cause = (
        "a file in the store was changed or damaged after it was made, or was not made by this "
        "program."
    )
    cure = "remove the file that is named, and run the stage again: only it is made anew."


class Certificate(Noun):
    """A merged file of which everything holds.

    Attributes:
        n_files, n_ranges: input files and ranges of their entries in it.
        n_entries: entries in these ranges, of n_indexed.
        rows: of the merged file.
        denominator, scale1fb: counted again from the job records; None for data.
        yield_: sum of weight_central.
    """

    sample: str
    year: str
    variation: str
    n_files: int
    n_ranges: int
    n_entries: int
    n_indexed: int
    rows: int
    denominator: float | None
    scale1fb: float | None
    yield_: float
    complete: bool


def claim(what: str, claimed: object, found: object, where: str) -> None:
    """Raises `NotAsClaimed` where two things that should be equal are not."""
    if claimed != found:
        raise NotAsClaimed(f"{what}: {claimed} is claimed, {found} is there", where, REMEDY)


def claim_sum(what: str, claimed: float, found: float, where: str, of: float = 0.0) -> None:
    """The same of numbers that were added up, in some order; `of` is the sum without signs."""
    if not abs(claimed - found) <= TOLERANCE * max(abs(claimed), abs(found), of):
        raise NotAsClaimed(
            f"{what}: {claimed:.10g} is claimed, {found:.10g} is there", where, REMEDY
        )


# relative; sums of float64 in another order
TOLERANCE = 1e-9
REMEDY = "remove that file and run the stage again"
