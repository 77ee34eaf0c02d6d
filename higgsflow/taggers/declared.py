"""What a tagger says that it reads and adds: columns, and types that there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from higgsflow.errors import TaggerError, UnknownName, nearest
from higgsflow.model.columns import Need
from higgsflow.model.defined_in import blaming
from higgsflow.taggers.base import COLLECTION
from higgsflow.taggers.function import FunctionTagger

if TYPE_CHECKING:
    from collections.abc import Collection

    from higgsflow.model.context import Context
    from higgsflow.taggers.base import Tagger

# of numbers that files can hold
_KINDS = "biuf"
_TYPES = ("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
          "float32", "float64")  # fmt: skip


def check_declared(tagger: Tagger, context: Context, before: Collection[str] = ()) -> None:
    """Raises where a tagger does not say columns and types; `before` it others add theirs.

    Raises:
        UserError: and names the method, or the function, of the user.
    """
    of_function = tagger.function if isinstance(tagger, FunctionTagger) else None
    with blaming(of_function or tagger.reads):
        _check_reads(tagger, tagger.reads(context))
    with blaming(of_function or tagger.adds):
        _check_adds(tagger, tagger.adds(context))
    with blaming(of_function or tagger.describes):
        _check_describes(tagger, context)
    with blaming(of_function or tagger.made_of):
        _check_made_of(tagger, context, before)


def _check_reads(tagger: Tagger, needs: Any) -> None:
    is_list = isinstance(needs, Sequence) and not isinstance(needs, str)
    if not is_list or not all(isinstance(need, Need) for need in needs):
        raise TaggerError(
            f"tagger '{tagger.name}' says in `reads` {needs!r}, not columns",
            "",
            'let it return required("MET_pt", ...) of higgsflow.model.columns',
        )


def _check_adds(tagger: Tagger, added: Any) -> None:
    if not isinstance(added, Mapping):
        raise TaggerError(
            f"tagger '{tagger.name}' says in `adds` {added!r}, not types by column",
            "",
            'let it return {"name": "float64", ...}',
        )
    for name, kind in added.items():
        if kind != COLLECTION and not _is_type(kind):
            guess = nearest(str(kind), _TYPES)
            hint = f". Did you mean '{guess}'?" if guess else ""
            raise TaggerError(
                f"tagger '{tagger.name}' adds '{name}' of type '{kind}', which is none{hint}",
                "",
                f"known: {', '.join(_TYPES)}",
            )


def _check_describes(tagger: Tagger, context: Context) -> None:
    """Each that it says something of is one that it adds, with its options and in this year."""
    described, added = tagger.describes(context), tagger.adds(context)
    if not isinstance(described, Mapping):
        what = f"tagger '{tagger.name}' says in `describes` {described!r}, not texts by column"
        raise TaggerError(what, "", 'let it return {"name": "what it is [GeV]", ...}')
    for name, text in described.items():
        if not isinstance(text, str):
            what = f"tagger '{tagger.name}' says of '{name}' {text!r}, which is no text"
            raise TaggerError(what, "", 'say what it is, and its unit: "what it is [GeV]"')
        if name not in added:
            raise UnknownName("column", str(name), added, f"what tagger '{tagger.name}' adds")


def _check_made_of(tagger: Tagger, context: Context, before: Collection[str]) -> None:
    """Each collection, or object, that it adds is of one that it reads, or that is there before."""
    said, added = tagger.made_of(context), tagger.adds(context)
    if not isinstance(said, Mapping):
        what = f"tagger '{tagger.name}' says in `made_of` {said!r}, not collections by name"
        raise TaggerError(what, "", 'let it return {"SelectedMuon": "Muon", ...}')
    read = {need.name.partition("_")[0] for need in tagger.reads(context) if "_" in need.name}
    own = {name if kind == COLLECTION else name.partition("_")[0] for name, kind in added.items()}
    for name, source in said.items():
        if name not in own:
            raise UnknownName("collection", name, own, f"what tagger '{tagger.name}' adds")
        if source not in read and source not in before:
            raise UnknownName("collection", source, read, f"what tagger '{tagger.name}' reads")


def _is_type(kind: Any) -> bool:
    try:
        return np.dtype(kind).kind in _KINDS
    except TypeError:
        return False
