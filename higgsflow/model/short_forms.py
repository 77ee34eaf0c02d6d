"""Short forms in which people write values, and those that YAML makes of them.

Each function takes what was written, and leaves what is no such form to the validation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from higgsflow.model.findings import shown


def with_text_keys(value: Any) -> Any:
    """YAML reads `2017:` as a number; a year is a string, and so is a direction."""
    return {str(k): v for k, v in value.items()} if isinstance(value, Mapping) else value


def as_tuple(value: Any) -> Any:
    """One name may stand for a list of one."""
    return (value,) if isinstance(value, str) else value


def as_names(value: Any) -> Any:
    """The same of what has no comma in it, as `m_gg, pt_gg` without brackets has."""
    if isinstance(value, str) and "," in value:
        raise ValueError(f"a list is needed (it is {shown(value)}): write [{value}]")
    return as_tuple(value)


def with_tuples(value: Any) -> Any:
    """So may one name behind each key."""
    return {k: as_tuple(v) for k, v in value.items()} if isinstance(value, Mapping) else value


def by_direction(value: Any) -> Any:
    """What is given for each direction; who gives something else is told the keys."""
    if not isinstance(value, Mapping):
        such = "{up: ..., down: ...}"
        raise ValueError(f"keys and values are needed (it is {shown(value)}), such as {such}")
    return with_text_keys(value)


def column_name(value: Any) -> Any:
    """`["Photon", "pt"]` and `"Photon_pt"` are the same column."""
    if not isinstance(value, list | tuple) or not value:
        return value
    return "_".join(value) if all(isinstance(word, str) for word in value) else value
