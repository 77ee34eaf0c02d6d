"""One thing that stands in the way of an analysis, and how several are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from higgsflow.errors import InvalidConfiguration, UserError
from higgsflow.model.noun import Noun

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_SHOWN = 3


class Problem(Noun):
    """What is wrong, where, and what to do.

    Attributes:
        about: what was looked at, such as `columns`.
        subjects: samples and years, such as `ttH_M125 (2017)`; empty for the whole analysis.
        serious: whether the analysis cannot run; otherwise it is a note.
    """

    about: str
    what: str
    where: str = ""
    remedy: str = ""
    subjects: tuple[str, ...] = ()
    serious: bool = True

    @property
    def text(self) -> str:
        """As an error is told, in at most three lines."""
        return "\n  ".join(part for part in (self.what, self.where, self.remedy) if part)

    @property
    def whose(self) -> str:
        """Whom it is about, in a few words; empty where it names all of them anyway."""
        if all(subject in self.what for subject in self.subjects):
            return ""
        shown = ", ".join(self.subjects[:_SHOWN])
        rest = len(self.subjects) - _SHOWN
        return f"{shown} and {rest} more" if rest > 0 else shown


class Problems(UserError):
    """Several problems of one analysis; the first one is told, and how to see all of them."""

    cause = "what was found before anything ran; the first problem is told."
    cure = "correct it; `higgsflow check` tells the others."


def problem_of(error: UserError, about: str, *subjects: str) -> Problem:
    """The problem that an error tells."""
    what, *more = str(error).split("\n  ")
    where, remedy = (*more, "", "")[:2]
    return Problem(about=about, what=what, where=where, remedy=remedy, subjects=subjects)


def problems_of(error: UserError, about: str) -> list[Problem]:
    """The problems that an error tells, one for each finding where it comes of a validation."""
    if not isinstance(error, InvalidConfiguration) or not error.findings:
        return [problem_of(error, about)]
    where = error.what.removesuffix(":")
    return [Problem(about=about, what=found, where=where) for found in error.findings]


def together(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Problems that differ only in whom they are about as one, serious ones first.

    So it is with what is the same in files of several samples: told with the first of the files.
    """
    found: dict[tuple[str, ...], list[Problem]] = {}
    for problem in problems:
        told = problem.what if problem.subjects else problem.text
        found.setdefault((problem.about, told, str(problem.serious)), []).append(problem)
    return tuple(sorted(map(_as_one, found.values()), key=lambda problem: not problem.serious))


def _as_one(problems: Sequence[Problem]) -> Problem:
    first, places = problems[0], dict.fromkeys(problem.where for problem in problems)
    subjects = dict.fromkeys(subject for problem in problems for subject in problem.subjects)
    more = f" and {len(places) - 1} more" if len(places) > 1 else ""
    return first.model_copy(update={"where": first.where + more, "subjects": tuple(subjects)})


def refuse(problems: Sequence[Problem], analysis: str) -> None:
    """Raises for serious problems.

    Raises:
        UserError: that of the only problem, or of the first with the number of the others.
    """
    serious = [problem for problem in together(problems) if problem.serious]
    if not serious:
        return
    first = serious[0]
    what = first.what if not first.whose or first.where else f"{first.what}, for {first.whose}"
    if len(serious) == 1:
        raise Problems(what, first.where or "", first.remedy)
    more = f"and {len(serious) - 1} more: higgsflow check --analysis {analysis}"
    raise Problems(what, first.where or first.remedy, more)
