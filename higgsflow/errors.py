"""The vocabulary of errors: what is wrong, where, and the nearest right answer.

A `UserError` is something the user can put right; it is shown as its text, without a traceback.
Everything else that is raised is a defect and keeps its traceback.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from higgsflow.visible import visible

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path

# characters of what somebody else says
_LONGEST = 200


def nearest(name: str, known: Iterable[str], cutoff: float = 0.5) -> str:
    """The known name most like `name`, or an empty string when nothing is as near as the cutoff."""
    names = sorted(set(known))
    by_lower = {candidate.lower(): candidate for candidate in names}
    found = difflib.get_close_matches(name.lower(), list(by_lower), n=1, cutoff=cutoff)
    return by_lower[found[0]] if found else ""


def shorten(names: Collection[str], limit: int = 8) -> str:
    """A list of names that fits a line: the first ones, and how many more there are."""
    ordered = sorted(names)
    rest = f" and {len(ordered) - limit} more" if len(ordered) > limit else ""
    return ", ".join(ordered[:limit]) + rest


def said_by(error: Exception) -> str:
    """What a library says, on a line: as much of it as anybody wants to read."""
    return " ".join(str(error).split())[:_LONGEST]


class UserError(Exception):
    """Something the user can put right, told in at most three lines."""

    cause = "what was asked for cannot be done as it was asked."
    cure = "do what the last line says, and run the command again."

    def __init__(self, what: str, where: str = "", remedy: str = "") -> None:
        self.what = what
        self.where = where
        self.remedy = remedy
        super().__init__(what, where, remedy)

    def __reduce__(self) -> tuple[Any, ...]:
        # each kind is made of things of its own, but is no more than what it says
        return type(self).__new__, (type(self), *self.args), vars(self)

    def __str__(self) -> str:
        # what it quotes may have lines of its own: a name in a file, the message of a library
        parts = (visible(" ".join(part.splitlines())) for part in map(str, self.parts))
        return "\n  ".join(part for part in parts if part)

    def happened_in(self, place: str) -> None:
        """Says in the line of its own where the code stands that it is about."""
        if not place or self.where.startswith(place):
            return
        if self.where and self.remedy:
            self.where = f"{place}: {self.where}"
        else:
            self.where, self.remedy = place, self.remedy or self.where

    @property
    def parts(self) -> tuple[str, str, str]:
        """What is wrong, where, and what to do."""
        return (self.what, self.where, self.remedy)

    @property
    def sameness(self) -> str:
        """What it has in common with the same mistake elsewhere."""
        return f"{self.what}\n{self.remedy}"

    @property
    def short(self) -> str:
        """A line without what to do, for who knows that already."""
        parts = (" ".join(str(part).split()) for part in (self.what, self.where))
        return ", ".join(part for part in parts if part)


class UnknownName(UserError):
    """A name that nobody declared; offers the nearest known one."""

    cause = (
        "a name in a command or in a configuration is misspelled, or what it names is not declared."
    )
    cure = (
        "take the name that the message offers, or one of those that it lists; else declare it "
        "there."
    )

    def __init__(self, kind: str, name: str, known: Collection[str], where: str) -> None:
        guess = nearest(name, known)
        hint = f". Did you mean '{guess}'?" if guess else ""
        listed = shorten(set(known)) or "none"
        super().__init__(f"no {kind} '{name}' in {where}{hint}", f"known: {listed}")


class InvalidConfiguration(UserError):
    """A configuration that is not what the model expects; names file, place and reason."""

    # each that was found, where it comes of a validation
    findings: tuple[str, ...] = ()
    cause = "a configuration, a catalogue or an option says something that cannot be."
    cure = (
        "correct the file at the place that the message names; `higgsflow check` tells all of "
        "them at once."
    )


class BrokenModule(InvalidConfiguration):
    """A module of the user that Python cannot read or import; names the line of it."""

    cause = "Python cannot read or import a module that a configuration names."
    cure = "correct the line that the message names; `python -c 'import MODULE'` shows the same."


NOTHING_LIKE_IT = "no similar name there"


class MissingColumn(UserError):
    """A column that a cut or systematic needs and a file lacks.

    Attributes:
        wanted: its name, or those that it may have.
        needed_by: who needs it.
    """

    cause = "a cut, systematic or variable needs a column that an input file does not have."
    cure = (
        "take one of the nearest names; a column of some versions of NanoAOD only can be "
        "declared as optional, or with other names."
    )

    def __init__(self, wanted: str, needed_by: str, url: str, known: Collection[str]) -> None:
        types = known if isinstance(known, Mapping) else {}
        guesses = difflib.get_close_matches(wanted, list(known), n=3, cutoff=0.6)
        hints = [f"nearest names there: {', '.join(guesses)}"] if guesses else []
        if wanted == "genWeight":
            hints.append("are these data? Then say `kind: data`")
        if wanted == "Jet_jetId":
            hints.append("from v15 on there is none: `options: {jet: {jet_id_min: null}}`")
        # as a rule data have no weights of a generator
        if needed_by == "variables_of_interest" and "genWeight" not in known:
            hints.append(f"say 'gen:{wanted}' where only simulation has it: then it is NaN in data")
        # an array of records in an RNTuple, as uproot writes one: it has no type of its own
        objects = wanted.partition("_")[0]
        if types.get(objects) == "":
            whole = f"'{objects}' there holds whole objects"
            hints = [f"{whole}: write '{wanted}' as a column of its own"]
        hint = "; ".join(hints) or NOTHING_LIKE_IT
        super().__init__(f"no column '{wanted}', which {needed_by} needs", f"in {url}", hint)
        self.wanted, self.needed_by = wanted, needed_by


class UndeclaredColumn(UserError):
    """A column that code of a user looks at, and does not declare."""

    cause = (
        "code of a user looks at a column that has another name, or that it does not declare: it "
        "is shown what it declares."
    )
    cure = (
        "correct the name, or declare the column: in `reads` of a tagger (what it makes a "
        "collection of, too, for later taggers), in `requires_branches` of a systematic."
    )

    def __init__(self, name: str, known: Collection[str], place: str) -> None:
        # `Jet_pt` of the file is `Jet.pt` here
        of_objects = name.replace("_", ".", 1)
        collections = {column.partition(".")[0] for column in known}
        guess = of_objects if of_objects in known else nearest(name, {*known, *collections})
        hint = f". Did you mean '{guess}'?" if guess else ""
        super().__init__(
            f"the array has no column '{name}'{hint}",
            place,
            f"it has {shorten(set(known))}; say others in `reads`, or `requires_branches`",
        )


class NoMethodOfArray(UserError):
    """Code of a user asks an array of plain numbers for a method, as numpy's arrays have them."""

    cause = "arrays of awkward have no methods such as `any` or `sum`, unlike those of numpy."
    cure = "call the function of awkward instead: `ak.any(mask)`, not `mask.any()`."

    def __init__(self, name: str, place: str, known: Collection[str]) -> None:
        remedy = f"`ak.{name}(array)` is there" if name in known else "see the functions of awkward"
        super().__init__(f"an array without fields has no '{name}'", place, remedy)


class TruthOfArray(UserError):
    """Code of a user asks for the one truth of an array, which has one for each event."""

    cause = (
        "`if`, `and`, `or`, `not` and comparisons in a row, also for want of brackets, ask whether "
        "an array is true; it has a truth for each event."
    )
    cure = "write `(a > 1) & (b < 2)`, `a | b` and `~a`, and `ak.where(mask, a, b)` for `if`."

    def __init__(self, place: str) -> None:
        super().__init__(
            "`if`, `and`, `or` and `not` ask for one truth, and an array has one for each event",
            place,
            "write `(a > 1) & (b < 2)`, `a | b`, `~a`; `ak.where(mask, a, b)` for `if`",
        )
        self.args = (place,)


class InputFileError(UserError):
    """An input file that cannot be used: absent, truncated, foreign or without events.

    While a job runs this counts as a failure of the infrastructure, not as a defect.
    """

    cause = (
        "an input file is absent, cut off, of another kind or without what is needed, or its "
        "server does not answer."
    )
    cure = (
        "see whether the file opens elsewhere, then correct its address, copy it again, name a "
        "replica, or take it out; `law run RunAnalysis --retry-failed` tries it again."
    )


class TaggerError(UserError):
    """A tagger that breaks its contract, such as a mask of another length."""

    cause = "the code of a tagger gives something else than a tagger may."
    cure = "correct the tagger: docs/taggers.md says what it returns and declares."


class WeightError(UserError):
    """A factor that is not finite, or not one per event; names the event."""

    cause = "a weight or factor of an event cannot be used."
    cure = (
        "look at the event that is named, and correct the column or the function that gives the "
        "factor."
    )


class VariationError(UserError):
    """A variation that breaks what was declared of it, such as its bound."""

    cause = "the code of a systematic does something else than it declares."
    cure = "correct the function, or what is declared of it, such as its `bound`."


class ChangedMeanwhile(UserError):
    """A module or a file that was read late, and was not any more what the run began with."""

    cause = (
        "a module that a function imports when it runs, or a file that the configuration names, "
        "was edited after the command began and before it was read: what jobs make would not be "
        "what they say they are made from."
    )
    cure = "run the command again, and edit such modules and files when it has ended."

    def __init__(self, path: Path, kind: str = "file") -> None:
        super().__init__(
            f"this {kind} was changed after the command began",
            str(path),
            "run the command again",
        )


class IncompleteSample(UserError):
    """Too little of a sample was processed for what was asked."""

    cause = "jobs failed for good, or outputs were removed while the command ran."
    cure = (
        "run the command again; `law run MonitorJobs --sample NAME --show` tells which jobs "
        "failed and why."
    )


class NormalizationError(UserError):
    """Sums of weights from which no scale1fb can be made."""

    cause = (
        "the sums of weights or numbers of entries of the files do not fit together, so that "
        "any scale would be a guess."
    )
    cure = (
        "say in the catalogue what the files are (`skim`, `partial`, `negative_denominator`), "
        "or correct the files."
    )


class StoreError(UserError):
    """A store that cannot be written or read."""

    cause = (
        "the folder of the outputs cannot be written or read: no room, no permission, or a file "
        "system that is away."
    )
    cure = (
        "make room or get the permission, or choose another store with HIGGSFLOW_STORE or "
        "`store:`; then run the command again."
    )


class Unreadable(StoreError):
    """A file or folder that whoever asks may not read: not the same as one that is not there."""

    cause = "a file or folder of a store, or of an input, may not be read by whoever asks."
    cure = "ask its owner for the right to read it, and to look into the folders above it."

    def __init__(self, error: PermissionError) -> None:
        reason = error.strerror or str(error)
        super().__init__(f"cannot read {error.filename}", reason, "ask whoever owns it")


class DamagedRecord(StoreError, ValueError):
    """A record in a store that is not as this program writes them, which its head did not tell.

    As a ValueError it is one of what is wrong with text that is read.
    """

    cause = "a file that this program has written into a store was changed or damaged since."
    cure = "remove the file that the message names: what it held is made again."

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path} is damaged", reason, "remove it and run again")
