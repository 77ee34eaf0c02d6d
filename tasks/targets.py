"""Targets that exist only while they are current: they compare what they record with what is."""

from __future__ import annotations

import functools
from pathlib import Path
from stat import S_ISREG
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import law

from higgsflow.errors import DamagedRecord, StoreError, UserError
from higgsflow.there import is_there

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pydantic_core import SchemaValidator

    from higgsflow.ingredients import Ingredients
    from higgsflow.model.noun import Noun

# what comes first in every record
_HEAD = ("inputs", "invocation", "made_from", "size")
_LARGE = 2**18  # bytes
_BLOCK = 2**20
N = TypeVar("N", bound="Noun")


class Overtaken(UserError):
    """What this command has made is not there any more, or is of another configuration."""

    cause = (
        "two commands ran the same analysis and version at the same time, with configurations or "
        "code that differ: they write to the same files."
    )
    cure = "run the command again, and do not change the configuration while another one runs."

    def __init__(self, path: Path) -> None:
        super().__init__(
            "another command has made this meanwhile, from a configuration that differs",
            str(path),
            "run again when it has ended; --version gives a configuration a place of its own",
        )


class StageTarget(law.LocalFileTarget):
    """A JSON file that records what it was made from: `made_from`, and its digest, `inputs`.

    `expected` gives today's ingredients, None when what it is made from is not there. Files named
    in `beside` must be there too, and whole as far as their sizes tell: the recorded `size` where
    there is one, else more than nothing.
    """

    def __init__(
        self, path: Path, expected: Callable[[], Ingredients | None], beside: tuple[Path, ...] = ()
    ) -> None:
        super().__init__(str(path))
        self._expected = expected
        self._beside = beside

    def _repr_pairs(self) -> list[tuple[str, Any]]:
        return [("path", self.path)]

    @functools.cached_property
    def file(self) -> Path:
        """The path as pathlib has it; a target never moves."""
        return Path(self.path)

    def exists(self, **kwargs: Any) -> bool:
        """Whether it is there and current."""
        del kwargs
        mark = mark_of(self.file)
        if mark.inputs is None or any(self._losses(mark)):
            return False
        return mark.inputs == self.today()

    def today(self) -> str | None:
        """The digest of what it would be made from now; None where that is not there."""
        from higgsflow.ingredients import digest

        try:
            expected = self._expected()
        except (StoreError, PermissionError):
            # whoever makes it meets the same error, and tells it
            return None
        return None if expected is None else digest(expected)

    def reasons(self) -> tuple[str, ...]:
        """Why it has to be made; empty while it is there and current."""
        from higgsflow.records.reasons import NEVER

        if self.exists():
            return ()
        try:
            was_made = is_there(self.file)
        except PermissionError as error:
            return (f"it cannot be read: {error.strerror}",)
        if not was_made:
            return (NEVER,)
        return tuple(self._differences())

    def _differences(self) -> Iterator[str]:
        """How it differs from what would be made now."""
        from higgsflow.ingredients import differences
        from higgsflow.records.reasons import EARLIER

        before = self.made_from()
        if before is None:
            yield "its record is damaged"
            return
        try:
            expected = self._expected()
        except DamagedRecord as error:
            yield error.short
            return
        if expected is None:
            yield EARLIER
        else:
            # of another format files are not there either
            yield from differences(before, expected) or self._losses(mark_of(self.file))

    def _losses(self, mark: Mark) -> Iterator[str]:
        """What is wrong with the files beside it, with one look at each."""
        for path in self._beside:
            found = _size_of(path)
            if found is None:
                yield f"{path.name} is gone"
            elif found == 0 or mark.size not in (None, found):
                before = "" if mark.size is None else f", {mark.size} when it was made"
                yield f"{path.name} is damaged: {found} bytes{before}"

    def made_from(self) -> dict[str, Any] | None:
        """What it was made from; None when there is no readable file."""
        found: dict[str, Any] | None = head_of(self.file).get("made_from")
        return found

    def status_text(self, *args: Any, **kwargs: Any) -> str:
        """As law has it, with the reasons."""
        text = str(super().status_text(*args, **kwargs))
        return f"{text} ({'; '.join(reasons)})" if (reasons := self.reasons()) else text

    def recorded(self) -> str | None:
        """The digest it was made from; None when there is no readable file."""
        return mark_of(self.file).inputs

    def read(self, noun: type[N]) -> N:
        """Its content, see `read_record`."""
        return read_record(self.file, noun)

    def read_current(self, noun: type[N]) -> N:
        """Its content, which is what this command would make.

        Raises:
            Overtaken: when another command has made something else of it.
        """
        try:
            found = self.read(noun)
        except FileNotFoundError as error:
            raise Overtaken(self.file) from error
        # looked at afterwards, so that what was read before it was replaced is not taken for it
        if not self.exists():
            raise Overtaken(self.file)
        return found

    def write(self, noun: Noun, made_from: Ingredients) -> None:
        """Writes it atomically, with what it was made from."""
        from higgsflow.ingredients import digest
        from higgsflow.output.atomic import remove_stale, write_pieces

        stamp = {"inputs": digest(made_from), "made_from": made_from}
        write_pieces(self.file, self.pieces(noun.model_copy(update=stamp)))
        remove_stale(self.file.parent)

    def pieces(self, noun: Noun) -> Iterable[str]:
        """The text of the file, which begins with what it was made from."""
        return (noun.model_dump_json(indent=1),)

    def remove(self, silent: bool = True, **kwargs: Any) -> None:
        """Removes it, also when it is stale, and what stands beside it."""
        del silent, kwargs
        for path in (self.file, *self._beside):
            path.unlink(missing_ok=True)


def read_record(path: Path, noun: type[N]) -> N:
    """The content of a record.

    Raises:
        DamagedRecord: when it is damaged further down than its head, by which it seemed current.
    """
    from pydantic import ValidationError

    from higgsflow.model.findings import findings

    try:
        return noun.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise DamagedRecord(path, findings(error)[0]) from error


def _size_of(path: Path) -> int | None:
    """The size of a file [bytes]; None when there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_size if S_ISREG(status.st_mode) else None


class Mark(NamedTuple):
    """What tells of a record whether it is current.

    Attributes:
        inputs: digest of what it was made from; None where there is no readable record.
        invocation: of the command that made it, where that is recorded.
        size: of the file that stands beside it.
    """

    inputs: str | None = None
    invocation: Any = None
    size: Any = None


def mark_of(path: Path) -> Mark:
    """The mark of a record; an empty one where there is no readable one."""
    try:
        stat = path.stat()
    except OSError:
        return Mark()
    return _mark_as_it_lies(path, stat.st_size, stat.st_mtime_ns)


# of all records, or a command that looks at one more reads each of them again and again
@functools.cache
def _mark_as_it_lies(path: Path, size: int, mtime_ns: int) -> Mark:
    del size, mtime_ns
    head = head_of(path)
    inputs = head.get("inputs")
    digest = None if inputs is None else str(inputs)
    return Mark(digest, head.get("invocation"), head.get("size"))


def head_of(path: Path) -> dict[str, Any]:
    """What a record says of itself, without its numbers; empty where there is no readable one."""
    try:
        found = _head_of_large(path) if path.stat().st_size > _LARGE else None
        return _head_reader().validate_json(path.read_bytes()) if found is None else found
    except (OSError, ValueError):
        return {}


def _head_of_large(path: Path) -> dict[str, Any] | None:
    """The head of a record of megabytes, of which the rest is not made sense of; None if unsure.

    It is looked at for what a disk leaves of a file that was not written to its end.
    """
    from pydantic_core import from_json

    with path.open("rb") as file:
        block = first = file.read(_LARGE)
        while more := file.read(_BLOCK):
            if 0 in more:
                raise ValueError("zeros in a text")
            block = more
    if 0 in first or not block.endswith(b"}"):
        raise ValueError("not whole")
    found: dict[str, Any] = from_json(first, allow_partial=True)
    head = {name: value for name, value in found.items() if name in _HEAD}
    # what the head is followed by may have been cut off, the head was not
    return head if len(found) > len(head) else None


@functools.cache
def _head_reader() -> SchemaValidator:
    """Reads all of a record, and makes Python's objects of its head alone."""
    from pydantic_core import SchemaValidator, core_schema

    anything = core_schema.typed_dict_field(core_schema.any_schema(), required=False)
    return SchemaValidator(core_schema.typed_dict_schema(dict.fromkeys(_HEAD, anything)))
