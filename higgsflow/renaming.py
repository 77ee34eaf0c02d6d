"""Reads what a job has made by the names of today.

A thing that was renamed is not made again: its events and counters lie in the outputs of jobs
under the name that it had. What is stored under names that mean nothing today is left out.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

from higgsflow.model.systematic import CENTRAL
from higgsflow.per_bin import binned_for
from higgsflow.preserved import bin_column
from higgsflow.records.layout import Layout, Places, places
from higgsflow.records.names import Called, counterparts, matches
from higgsflow.records.packed import Packed
from higgsflow.weight_columns import factor_column, full_column

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from higgsflow.model.systematic import Systematics, WeightSystematic
    from higgsflow.records.chunk_store import Seen
    from higgsflow.records.recipes import Recipe

# how the columns of factors begin
_FACTOR = "weight_"
Pairs = dict[str, tuple["WeightSystematic", "WeightSystematic"]]
# by a stored name all that it is called today
Today = dict[str, tuple[str, ...]]


class Renamings:
    """The renaming of each record of a sample and year; nearly all records share one."""

    def __init__(self, recipe: Recipe, systematics: Systematics) -> None:
        """What is wanted today, and the systematics of today."""
        self._recipe, self._systematics = recipe, systematics
        # with what they were made for, which must not vanish while its identity is in use
        self._known: dict[tuple[int, int], tuple[Seen, Renaming | None]] = {}

    def of(self, seen: Seen) -> Renaming | None:
        """How to read the outputs of a job; None where all of it means what it is called today."""
        key = (id(seen.products), id(seen.names))
        if key not in self._known:
            found = Renaming(seen, self._recipe, self._systematics)
            self._known[key] = (seen, None if found.changes_nothing else found)
        return self._known[key][1]

    def called(self, seen: Seen) -> Called:
        """What variations and columns are called in the file of a job."""
        renaming = self.of(seen)
        return Called() if renaming is None else renaming.called


class Renaming:
    """From the names in the outputs of a job to those of today."""

    def __init__(self, seen: Seen, recipe: Recipe, systematics: Systematics) -> None:
        self._systematics = systematics
        same = counterparts(seen.names.weights, recipe.names.weights)
        self._pairs: Pairs = {
            name: (weight, weight.model_copy(update={"name": same[name]}))
            for name, weight in systematics.weights.items()
            if name in same
        }
        self._variations = matches(seen.products, recipe.products)
        self._columns = {**self._of_products(seen, recipe), **self._of_weights()}
        corrections = counterparts(seen.names.corrections, recipe.names.corrections)
        self._owners = {**corrections, **same}
        self._taggers = [
            dict(zip(before, now, strict=True))
            for before, now in zip(seen.names.taggers, recipe.names.taggers, strict=True)
            if len(before) == len(now)
        ]
        self._layouts: dict[Layout, tuple[Layout, Places]] = {}
        self._all_are_known = all(self._known(seen))

    def _known(self, seen: Seen) -> Iterator[bool]:
        """Whether all stored sources mean something today, and the columns of each variation."""
        owners = {**seen.names.corrections, **seen.names.weights}
        yield owners.keys() <= set(self._owners.values())
        columns = set(self._columns.values())
        for stored in self._variations.values():
            yield seen.products[stored].columns.keys() <= columns

    def _of_products(self, seen: Seen, recipe: Recipe) -> dict[str, str]:
        """Columns of today with those of the file, of all variations that are in it."""
        found: dict[str, str] = {}
        for variation, stored in self._variations.items():
            had, wanted = seen.products[stored].columns, recipe.products[variation].columns
            found |= counterparts(had, wanted)
        return found

    def _of_weights(self) -> dict[str, str]:
        """Columns that a weight has whether or not they are asked for as such."""
        found = {}
        for weight, stored in self._pairs.values():
            found[bin_column(weight)] = bin_column(stored)
            for direction in (CENTRAL, *weight.directions):
                found[factor_column(weight, direction)] = factor_column(stored, direction)
                found[full_column(weight, direction)] = full_column(stored, direction)
        return found

    @property
    def changes_nothing(self) -> bool:
        """Whether everything that is stored means something today, and is called as it was."""
        maps = (self._variations, self._columns, self._owners, *self._taggers)
        same = all(now == before for found in maps for now, before in found.items())
        return same and self._all_are_known

    @property
    def called(self) -> Called:
        """What variations and columns are called in the file of the job."""
        return Called(
            variations={n: s for n, s in self._variations.items() if n != s},
            columns={n: s for n, s in self._columns.items() if n != s},
        )

    def factor_sums(self, sums: Mapping[str, float]) -> dict[str, float]:
        """Sums before any cut by the names of today."""
        columns, owners = _inverse(self._columns), _inverse(self._owners)
        found: dict[str, float] = {}
        for name, value in sums.items():
            before, _, after = name.partition(":")
            if before == "clamped":
                owner, _, rest = after.partition(":")
                found |= {f"clamped:{now}:{rest}": value for now in owners.get(owner, ())}
            elif after:
                found |= {f"{before}:{now}": value for now in owners.get(after, ())}
            elif name.startswith(_FACTOR):
                found |= dict.fromkeys(columns.get(name, ()), value)
            else:
                # of the events themselves
                found[name] = value
        return found

    def ledgers(self, groups: Sequence[Packed]) -> tuple[Packed, ...]:
        """Packed counters by the names of today."""
        variations = _inverse(self._variations)
        found = []
        for group in groups:
            own = [variations.get(variation, ()) for variation in group.variations]
            rows = [row for row, names in enumerate(own) for _ in names]
            if rows:
                layout, wanted = self._layout(group.layout)
                found.append(Packed(layout, tuple(chain(*own)), group.rows[rows][:, wanted]))
        return tuple(found)

    def _layout(self, stored: Layout) -> tuple[Layout, Places]:
        """The layout by the names of today, and where its numbers are in a stored row."""
        if stored not in self._layouts:
            self._layouts[stored] = self._made(stored)
        return self._layouts[stored]

    def _made(self, stored: Layout) -> tuple[Layout, Places]:
        origin: dict[Any, Any] = {}
        tags = self._taggers[-1] if self._taggers else {}
        flows = tuple(
            (step, self._taggers[step].get(tagger, tagger), group, cuts)
            for step, tagger, group, cuts in stored.flows
        )
        origin |= {key: key for key in stored.counters if key[0] == "flow"}
        before = _renamed(stored.before, lambda tag: (tags.get(tag, tag),), ("before",), origin)
        after = _renamed(stored.after, lambda tag: (tags.get(tag, tag),), ("after",), origin)
        moments = _nested(stored.moments, tags, self._moments(), ((), origin))
        yields = _nested(stored.yields, tags, self._yields, (("yield",), origin))
        kept = _renamed(stored.kept, self._kept, ("kept",), origin)
        layout = Layout(
            flows=flows, before=before, after=after, size=stored.size, moments=moments,
            yields=yields, kept=kept,
        )  # fmt: skip
        counters = [origin[key] for key in layout.counters]
        return layout, places(stored, counters, [origin[key] for key in layout.columns])

    def _moments(self) -> Callable[[str], tuple[str, ...]]:
        """What tells how moments of a column are called today, of some bins or of all."""
        columns = {**_inverse(self._columns), "weight_central": ("weight_central",)}
        owners = {
            column(weight, direction): weight
            for weight, _ in self._pairs.values()
            for direction in weight.directions
            for column in (factor_column, full_column)
        }

        def today(name: str) -> tuple[str, ...]:
            stem, at, bins = name.partition("@")
            now = columns.get(stem, ())
            return tuple(name + at + self._bins(bins, owners.get(name)) for name in now)

        return today

    def _yields(self, name: str) -> tuple[str, ...]:
        """What a counter of a weight is called today, of some bins or of all."""
        stem, at, bins = name.partition("@")
        if stem == CENTRAL:
            return (CENTRAL + at + self._bins(bins, None),)
        return tuple(
            now + at + self._bins(bins, weight)
            for weight, stored in self._pairs.values()
            for now, before in zip(weight.variations, stored.variations, strict=True)
            if before == stem
        )

    def _bins(self, bins: str, weight: WeightSystematic | None) -> str:
        """The bins in the order of today, which is that of the names of the weights."""
        if not bins:
            return ""
        today = [w.name for w in binned_for(self._systematics, weight)]
        before = sorted(today, key=lambda name: self._pairs[name][1].name)
        stored = dict(zip(before, bins.split(","), strict=True))
        return ",".join(stored[name] for name in today)

    def _kept(self, name: str) -> tuple[str, ...]:
        """What a sum before the cuts is called today."""
        owner, _, rest = name.partition(":")
        if name.count(":") == 2:
            return tuple(f"{now}:{rest}" for now in _inverse(self._owners).get(owner, ()))
        label, _, column = rest.partition(":")[2].rpartition(":")
        columns = _inverse(self._columns).get(column, ()) if column else ("",)
        bins = _inverse(self._columns).get(name[: -len(f":{label}:{column}")], ())
        return tuple(f"{of}:{label}:{now}" for of in bins for now in columns)


def _inverse(names: Mapping[str, str]) -> Today:
    found: dict[str, list[str]] = {}
    for now, before in names.items():
        found.setdefault(before, []).append(now)
    return {before: tuple(now) for before, now in found.items()}


def _renamed(
    names: Iterable[str],
    today: Callable[[str], tuple[str, ...]],
    prefix: tuple[str, ...],
    origin: dict[Any, Any],
) -> tuple[str, ...]:
    """Names of today, each of which is told where it comes from."""
    found = [(now, name) for name in names for now in today(name)]
    origin |= {(*prefix, now): (*prefix, name) for now, name in found}
    return tuple(now for now, _ in found)


def _nested(
    by_tag: Iterable[tuple[str, tuple[str, ...]]],
    tags: Mapping[str, str],
    today: Callable[[str], tuple[str, ...]],
    told: tuple[tuple[str, ...], dict[Any, Any]],
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The same of names by tag."""
    prefix, origin = told
    found = []
    for tag, names in by_tag:
        now = tags.get(tag, tag)
        pairs = [(new, name) for name in names for new in today(name)]
        origin |= {(*prefix, now, new): (*prefix, tag, name) for new, name in pairs}
        found.append((now, tuple(new for new, _ in pairs)))
    return tuple(found)
