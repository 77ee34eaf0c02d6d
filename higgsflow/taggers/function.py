"""Plain functions as taggers."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from higgsflow.errors import TaggerError, UnknownName
from higgsflow.model.columns import Need, required
from higgsflow.model.number_options import check_numbers
from higgsflow.model.reference import Reference, resolve
from higgsflow.taggers.base import Decision, Tagger

if TYPE_CHECKING:
    from higgsflow.model.context import Context

F = TypeVar("F", bound=Callable[..., Any])
_DECLARATION = "__higgsflow_tagger__"
_ANY_OPTION = inspect.Parameter.VAR_KEYWORD
_RETURNS = "let it return a mask, or a mask and the columns that it adds"
_HOW = 'write @tagger(reads=["Photon_pt", ...], adds={"name": "float64", ...})'


class _Declaration(NamedTuple):
    """What stands in the brackets of `@tagger`."""

    reads: tuple[Need, ...]
    adds: dict[str, str]
    one_row_per: str
    describes: dict[str, str]
    made_of: dict[str, str]


def tagger(
    reads: Sequence[str | Need] = (),
    adds: Mapping[str, str] | None = None,
    one_row_per: str = "",
    describes: Mapping[str, str] | None = None,
    made_of: Mapping[str, str] | None = None,
) -> Callable[[F], F]:
    """Declares what a function reads and adds, so that it can stand in a tag sequence.

    The function takes events (and `context`, if it has such an argument, and its options by
    name); it returns a mask, or a mask and a mapping of columns, or a `Decision`. With
    `one_row_per="probe"` the mask is of candidates, in a list for each event, and outputs have a
    row for each that is kept. `describes` says what columns mean, with the unit at the end, and
    `made_of` of which collection those are that it adds, as methods of a class do.

    Raises:
        TaggerError: for a decorator without brackets, or what are no columns and types.

    Example:
        ```python
        @tagger(reads=["MET_pt"], adds={"met": "float64"})
        def high_met(events, threshold=100.0):
            return events.MET_pt > threshold, {"met": events.MET_pt}
        ```
    """
    if callable(reads) or isinstance(reads, str):
        what = "@tagger has no brackets" if callable(reads) else f"reads is one text, '{reads}'"
        raise TaggerError(f"{what}: it takes a list of columns", "", _HOW)
    if not isinstance(adds, Mapping | None):
        raise TaggerError(f"adds is {adds!r}, not types by column", "", _HOW)
    for key, said in (("describes", describes), ("made_of", made_of)):
        if not isinstance(said, Mapping | None):
            raise TaggerError(f"{key} is {said!r}, not texts by name", "", _HOW)
    needs = tuple(n for r in reads for n in ((r,) if isinstance(r, Need) else required(r)))

    def declare(function: F) -> F:
        declared = (dict(said or {}) for said in (describes, made_of))
        declaration = _Declaration(needs, dict(adds or {}), one_row_per, *declared)
        setattr(function, _DECLARATION, declaration)
        return function

    return declare


class FunctionTagger(Tagger):
    """A tagger that calls a function."""

    function: Reference
    options: dict[str, Any] = {}

    def reads(self, context: Context) -> tuple[Need, ...]:
        """As the function was declared."""
        return self._declaration().reads

    def adds(self, context: Context) -> dict[str, str]:
        """As the function was declared."""
        return self._declaration().adds

    def describes(self, context: Context) -> dict[str, str]:
        """As the function was declared."""
        return self._declaration().describes

    def made_of(self, context: Context) -> dict[str, str]:
        """As the function was declared."""
        return self._declaration().made_of

    def candidate(self) -> str:
        """As the function was declared."""
        return self._declaration().one_row_per

    def check(self, context: Context) -> None:
        """Raises for options that the function does not take, or needs and is not given."""
        self._declaration()
        parameters = tuple(inspect.signature(resolve(self.function)).parameters.values())
        if not parameters or parameters[0].kind in (inspect.Parameter.KEYWORD_ONLY, _ANY_OPTION):
            raise TaggerError(
                f"tagger '{self.name}' takes no events", self.function, "let it take them first"
            )
        others = parameters[1:]
        takes_any = any(p.kind is _ANY_OPTION for p in others)
        named = {p.name: p for p in others if p.kind not in (_ANY_OPTION, p.VAR_POSITIONAL)}
        named.pop("context", None)
        for option in self.options:
            if option not in named and not takes_any:
                raise UnknownName("option", option, named, f"tagger '{self.name}'")
        check_numbers(self.options, named, f"tagger '{self.name}'")
        for option, parameter in named.items():
            if parameter.default is parameter.empty and option not in self.options:
                raise TaggerError(f"tagger '{self.name}' needs option '{option}'", self.function)

    def defaults(self) -> dict[str, Any]:
        """What the options are where nothing is said, of those that configuration can hold."""
        parameters = inspect.signature(resolve(self.function)).parameters.values()
        kinds = (int, float, str, list, tuple, dict)
        return {p.name: p.default for p in parameters if isinstance(p.default, kinds)}

    @property
    def takes_context(self) -> bool:
        """Whether the function is told the sample and the year."""
        return "context" in inspect.signature(resolve(self.function)).parameters

    def select(self, events: Any, context: Context) -> Decision:
        """Calls the function.

        Raises:
            TaggerError: where it returns something else than a mask, with columns or without.
        """
        extra = {"context": context} if self.takes_context else {}
        result = resolve(self.function)(events, **extra, **self.options)
        if result is None:
            raise TaggerError(f"tagger '{self.name}' returned nothing", "", _RETURNS)
        if isinstance(result, Decision):
            return result
        if not isinstance(result, tuple):
            return Decision(mask=result)
        if len(result) != 2:
            what = f"tagger '{self.name}' returned a tuple of {len(result)}"
            raise TaggerError(what, "", _RETURNS)
        return Decision(mask=result[0], columns=result[1])

    def _declaration(self) -> _Declaration:
        declaration: _Declaration | None = getattr(resolve(self.function), _DECLARATION, None)
        if declaration is None:
            raise TaggerError(
                f"tagger '{self.name}' does not say what it reads",
                self.function,
                'put @tagger(reads=["Photon_pt", ...], adds={...}) above the function',
            )
        return declaration
