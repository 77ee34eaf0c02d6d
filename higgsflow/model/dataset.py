"""Primary datasets: which events of data are whose, where several hold the same event.

An event belongs to the first dataset of an ordered list whose triggers it fired.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator

from higgsflow.errors import InvalidConfiguration, UnknownName
from higgsflow.model.columns import Need
from higgsflow.model.noun import Noun
from higgsflow.model.once import ONCE
from higgsflow.model.short_forms import as_tuple, with_text_keys, with_tuples

if TYPE_CHECKING:
    from collections.abc import Sequence

# of a trigger that a file may lack: then it did not fire
_OPTIONAL = "?"


def _by_year(value: Any) -> Any:
    if isinstance(value, Mapping):
        return with_tuples(with_text_keys(value))
    return as_tuple(value)


Once = Annotated[tuple[str, ...], ONCE]
Triggers = Annotated[Once | dict[str, Once], BeforeValidator(_by_year)]


class PrimaryDataset(Noun):
    """What tells the own events of a dataset.

    Attributes:
        triggers: it has fired one of these,
        before: and none of these, which are of the datasets before it.
    """

    triggers: tuple[str, ...]
    before: tuple[str, ...] = ()

    @property
    def needs(self) -> tuple[Need, ...]:
        """The columns to read; `NAME?` may be absent."""
        return tuple(
            Need(name=name.rstrip(_OPTIONAL), optional=name.endswith(_OPTIONAL))
            for name in (*self.triggers, *self.before)
        )


def dataset_of(
    name: str, year: str, order: Sequence[str], triggers: Mapping[str, Any]
) -> PrimaryDataset | None:
    """What is one dataset's own, by the triggers of all that take part in the year.

    None for a sample that is not in the list.

    Raises:
        InvalidConfiguration: when one has no triggers.
        UnknownName: when it has none in the year.
    """
    if name not in order:
        return None
    before = [other for other in order[: order.index(name)] if other in triggers]
    own = _of_year(name, year, triggers[name])
    others = (trigger for other in before for trigger in _of_year(other, year, triggers[other]))
    return PrimaryDataset(triggers=own, before=tuple(dict.fromkeys(others)))


def _of_year(name: str, year: str, triggers: Any) -> tuple[str, ...]:
    if isinstance(triggers, Mapping) and triggers:
        if year not in triggers:
            raise UnknownName("year", year, triggers, f"triggers of '{name}'")
        triggers = triggers[year]
    if not triggers:
        raise InvalidConfiguration(
            f"primary dataset '{name}' has no triggers",
            "the catalogue",
            f"say `triggers:` in the entry of '{name}'",
        )
    return tuple(triggers)
