"""The base of all configured objects: frozen, and strict about the names of its keys."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, model_validator

from higgsflow.errors import nearest

if TYPE_CHECKING:
    from collections.abc import Collection

    from typing_extensions import Self

# what a model holds, set past its being frozen: in half the time that object.__setattr__ takes
_set_fields, _set_given, _set_extra, _set_private = (
    vars(BaseModel)[slot].__set__
    for slot in (
        "__dict__",
        "__pydantic_fields_set__",
        "__pydantic_extra__",
        "__pydantic_private__",
    )
)

# what a noun holds, by its identity, which it keeps as long as it stands here
_texts: dict[int, tuple[Noun, str]] = {}
_MOST_TEXTS = 256

_SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]*")


class Frozen(BaseModel):
    """A frozen object with just its fields: such as counters, which only code writes."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        validate_default=True,
        populate_by_name=True,
        defer_build=True,
    )

    @classmethod
    def trusted(cls, **fields: Any) -> Self:
        """From all its fields, without a look at them: for millions of counters made by code."""
        noun = object.__new__(cls)
        _set_fields(noun, fields)
        # one for all of a class, which are frozen: it tells nothing but that all were given
        _set_given(noun, _all_fields(cls))
        _set_extra(noun, None)
        _set_private(noun, None)
        return noun

    def changed(self, **fields: Any) -> Self:
        """The same with other values of some fields, without a look at them, as `trusted`."""
        return self.trusted(**{**self.__dict__, **fields})


class Noun(Frozen):
    """A frozen object; an unknown key is an error that names the nearest known one."""

    @model_validator(mode="before")
    @classmethod
    def _name_unknown_keys(cls, value: Any) -> Any:
        if isinstance(value, dict) and not value.keys() <= _known_keys(cls):
            key = next(key for key in value if key not in _known_keys(cls))
            raise ValueError(_unknown_key(str(key), _known_keys(cls), cls.__name__))
        return value


def text_of(noun: Noun) -> str:
    """What a noun holds: a key for what was made with these settings, written once.

    Not as JSON, where infinities of both signs are the same nothing.
    """
    known = _texts.get(id(noun))
    if known is None:
        if len(_texts) >= _MOST_TEXTS:
            _texts.clear()
        known = _texts[id(noun)] = (noun, repr(noun))
    return known[1]


@functools.cache
def _all_fields(kind: type[Frozen]) -> set[str]:
    return set(kind.model_fields)


@functools.cache
def _known_keys(kind: type[Noun]) -> frozenset[str]:
    """Names of its fields, and what these are called in configurations."""
    fields = kind.model_fields
    return frozenset((*fields, *(field.alias for field in fields.values() if field.alias)))


def _unknown_key(key: str, known: Collection[str], owner: str) -> str:
    guess = nearest(key, known)
    hint = f"did you mean '{guess}'?" if guess else f"known: {', '.join(sorted(known))}"
    return f"unknown key '{key}' of {owner}, {hint}"


def safe_name(name: str) -> str:
    """The name itself, if it can be a folder, a tag and a word on a command line.

    Raises:
        ValueError: for anything that could leave the store or confuse a shell.
    """
    if not _SAFE_NAME.fullmatch(name) or ".." in name:
        raise ValueError(
            f"'{name}' cannot be a name: use letters, digits, and _ . + - after the first"
        )
    return name


Name = Annotated[str, AfterValidator(safe_name)]
