"""Nouns that are kept as the JSON they are written as, until somebody asks for them.

The cuts of hundreds of variations are most of a summary, and hardly anyone looks at one: as objects
they took thirteen times the memory of their text.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from pydantic import TypeAdapter
from pydantic_core import core_schema, from_json, to_json

from higgsflow.model.noun import Frozen

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import GetCoreSchemaHandler

N = TypeVar("N", bound=Frozen)


class AsWritten(Sequence[N]):
    """Some nouns of one kind; each look at them makes them of their text again."""

    __slots__ = ("_kind", "text")

    def __init__(self, kind: type[N], text: bytes) -> None:
        """Of a list as JSON has it."""
        self._kind, self.text = kind, text

    def made(self) -> tuple[N, ...]:
        """The nouns, all at once.

        Raises:
            ValidationError: where the text says something else.
        """
        made: tuple[N, ...] = _reader(self._kind).validate_json(self.text)
        return made

    def __len__(self) -> int:
        return len(self.made())

    @overload
    def __getitem__(self, place: int) -> N: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[N, ...]: ...
    def __getitem__(self, place: int | slice) -> N | tuple[N, ...]:
        return self.made()[place]

    def __iter__(self) -> Any:
        return iter(self.made())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self.made() == tuple(other)

    def __hash__(self) -> int:
        return hash(self.made())

    def __repr__(self) -> str:
        return repr(self.made())


def as_written(kind: type[N], nouns: Sequence[N]) -> AsWritten[N]:
    """Nouns that are at hand, as their text."""
    return AsWritten(kind, to_json(nouns, inf_nan_mode="null"))


class ReadLate(Generic[N]):
    """Marks a field of nouns: of a file they are kept as written; its schema is that of a tuple."""

    def __init__(self, kind: type[N]) -> None:
        """Of the kind of nouns that the field has."""
        self._kind = kind

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        del source
        nouns = handler.generate_schema(tuple[self._kind, ...])  # type: ignore[name-defined]
        return core_schema.with_info_wrap_validator_function(
            self._kept,
            nouns,
            serialization=core_schema.wrap_serializer_function_ser_schema(
                _written, info_arg=True, schema=nouns
            ),
        )

    def _kept(
        self, value: Any, check: Callable[[Any], Any], info: core_schema.ValidationInfo
    ) -> Any:
        if isinstance(value, AsWritten):
            return value
        if info.mode == "json" and isinstance(value, list):
            return AsWritten(self._kind, to_json(value))
        return check(value)


def _written(value: Any, write: Callable[[Any], Any], info: core_schema.SerializationInfo) -> Any:
    if not isinstance(value, AsWritten):
        return write(value)
    return from_json(value.text) if info.mode_is_json() else write(value.made())


@functools.cache
def _reader(kind: type[Frozen]) -> TypeAdapter[Any]:
    return TypeAdapter(tuple[kind, ...])  # type: ignore[valid-type]
