"""The vocabulary of errors: what is wrong, where, and the nearest right answer.

A `UserError` is something the user can put right; it is shown as its text, without a traceback.
Everything else that is raised is a defect and keeps its traceback.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name most like `name`, or an empty string when nothing is near."""
    names = sorted(set(known))
    by_lower = {candidate.lower(): candidate for candidate in names}
    found = difflib.get_close_matches(name.lower(), list(by_lower), n=1, cutoff=0.5)
    return by_lower[found[0]] if found else ""


def shorten(names: Collection[str], limit: int = 8) -> str:
    """A list of names that fits a line: the first ones, and how many more there are."""
    ordered = sorted(names)
    rest = f" and {len(ordered) - limit} more" if len(ordered) > limit else ""
    return ", ".join(ordered[:limit]) + rest


class UserError(Exception):
    """Something the user can put right, told in at most three lines."""

    def __init__(self, what: str, where: str = "", remedy: str = "") -> None:
        self.what = what
        self.where = where
        self.remedy = remedy
        super().__init__(what, where, remedy)

    def __str__(self) -> str:
        return "\n  ".join(part for part in (self.what, self.where, self.remedy) if part)


class UnknownName(UserError):
    """A name that nobody declared; offers the nearest known one."""

    def __init__(self, kind: str, name: str, known: Collection[str], where: str) -> None:
        guess = nearest(name, known)
        hint = f". Did you mean '{guess}'?" if guess else ""
        super().__init__(f"no {kind} '{name}' in {where}{hint}", f"known: {shorten(known)}")
        self.args = (kind, name, known, where)


class InvalidConfiguration(UserError):
    """A configuration that is not what the model expects; names file, place and reason."""


class MissingColumn(UserError):
    """A column that a cut or systematic needs and a file lacks."""

    def __init__(self, wanted: str, needed_by: str, url: str, known: Collection[str]) -> None:
        guesses = difflib.get_close_matches(wanted, list(known), n=3, cutoff=0.6)
        hint = f"nearest names there: {', '.join(guesses)}" if guesses else "no similar name there"
        super().__init__(f"no column '{wanted}', which {needed_by} needs", f"in {url}", hint)
        self.args = (wanted, needed_by, url, tuple(known))


class InputFileError(UserError):
    """An input file that cannot be used: absent, truncated, foreign or without events.

    While a job runs this counts as a failure of the infrastructure, not as a defect.
    """


class TaggerError(UserError):
    """A tagger that breaks its contract, such as a mask of another length."""


class WeightError(UserError):
    """A factor that is not finite, or not one per event; names the event."""


class VariationError(UserError):
    """A variation that breaks what was declared of it, such as its bound."""


class IncompleteSample(UserError):
    """Too little of a sample was processed for what was asked."""


class NormalizationError(UserError):
    """Sums of weights from which no scale1fb can be made."""


class StoreError(UserError):
    """A store that cannot be written or read."""
