"""What a tagger says that it reads and adds: columns, and types that there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from higgsflow.errors import TaggerError, nearest
from higgsflow.model.columns import Need
from higgsflow.model.defined_in import blaming
from higgsflow.taggers.base import COLLECTION
from higgsflow.taggers.function import FunctionTagger

if TYPE_CHECKING:
    from higgsflow.model.context import Context
    from higgsflow.taggers.base import Tagger

# of numbers that files can hold
_KINDS = "biuf"
_TYPES = ("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
          "float32", "float64")  # fmt: skip


def check_declared(tagger: Tagger, context: Context) -> None:
    """Raises where a tagger does not say columns and types.

    Raises:
        TaggerError: and names the method, or the function, of the user.
    """
    of_function = tagger.function if isinstance(tagger, FunctionTagger) else None
    with blaming(of_function or tagger.reads):
        _check_reads(tagger, tagger.reads(context))
    with blaming(of_function or tagger.adds):
        _check_adds(tagger, tagger.adds(context))


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


def _is_type(kind: Any) -> bool:
    try:
        return np.dtype(kind).kind in _KINDS
    except TypeError:
        return False
