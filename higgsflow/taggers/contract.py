"""What the sequence asks of a tagger's answer: one value per event, of the declared type.

Answers are made plain (numpy) once per step, before they are counted for each variation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import lazy_loader as lazy
import numpy as np
import numpy.typing as npt

from higgsflow.errors import TaggerError, nearest, shorten
from higgsflow.events.lists import Mask, from_counts
from higgsflow.events.plain_values import plain_values
from higgsflow.events.users_code import as_array, unlike_column
from higgsflow.taggers.base import COLLECTION, Decision, Tagger
from higgsflow.taggers.cut_groups import CutGroup, coded
from higgsflow.taggers.decisions import PlainDecision

if TYPE_CHECKING:
    from higgsflow.model.context import Context

ak = lazy.load("awkward")

# of real numbers: of a complex one numpy would take a part
_KINDS = "biuf"


def checked(tagger: Tagger, decision: Decision, n: int, context: Context) -> PlainDecision:
    """The decision with plain arrays.

    Raises:
        TaggerError: when the tagger does not keep its word.
    """
    said = f"tagger '{tagger.name}' returned"
    check_form(decision, said)
    mask = booleans(one_for_each(decision.mask, f"{said} a mask", n), f"{said} a mask")
    columns = _columns(decision, tagger, n, context)
    category = decision.category
    if category is not None:
        what = f"{said} categories"
        category = cast(one_for_each(category, what, n), "int16", what)
    known = groups(decision, said, n, context)
    return PlainDecision(mask, columns, known or {"events": coded({"mask": mask})}, category)


def check_form(decision: Decision, said: str) -> None:
    """Raises where it is no decision, or columns and cuts have no names."""
    if not isinstance(decision, Decision):
        what = "nothing" if decision is None else f"{type(decision).__name__}, not a Decision"
        raise TaggerError(f"{said} {what}", "", "let `select` return Decision(mask=..., ...)")
    by_group = decision.cuts.values() if isinstance(decision.cuts, Mapping) else ()
    for what, each, example in (
        ("columns", (decision.columns,), '{"name": values}'),
        ("cuts", (decision.cuts, *by_group), '{"events": {"cut": mask}}'),
    ):
        for values in each:
            if not isinstance(values, Mapping):
                found = f"{said} {what} that are {type(values).__name__}, not values by name"
                raise TaggerError(found, "", f"return {example}")
            for name in values:
                if not isinstance(name, str):
                    found = f"{said} {what} with {name!r} for a name, which is no text"
                    raise TaggerError(found, "", f"return {example}")


def groups(decision: Decision, said: str, n: int, context: Context) -> dict[str, CutGroup]:
    """The groups of cuts of n events, and of their objects, that have some."""
    found = {name: _shared_group(masks, said, n, context) for name, masks in decision.cuts.items()}
    return {name: group for name, group in found.items() if group is not None}


def _shared_group(masks: Mapping[str, Any], said: str, n: int, context: Context) -> CutGroup | None:
    """The plain group, made once for all taggers of a step that give the same masks."""

    def make() -> tuple[Any, CutGroup | None]:
        # the masks are kept, so that nothing else gets their identity
        return masks, _group(masks, said, n)

    return context.once(("cuts", id(masks)), make)[1]


def check_names(decision: Decision, tagger: Tagger, declared: Mapping[str, str]) -> None:
    """Raises where it has other columns than the tagger declares."""
    for name in declared:
        if name not in decision.columns:
            raise TaggerError(
                f"tagger '{tagger.name}' returned no column '{name}', which it declares in `adds`",
                "",
                _instead(name, decision, declared),
            )
    for name in decision.columns:
        if name not in declared:
            raise TaggerError(
                f"tagger '{tagger.name}' returned column '{name}', which it does not declare",
                "",
                "say in `adds` that it does, and of which type",
            )


def _instead(name: str, decision: Decision, declared: Mapping[str, str]) -> str:
    """What to write where a declared column was not returned."""
    if guess := nearest(name, set(decision.columns).difference(declared)):
        return f"it returned '{guess}': call it '{name}'"
    found = f"it returned {shorten(decision.columns)}: " if decision.columns else ""
    return f'{found}return it beside the mask, as in `return mask, {{"{name}": values}}`'


def _columns(decision: Decision, tagger: Tagger, n: int, context: Context) -> dict[str, Any]:
    declared = tagger.adds(context)
    check_names(decision, tagger, declared)
    return {
        name: _column(decision.columns[name], (tagger, name, declared[name]), n, context)
        for name in declared
    }


def _column(values: Any, what: tuple[Tagger, str, str], n: int, context: Context) -> Any:
    tagger, name, kind = what
    if kind == COLLECTION:
        return plain_values(values)
    said = f"tagger '{tagger.name}' returned '{name}'"

    def make() -> tuple[Any, npt.NDArray[Any]]:
        return values, cast(one_for_each(values, said, n), kind, said)

    return context.once(("column", id(values), kind), make)[1]


def cast(values: npt.NDArray[Any], kind: str, said: str) -> npt.NDArray[Any]:
    """The values as numbers of a type.

    Raises:
        TaggerError: for what are no real numbers, when whole numbers do not fit the type, or some
            are missing.
    """
    if values.dtype.kind not in _KINDS:
        raise TaggerError(f"{said} of type {values.dtype}, not {kind}", "", "return numbers")
    with np.errstate(invalid="ignore"):
        result = values.astype(kind, copy=False)
    if result.dtype.kind in "iu" and result is not values and not np.array_equal(result, values):
        is_missing = values.dtype.kind == "f" and np.isnan(values).any()
        filled = "some are missing: say what they are, as `ak.fill_none(values, -1)` does"
        remedy = filled if is_missing else "declare a type that holds them"
        raise TaggerError(f"{said} with values that are not {kind}", "", remedy)
    return result


def one_for_each(values: Any, said: str, n: int) -> npt.NDArray[Any]:
    """One value per event; a missing one (of an empty list) is False or NaN.

    Raises:
        TaggerError: for anything else; `said` is how its message begins.
    """
    if found := unlike_column(values):
        what = "None" if values is None else found
        raise TaggerError(f"{said} that is {what}", "", "return one value for each event")
    is_known = isinstance(values, ak.Array) or type(values) is np.ndarray
    refused = TaggerError(
        f"{said} that holds what is no number", "", "return one value for each event"
    )
    array = _native(values) if is_known else as_array(values, refused)
    if _is_mixed(array):
        what = f"{said} with values of several types"
        raise TaggerError(what, "", "return one number, or one boolean, for each event")
    if isinstance(array, ak.Array) and "?" in str(array.type):
        array = ak.fill_none(array, False if "bool" in str(array.type) else np.nan)
    if array.ndim != 1:
        # without the number of events, which differs from job to job
        kind = str(ak.type(array)).partition(" * ")[2]
        what = f"{said} with more than one value per event: {kind}"
        function = "any" if "bool" in kind else "sum"
        remedy = f"return one for each event, as `ak.{function}(values, axis=1)` is"
        raise TaggerError(what, "", remedy)
    if len(array) != n:
        raise TaggerError(
            f"{said} with {len(array)} entries for {n} events",
            "",
            "a tagger sees all events of its step and returns one value for each",
        )
    return np.asarray(ak.to_numpy(array))


def _native(values: Any) -> Any:
    """In the byte order of the machine; numpy also has that of files, which awkward does not."""
    is_foreign = isinstance(values, np.ndarray) and not values.dtype.isnative
    return values.astype(values.dtype.newbyteorder("=")) if is_foreign else values


def _is_mixed(array: Any) -> bool:
    """Whether it has what is no number, or numbers beside others, as only lists of Python have."""
    return bool(array.dtype.kind == "O" if type(array) is np.ndarray else array.layout.is_union)


def booleans(mask: npt.NDArray[Any], said: str) -> Mask:
    """A mask as booleans.

    Raises:
        TaggerError: for what are none.
    """
    # a list made from no events has no type
    if mask.dtype != np.bool_ and len(mask):
        raise TaggerError(f"{said} of type {mask.dtype}, not bool", "", "compare, or use == 1")
    return mask.astype(np.bool_, copy=False)


def _group(masks: Mapping[str, Any], said: str, n: int) -> CutGroup | None:
    """Masks of events or of objects, made plain; None where there are none."""
    lists = None
    plain = {}
    for name, mask in masks.items():
        what = f"{said} cut '{name}'"
        jagged = isinstance(mask, ak.Array) and mask.ndim > 1
        if jagged and lists is None:
            lists = from_counts(ak.to_numpy(ak.num(mask)))
            if len(lists) != n:
                raise TaggerError(f"{what} with {len(lists)} lists for {n} events")
        entries = n if lists is None else lists.n
        if lists is not None and not jagged and len(mask) != lists.n:
            what = f"{what} of events beside cuts of objects"
            raise TaggerError(what, "", "give it a group of its own in `cuts`")
        flat = ak.flatten(mask, axis=None) if jagged else mask
        plain[name] = booleans(one_for_each(flat, what, entries), what)
    return coded(plain, lists) if plain else None
