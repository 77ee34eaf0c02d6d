"""Names that taggers give to columns: none is that of another column which somebody looks at.

A column takes the place of any that is called the same: in the outputs, for what comes later, and
in the blinding. Taggers of one step may share a column, and so may shipped taggers of two steps,
whose names nobody can change: the values are then compared.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from higgsflow.errors import TaggerError
from higgsflow.needs import IDENTITY, is_made
from higgsflow.objects.jets import JetCuts
from higgsflow.taggers.base import CANDIDATE_IDX, COLLECTION
from higgsflow.taggers.hadronic_activity import ActivityTagger
from higgsflow.taggers.plain_tagger import is_plain
from higgsflow.weight_columns import input_columns

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from higgsflow.model.context import Context
    from higgsflow.plan import Plan
    from higgsflow.taggers.base import Tagger
    from higgsflow.taggers.sequence import Steps

# columns that are written whatever the taggers add
_RESERVED = (*IDENTITY, CANDIDATE_IDX, "tag_idx", "tag_category", "process_id", "year")
_COUNTED = {"electron": "n_electrons", "muon": "n_muons", "jet": "n_central_jets"}
_REMEDY = "give the column another name"


def is_in_every_output(name: str) -> bool:
    """Whether outputs have a column of this name by themselves, such as those of weights."""
    return name in _RESERVED or name.startswith("weight_")


def check_added(steps: Steps, context: Context) -> None:
    """Raises where a tagger adds a column of every output, or of an earlier step."""
    owners: dict[str, Tagger] = {}
    for step in steps:
        added = {name: tagger for tagger in step for name in tagger.adds(context)}
        for name, tagger in added.items():
            said = f"tagger '{tagger.name}' adds '{name}', which"
            if is_in_every_output(name):
                raise TaggerError(f"{said} every output has already", "", _REMEDY)
            if name in owners and not (is_plain(tagger) and is_plain(owners[name])):
                raise TaggerError(f"{said} '{owners[name].name}' adds before", "", _REMEDY)
        owners |= added


def check_counted_alike(steps: Steps, context: Context) -> None:
    """Raises where shipped taggers select other objects, and count them in one column."""
    known = [t for step in steps for t in step if isinstance(t, ActivityTagger)]
    for option, column in _COUNTED.items():
        # a class of a user's may have given its columns other names
        counting = [tagger for tagger in known if column in tagger.adds(context)]
        for one, other in pairwise(counting):
            if _cuts(one, option, context.year) != _cuts(other, option, context.year):
                raise TaggerError(
                    f"taggers '{one.name}' and '{other.name}' count different {option}s",
                    f"their options of '{option}' differ, and both add {column}",
                    "give both the same options",
                )


def _cuts(tagger: ActivityTagger, option: str, year: str) -> Any:
    """What selects these objects; thresholds of other years do not."""
    cuts = getattr(tagger, option)
    if isinstance(cuts, JetCuts):
        return cuts.model_copy(update={"b_tag_min": {year: cuts.b_tag_of(year)}})
    return cuts


def check_input_stays(steps: Steps, context: Context, needed_by: Mapping[str, str]) -> None:
    """Raises where a tagger adds a column, or a collection, that is read from the input.

    `needed_by` says of each column that jobs read who needs it.
    """
    for tagger in (tagger for step in steps for tagger in step):
        for name, kind in tagger.adds(context).items():
            for needed in _of_input(name, kind, needed_by):
                raise TaggerError(
                    f"tagger '{tagger.name}' adds '{name}', which is read from the input",
                    f"{needed_by[needed]} needs {needed}",
                    _REMEDY,
                )


def check_not_in_file(plan: Plan, available: Collection[str], url: str) -> None:
    """Raises where what is read of a tagger may be meant of the file, which has it too.

    Names that shipped taggers add are known, and no one can change them.
    """
    read = {name: f"systematic {w.name}" for w in plan.late for name in input_columns(w)}
    made: dict[str, str] = {}
    for step in plan.steps:
        reads = ((need.name, tagger.name) for tagger in step for need in tagger.reads(plan.context))
        read |= {name: owner for name, owner in reads if is_made(name, made)}
        made |= {name: kind for tagger in step for name, kind in tagger.adds(plan.context).items()}
    both = {name: owner for name, owner in read.items() if name in available}
    for tagger in (tagger for step in plan.steps for tagger in step if not is_plain(tagger)):
        for name, kind in tagger.adds(plan.context).items():
            for column in _of_input(name, kind, both):
                raise TaggerError(
                    f"tagger '{tagger.name}' adds '{name}', which {url} has too",
                    f"{both[column]} needs {column}",
                    _REMEDY,
                )


def _of_input(name: str, kind: str, needed: Collection[str]) -> Iterator[str]:
    """The columns that are called the same, or belong to a collection that is."""
    for column in needed:
        if column == name or (kind == COLLECTION and column.startswith(f"{name}_")):
            yield column
