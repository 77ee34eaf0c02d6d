"""What a tagger is: it declares what it reads and adds, and decides row by row.

Row-wise means that the decision on an event depends on nothing but that event: variations are
stacked along the event axis and chunks are cut anywhere.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import model_validator

from higgsflow.model.noun import Name, Noun
from higgsflow.model.reference import to_reference
from higgsflow.model.told import Told

if TYPE_CHECKING:
    from pathlib import Path

    from higgsflow.model.columns import Need
    from higgsflow.model.context import Context
    from higgsflow.selection.measured import Measures

COLLECTION = "collection"
# where a row of the outputs is a candidate: which one of its event, as the tagger made them
CANDIDATE_IDX = "candidate_idx"


@dataclass(frozen=True)
class Decision:
    """What a tagger says of n events.

    Attributes:
        mask: n booleans, whether the event is tagged. Of a tagger that makes one row per candidate
            n lists, whether each candidate is kept; columns and category may be lists of as many.
        columns: the columns it adds, each with n entries.
        cuts: per group of cuts the named masks, in order; n entries each, or jagged for objects.
        category: n small integers, finer than the tag, or None.
    """

    mask: Any
    columns: Mapping[str, Any] = field(default_factory=dict)
    cuts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    category: Any = None


class Tagger(Noun, metaclass=Told):
    """Base of taggers; the options of one are its fields. Its name is that of its class."""

    name: Name

    # columns of earlier steps that it needs, whatever its options
    needs_columns: ClassVar[tuple[str, ...]] = ()
    # options that only name columns that it adds, which are always as many and of the same types
    names_columns: ClassVar[tuple[str, ...]] = ()
    # what outputs have a row for each of, such as `probe`; empty where a row is an event
    one_row_per: ClassVar[str] = ""

    @model_validator(mode="before")
    @classmethod
    def _named_like_its_class(cls, given: Any) -> Any:
        return {"name": cls.__name__, **given} if isinstance(given, Mapping) else given

    @abstractmethod
    def reads(self, context: Context) -> tuple[Need, ...]:
        """The columns of the input that it reads."""

    @abstractmethod
    def adds(self, context: Context) -> dict[str, str]:
        """The columns it adds with their types; `collection` stays within the sequence."""

    def describes(self, context: Context) -> dict[str, str]:
        """What the columns that it adds mean, with the unit at the end: `mass of the pair [GeV]`.

        Goes into the files of merged events; columns may be left out.
        """
        del context
        return {}

    def made_of(self, context: Context) -> dict[str, str]:
        """Of which collection each collection, or object, is that it adds: `{"lead": "Photon"}`.

        Factors of another collection are then refused before anything runs; any may be left out.
        """
        del context
        return {}

    @abstractmethod
    def select(self, events: Any, context: Context) -> Decision:
        """The decision on events that have the declared columns."""

    def measures(self, events: Any, decision: Decision, context: Context) -> Mapping[str, Measures]:
        """What its cuts look at in one event, by the groups of the decision on it.

        Decides nothing: explanations show it beside the masks. Groups and cuts may be left out.
        """
        del events, decision, context
        return {}

    def check(self, context: Context) -> None:
        """Raises a `UserError` where the options do not fit a sample or year."""

    def needs(self) -> tuple[str, ...]:
        """The columns of earlier steps that it needs with its options."""
        return self.needs_columns

    def candidate(self) -> str:
        """What it makes one row of each of; empty where a row is an event."""
        return self.one_row_per

    def files(self) -> tuple[Path, ...]:
        """Files whose content decides what it says: when one changes, its events are made again."""
        return ()

    def skim(self, events: Any, shifts: Mapping[str, float | None]) -> Any:
        """Mask of events that may pass under any variation; None keeps all.

        `shifts` has the bound of the relative shift of each column that a variation changes,
        None where no bound is declared. Only the first tagger of a sequence is asked.
        """
        del events, shifts

    def spec(self) -> dict[str, Any]:
        """How it stands in a configuration: name, code and those options that are not default."""
        return {
            "name": self.name,
            "tagger": to_reference(type(self)),
            "options": self.model_dump(mode="json", exclude={"name"}, exclude_defaults=True),
        }


def all_of(masks: Mapping[str, Any]) -> Any:
    """Logical and of named masks."""
    together, *rest = masks.values()
    for mask in rest:
        together = together & mask
    return together
