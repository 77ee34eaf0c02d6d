"""Why jobs have to run: what of their outputs is not there, or is not what is wanted today."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from higgsflow.ingredients import REORDERED, differences

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from higgsflow.events.chunks import Chunk
    from higgsflow.records.chunk_store import ChunkStore
    from higgsflow.records.job_record import Product
    from higgsflow.records.recipes import Recipe, RecipeBook

NEVER = "was never made"
# a stage before it has to be made again first
EARLIER = "what it is made from is not there yet"
GONE = "outputs are gone or damaged"
# what code of this program is called among the ingredients, and how many modules are told each
_PROGRAM = "code of higgsflow."
_ORDER = "order of the "
_FEW = 3
_OTHER_DIGESTS = "the program is another: it knows what was made by other digests"
_UNKNOWN = "was made by a configuration that is not known any more"


# what a systematic is, without its name, and the direction
Shift = tuple[str, str]


class JobReasons:
    """Compares what jobs have made with what is wanted today."""

    def __init__(self, store: ChunkStore, today: Recipe, book: RecipeBook) -> None:
        self._store, self._today, self._book = store, today, book
        # ten thousand chunks have few products
        self._wanted = {_shift(name, today): name for name in today.products}
        self._shifts: dict[tuple[str, int], Shift] = {}
        self._told: dict[tuple[str, str, int], tuple[str, ...]] = {}
        self._ages: dict[tuple[str, int], float] = {}

    def of(self, chunks: Sequence[Chunk], variations: Collection[str]) -> dict[str, int]:
        """For each reason for which jobs have to run, the number of chunks; empty if none has."""
        wanted = {v: p for v, p in self._today.products.items() if v in variations}
        found: Counter[str] = Counter()
        for chunk in chunks:
            there = self._store.sources(chunk, wanted)
            missing = [variation for variation in wanted if variation not in there]
            found.update(tuple(dict.fromkeys(self._of_chunk(chunk, missing))))
        return dict(found)

    def _of_chunk(self, chunk: Chunk, missing: Sequence[str]) -> Iterator[str]:
        made = self._latest(chunk)
        if not made:
            yield from [GONE if self._store.has_remains(chunk) else NEVER for _ in missing[:1]]
            return
        # by what it was a variation of, whatever that was called
        called = {self._shift(name, product): name for name, product in made.items()}
        for variation in missing:
            stored = called.get(_shift(variation, self._today), variation)
            is_another = stored == variation and self._means_another(variation, made)
            if stored in made and not is_another:
                yield from self._of_product(variation, (stored, made[stored]))
            else:
                source = self._today.sources[variation]
                yield f"systematic {source} is new" if source else f"{variation} {NEVER}"

    def _latest(self, chunk: Chunk) -> dict[str, Product]:
        """What was made of a chunk, of each variation what was wanted last.

        That need not be what was made last: a change may have been taken back.
        """
        found: dict[str, Product] = {}
        for products in self._store.made(chunk):
            found |= {
                name: product
                for name, product in products.items()
                if name not in found or self._age(name, product) <= self._age(name, found[name])
            }
        return found

    def _age(self, variation: str, product: Product) -> float:
        key = (variation, id(product))
        if key not in self._ages:
            self._ages[key] = self._book.age_of(variation, product)
        return self._ages[key]

    def _means_another(self, variation: str, made: Mapping[str, Product]) -> bool:
        """Whether what had this name is called otherwise today."""
        had = self._shift(variation, made[variation]) if variation in made else None
        return had is not None and self._wanted.get(had, variation) != variation

    def _shift(self, variation: str, product: Product) -> Shift:
        # nearly all chunks share their products, which the store keeps
        key = (variation, id(product))
        if key not in self._shifts:
            before = self._book.of(variation, product)
            self._shifts[key] = (variation, "") if before is None else _shift(variation, before)
        return self._shifts[key]

    def _of_product(self, variation: str, had: tuple[str, Product]) -> tuple[str, ...]:
        key = (variation, had[0], id(had[1]))
        if key not in self._told:
            self._told[key] = tuple(_of_product(variation, had, self._today, self._book.of(*had)))
        return self._told[key]


def _put_together(changes: Iterable[str]) -> list[str]:
    """Changes that say one thing as one, and the program after all that is the user's own.

    Of another version of the program hardly a module is the same, and among sixty lines nobody sees
    the cut that was changed, too. What came or went is told, but not of the order once more.
    """
    told = [c for c in changes if not c.startswith(_ORDER) or c.endswith(REORDERED)]
    modules = [change for change in told if change.startswith(_PROGRAM)]
    if len(modules) <= _FEW:
        return told
    own = [change for change in told if not change.startswith(_PROGRAM)]
    return [*own, f"the program is another: {len(modules)} of its modules changed"]


def taken_back(before: Recipe, today: Recipe) -> tuple[str, ...]:
    """What has changed since jobs made something else, where they have made today's already."""
    told = _put_together(differences(before.common, today.common))
    for parts in ((before.own, today.own), (before.weights, today.weights)):
        for source in parts[1]:
            if source in parts[0]:
                changed = differences(parts[0][source], parts[1][source])
                told += [f"systematic {source}: {one}" for one in changed]
    return tuple(f"{one}, which was made before: nothing to make again" for one in told)


def _shift(variation: str, recipe: Recipe) -> Shift:
    source = recipe.sources[variation]
    return recipe.names.collections.get(source, source), variation.removeprefix(source)


def _of_product(
    variation: str, made: tuple[str, Product], today: Recipe, before: Recipe | None
) -> Iterator[str]:
    """Why the events of a variation are not those that are wanted today."""
    (stored, had), wanted = made, today.products[variation]
    if had.digest == wanted.digest:
        yield from _of_columns(had.columns, wanted.columns, today, before)
    elif before is None:
        yield _UNKNOWN
    else:
        told = _put_together(differences(before.common, today.common))
        source, old = today.sources[variation], before.sources[stored]
        if source:
            changed = differences(before.own[old], today.own[source])
            told += [f"systematic {source}: {one}" for one in changed]
        yield from told or [_OTHER_DIGESTS]


def _of_columns(
    had: Mapping[str, str], wanted: Mapping[str, str], today: Recipe, before: Recipe | None
) -> Iterator[str]:
    """Why the columns of events that are the same do not suffice."""
    for column, digest in wanted.items():
        if digest in had.values():
            continue
        weight = today.made_by.get(column)
        if weight is None:
            yield f"variable {column} is new"
        elif before is None or weight not in before.weights:
            yield f"systematic {weight} is new"
        else:
            changed = differences(before.weights[weight], today.weights[weight])
            yield from (f"systematic {weight}: {one}" for one in changed or ("a direction is new",))
