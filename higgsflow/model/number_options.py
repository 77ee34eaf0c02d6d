"""Options of a user's function whose default is a number: neither a text nor a truth is one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from higgsflow.errors import InvalidConfiguration
from higgsflow.model.noun import as_yaml

if TYPE_CHECKING:
    import inspect
    from collections.abc import Mapping


def check_numbers(
    given: Mapping[str, Any], taken: Mapping[str, inspect.Parameter], owner: str
) -> None:
    """Raises for a text where the default is a number: the function would fail in its first job.

    And for a truth, which it would take for 1 or 0.

    Raises:
        InvalidConfiguration: and says how YAML wants a number that it took for a text, as 1e-2.
    """
    for name, value in given.items():
        default = taken[name].default if name in taken else None
        if not isinstance(default, int | float):
            continue
        where = f"its default is {default!r}"
        if isinstance(value, str):
            what = f"option '{name}' of {owner} is the text '{value}'"
            raise InvalidConfiguration(what, where, _remedy(value))
        if isinstance(value, bool) and not isinstance(default, bool):
            what = f"option '{name}' of {owner} is {as_yaml(value)}"
            raise InvalidConfiguration(what, where, "give a number")


def _remedy(text: str) -> str:
    try:
        number = repr(float(text))
    except ValueError:
        return "give a number"
    # YAML wants a point before the exponent
    written = number.replace("e", ".0e") if "." not in number else number
    return f"YAML takes it for a text: write {written}"
