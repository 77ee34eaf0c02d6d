"""The base of all configured objects: frozen, and strict about the names of its keys."""

from __future__ import annotations

import functools
import re
import types
from typing import TYPE_CHECKING, Annotated, Any, Union, get_args, get_origin

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError, model_validator

from higgsflow.errors import UserError, nearest, shorten
from higgsflow.model.findings import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic_core import InitErrorDetails
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
# how much a key is like another one where it is known elsewhere: from 0 to 1
_LIKELY, _ALIKE = 0.8, 0.7
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
        self.key, self.meant = key, nearest(key, known_keys(kind))
        super().__init__(_unknown_key(key, self.meant, kind))


class Noun(Frozen):
    """A frozen object; an unknown key is an error that names the nearest known one."""

    @model_validator(mode="before")
    @classmethod
    def _name_unknown_keys(cls, value: Any) -> Any:
        if not isinstance(value, dict | Noun):
            keys = shorten(known_keys(cls))
            raise ValueError(f"keys and values are needed (it is {shown(value)}), such as {keys}")
        if isinstance(value, dict) and (wrong := dict(_wrong_keys(value, cls))):
            raise ValidationError.from_exception_data(cls.__name__, _all_wrong(value, wrong, cls))
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


def _unknown_key(key: str, guess: str, kind: type[Noun]) -> str:
    hint = f"did you mean '{guess}'?" if guess else f"known: {', '.join(sorted(known_keys(kind)))}"
    is_likely = bool(nearest(key, (guess,), _LIKELY))
    if places := _within(kind, key):
        hint = f"it belongs in {' or '.join(places)}{f', or {hint}' if is_likely else ''}"
    elif not is_likely and (within := _near_within(kind, key)):
        hint = f"did you mean {within}?"
    return f"unknown key '{key}', {hint}"


def _within(kind: type[Noun], key: str) -> list[str]:
    """The fields of a noun whose own nouns have the key, as where it is indented too little."""
    return [
        f"`{name}`"
        for name, field in kind.model_fields.items()
        for inner in _kinds_of(field.annotation)
        if isinstance(inner, type) and issubclass(inner, Noun) and key in known_keys(inner)
    ]


def _near_within(kind: type[Noun], key: str) -> str:
    """The nearest key of the nouns within one, where it is much like it."""
    places = {
        (inner_key, name)
        for name, field in kind.model_fields.items()
        for inner in _kinds_of(field.annotation)
        if isinstance(inner, type) and issubclass(inner, Noun)
        for inner_key in known_keys(inner)
    }
    near = nearest(key, {inner_key for inner_key, _ in places}, _ALIKE)
    names = sorted(name for inner_key, name in places if inner_key == near)
    return f"'{near}' in {' or '.join(f'`{name}`' for name in names)}" if near else ""


def _wrong_keys(given: dict[Any, Any], kind: type[Noun]) -> Iterator[tuple[Any, ValueError]]:
    """Keys that a noun does not have, and those whose value pydantic would take for a number."""
    known, numbers = known_keys(kind), _numbers_of(kind)
    for key, value in given.items():
        if key not in known:
            yield key, UnknownKey(str(key), kind)
        elif (value is True or value is False) and key in numbers:
            yield key, ValueError(f"a number is needed (it is {as_yaml(value)})")


def _all_wrong(
    given: dict[Any, Any], wrong: dict[Any, ValueError], kind: type[Noun]
) -> list[InitErrorDetails]:
    """What is wrong with keys, and with what all others hold: nobody wants to hear of it later."""
    found: list[Any] = [
        {"type": "value_error", "loc": loc, "input": given[key], "ctx": {"error": error}}
        for key, error in wrong.items()
        for loc in [() if isinstance(error, UnknownKey) else (key,)]
    ]
    try:
        kind.model_validate({key: one for key, one in given.items() if key not in wrong})
    except ValidationError as error:
        # of one that is misspelled nothing is missing
        absent = {(getattr(one, "meant", key),) for key, one in wrong.items()}
        found += [
            one
            for one in error.errors(include_url=False)
            # what keys are together may be due to one of them
            if one["loc"] and not (one["type"] == "missing" and one["loc"] in absent)
        ]
    except UserError:
        # of these together, and told once each is right
        pass
    return found


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
