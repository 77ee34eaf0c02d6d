"""The base of all configured objects: frozen, and strict about the names of its keys."""

from __future__ import annotations

import functools
import re
import types
from typing import TYPE_CHECKING, Annotated, Any, Union, get_args, get_origin

from pydantic import AfterValidator, BaseModel, ConfigDict, model_validator

from higgsflow.errors import nearest, shorten
from higgsflow.model.findings import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

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

# file systems take 255 bytes, of which endings and temporary names need some
_LONGEST_NAME = 200
_SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]*")


class Frozen(BaseModel):
    """A frozen object with just its fields, as counters are, which only code writes."""

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


class UnknownKey(ValueError):
    """A key that a noun does not have; told with the nearest one, or where it belongs."""

    def __init__(self, key: str, kind: type[Noun]) -> None:
        super().__init__(_unknown_key(key, kind))
        self.key = key


class Noun(Frozen):
    """A frozen object; an unknown key is an error that names the nearest known one."""

    @model_validator(mode="before")
    @classmethod
    def _name_unknown_keys(cls, value: Any) -> Any:
        if not isinstance(value, dict | Noun):
            keys = shorten(known_keys(cls))
            raise ValueError(f"keys and values are needed (it is {shown(value)}), such as {keys}")
        if isinstance(value, dict):
            for key, one in value.items():
                if key not in known_keys(cls):
                    raise UnknownKey(str(key), cls)
                if (one is True or one is False) and key in _numbers_of(cls):
                    raise ValueError(f"'{key}' is {as_yaml(one)}, a number is needed")
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
def known_keys(kind: type[Noun]) -> frozenset[str]:
    """Names of its fields, and what these are called in configurations."""
    fields = kind.model_fields
    return frozenset((*fields, *(field.alias for field in fields.values() if field.alias)))


@functools.cache
def _numbers_of(kind: type[Noun]) -> frozenset[str]:
    """Names of fields that hold a number, for which pydantic would take true as 1."""
    return frozenset(
        key
        for name, field in kind.model_fields.items()
        if _is_number(set(_kinds_of(field.annotation)))
        for key in (name, field.alias)
        if key
    )


def _is_number(kinds: set[Any]) -> bool:
    return not kinds.isdisjoint((int, float)) and kinds.isdisjoint((bool, Any, object))


def _kinds_of(annotation: Any) -> Iterator[Any]:
    """The types that a value may have."""
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        yield from _kinds_of(inner[0])
    elif origin in (Union, types.UnionType):
        for one in inner:
            yield from _kinds_of(one)
    else:
        yield origin or annotation


def as_yaml(truth: bool) -> str:
    """True and false as a configuration has them, which also reads yes, no, on and off so."""
    return "true" if truth else "false"


def _unknown_key(key: str, kind: type[Noun]) -> str:
    known = known_keys(kind)
    guess = nearest(key, known)
    hint = f"did you mean '{guess}'?" if guess else f"known: {', '.join(sorted(known))}"
    if places := _within(kind, key):
        hint = f"it belongs in {' or '.join(places)}"
    return f"unknown key '{key}', {hint}"


def _within(kind: type[Noun], key: str) -> list[str]:
    """The fields of a noun whose own nouns have the key, as where it is indented too little."""
    return [
        f"`{name}`"
        for name, field in kind.model_fields.items()
        for inner in _kinds_of(field.annotation)
        if isinstance(inner, type) and issubclass(inner, Noun) and key in known_keys(inner)
    ]


def safe_name(name: str) -> str:
    """The name itself, if it can be a folder, a tag and a word on a command line.

    Raises:
        ValueError: for anything that could leave the store or confuse a shell.
    """
    if len(name) > _LONGEST_NAME:
        raise ValueError(f"'{name[:40]}...' cannot be a name: it has {len(name)} characters")
    if not _SAFE_NAME.fullmatch(name) or ".." in name:
        raise ValueError(
            f"'{name}' cannot be a name: use letters, digits, and _ . + - after the first"
        )
    return name


Name = Annotated[str, AfterValidator(safe_name)]
