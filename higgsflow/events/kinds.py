"""What kind of thing a column holds, by its type in the file: one number per event, a list, a text.

Types are those that uproot tells: `float`, `uint64_t`, `float[]`, `std::vector<float>`, `char*`,
`struct {float x; float y;}` of a branch with several leaves, `TLorentzVector`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from higgsflow.errors import InputFileError
from higgsflow.events.packed_arrays import check_not_packed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Kind = Literal["number", "list", "text", "record"]
_TEXT = ("string", "char*", "TString")
_LIST = ("[", "vector", "array<", "set<", "RVec<")
_FLOATING = ("float", "double", "real")
# several leaves in one branch, and objects of classes of ROOT
_RECORD = re.compile(r"struct \{|\bT[A-Z]|LorentzVector")
_LONGEST = 60


def kind_of(type_name: str) -> Kind:
    """The kind of a column of this type."""
    if any(word in type_name for word in _TEXT):
        return "text"
    if _RECORD.search(type_name):
        return "record"
    return "list" if any(word in type_name for word in _LIST) else "number"


def is_floating(type_name: str) -> bool:
    """Whether its numbers have a fraction."""
    return any(word in type_name.lower() for word in _FLOATING)


def check_identity(types: Mapping[str, str], names: Iterable[str], url: str) -> None:
    """Raises where columns that tell events apart could be rounded, or are several per event."""
    for name in names:
        found = types[name]
        if kind_of(found) != "number" or is_floating(found):
            raise InputFileError(
                f"'{name}' in {url} is of type {found}",
                "it tells events apart: one whole number per event is needed",
            )


def check_numbers(types: Mapping[str, str], names: Iterable[str], url: str) -> None:
    """Raises for a column that holds no numbers, or none that can be read."""
    for name in names:
        check_not_packed(types[name], name, url)
        if kind_of(types[name]) in ("text", "record"):
            found = types[name]
            shown = found if len(found) <= _LONGEST else f"{found[:_LONGEST]}..."
            raise InputFileError(
                f"'{name}' is not a number, nor a list of numbers",
                f"it is of type {shown}, in {url}",
                "take a column of numbers",
            )


def check_lists(types: Mapping[str, str], names: Iterable[str], url: str) -> None:
    """Raises where columns that would become one collection are of different objects.

    As `Proton_multiRP_xi` and `Proton_singleRP_xi`, which have a counter each.
    """
    first: dict[str, tuple[str, str]] = {}
    for name in names:
        if (counter := _counter(name, types)) is None:
            continue
        other, known = first.setdefault(name.partition("_")[0], (name, counter))
        if known != counter:
            raise InputFileError(
                f"'{other}' and '{name}' are of different objects, and cannot be read together",
                f"{known} and {counter} count them in {url}",
                "read those of one of both",
            )


def check_same(
    types: Mapping[str, str], first: tuple[str, Mapping[str, str]], names: Iterable[str], url: str
) -> None:
    """Raises where a column that is written as it is stored is of another type in another file.

    Put together, uint64 and int64 would be rounded: two events become one. `first` is the other
    file, with its types; all floating numbers are read as float64.
    """
    first_url, first_types = first
    for name in names:
        here, there = types[name], first_types[name]
        if _stored(here) != _stored(there):
            raise InputFileError(
                f"'{name}' in {url} is of type {here}, in {first_url} of type {there}",
                "it is written as it is stored",
                "files of one sample must hold the same",
            )


def _stored(type_name: str) -> str:
    """A type of numbers as trees and RNTuples both call it."""
    return "floating" if is_floating(type_name) else type_name.removeprefix("std::")


def _counter(name: str, types: Mapping[str, str]) -> str | None:
    """Which column has the lengths of the lists of one; None where that is its own, or unknown."""
    if f"n{name}" in types:
        return None
    parts = name.split("_")
    longest_first = (f"n{'_'.join(parts[:n])}" for n in range(len(parts) - 1, 0, -1))
    return next((counter for counter in longest_first if counter in types), None)


def check_alike(
    types: Mapping[str, str], first: tuple[str, Mapping[str, str]], names: Iterable[str], url: str
) -> None:
    """Raises where a column has one value per event in one file and a list in another.

    `first` is the other file, with its types. An integer here and a float there are numbers both.
    """
    first_url, first_types = first
    for name in names:
        here, there = types[name], first_types.get(name)
        if there is not None and kind_of(here) != kind_of(there):
            raise InputFileError(
                f"'{name}' in {url} is of type {here}",
                f"in {first_url} of type {there}",
                "files of one sample must hold the same",
            )
