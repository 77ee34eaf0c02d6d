"""Options of a user's function whose default is a number: no text is given in place of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from higgsflow.errors import InvalidConfiguration

if TYPE_CHECKING:
    import inspect
    from collections.abc import Mapping


def check_numbers(
    given: Mapping[str, Any], taken: Mapping[str, inspect.Parameter], owner: str
) -> None:
    """Raises for a text where the default is a number: the function would fail in its first job.

    Raises:
        InvalidConfiguration: and says how YAML wants a number that it took for a text, as 1e-2.
    """
    for name, value in given.items():
        default = taken[name].default if name in taken else None
        if isinstance(value, str) and isinstance(default, int | float):
            raise InvalidConfiguration(
                f"option '{name}' of {owner} is the text '{value}'",
                f"its default is {default!r}",
                _remedy(value),
            )


def _remedy(text: str) -> str:
    try:
        number = repr(float(text))
    except ValueError:
        return "give a number"
    # YAML wants a point before the exponent
    written = number.replace("e", ".0e") if "." not in number else number
    return f"YAML takes it for a text: write {written}"
