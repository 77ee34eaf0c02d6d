"""Events of one file for a job: columns by name, from baskets at known places or from uproot.

What `baskets` does not know (an RNTuple, other types, a damaged basket) is left to uproot, whose
answer or error is then that of the reader; `by_uproot` tells which columns that were, and why.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from higgsflow.catalog.addresses import SERVER
from higgsflow.errors import InputFileError, MissingColumn
from higgsflow.events.columns import assemble_plain, locate
from higgsflow.events.file_head import HEAD, Head, head_of, head_of_opened, original_uuid
from higgsflow.events.index import listed_lumisections
from higgsflow.events.late_parts import LateBytes
from higgsflow.events.objects import unlike
from higgsflow.events.places import (
    FilePlaces,
    PlaceBook,
    counter_of,
    places_in,
    with_counters,
)
from higgsflow.events.plain_values import values_of_objects
from higgsflow.events.ranges_of_bytes import FileBytes, open_bytes
from higgsflow.events.raw_columns import RawColumns
from higgsflow.events.replicas import opened_by
from higgsflow.events.tree import (
    bytes_asked,
    bytes_of,
    column_names,
    get_head,
    get_tree,
    open_file,
    read_arrays,
    reading,
)
from higgsflow.model.columns import candidates

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from higgsflow.events.chunks import Range
    from higgsflow.events.lists import Index
    from higgsflow.events.plain import PlainEvents
    from higgsflow.events.raw_numbers import Raw
    from higgsflow.model.columns import Need


_NOBODY_NOTES = nullcontext()


@dataclass(frozen=True)
class Request:
    """What is wanted of a file.

    Attributes:
        needed_by: who needs a column, for messages.
        is_data: whether it matters that the file lists its lumisections.
        replicas, turn: see `open_replica`.
        book: folder of what is known of files, if there is one.
        looking: is entered for what is read when somebody looks at it.
    """

    part: Range
    needs: Sequence[Need]
    needed_by: Mapping[str, str]
    is_data: bool
    replicas: Mapping[str, Sequence[str]]
    turn: int = 0
    book: Path | None = None
    looking: AbstractContextManager[None] = _NOBODY_NOTES

    @property
    def names(self) -> tuple[str, ...]:
        """All columns that may be read."""
        return candidates(self.needs)

    def located(self, available: set[str], url: str) -> dict[str, str]:
        """Where a file that has these columns keeps each needed one."""
        return locate(self.needs, available, url, self.needed_by)


@contextmanager
def open_events(request: Request) -> Iterator[EventReader]:
    """A reader of the file of a range.

    Raises:
        InputFileError: when it cannot be opened, or is another file than was indexed.
        MissingColumn: when it lacks a needed column.
    """

    @contextmanager
    def opened(url: str) -> Iterator[_OpenFile]:
        with ExitStack() as stack:
            yield _OpenFile(url, stack)

    with opened_by(opened, request.part.url, request.replicas, request.turn) as (file, _):
        yield EventReader(request, file)


class _OpenFile:
    """A file that is open as bytes, by uproot, or both: by uproot when it is asked for its tree.

    Attributes:
        head: what it says of itself; None where only uproot can open it.
    """

    def __init__(self, url: str, stack: ExitStack) -> None:
        self.url, self._stack = url, stack
        self.source: FileBytes | None = None
        self._file: Any = None
        self._tree: Any = None
        self.head = self._open_bytes()
        if self.head is None:
            self.open_uproot()

    @property
    def bytes_read(self) -> int:
        """How many bytes of the file were asked for."""
        by_uproot = 0 if self._file is None else bytes_asked(self._file)
        return by_uproot + (0 if self.source is None else self.source.n_read)

    def open_uproot(self) -> Any:
        """The file as uproot has it, opened once."""
        if self._file is None:
            self._file = self._stack.enter_context(open_file(self.url))
        return self._file

    def open_tree(self) -> Any:
        """The tree of the events."""
        if self._tree is None:
            self._tree = get_tree(self.open_uproot(), self.url)
        return self._tree

    def uuid(self) -> str:
        """Which file it is, with which content."""
        head = self.head if self.head is not None else head_of_opened(self.open_uproot())
        return head.uuid

    def _open_bytes(self) -> Head | None:
        """Opens the file as bytes; None where uproot shall say what is wrong with it."""
        if "://" in self.url and not self.url.startswith(SERVER):
            return None
        try:
            with reading(self.url):
                source = self._stack.enter_context(open_bytes(self.url))
                head = head_of(*source.read([(0, HEAD)]))
                is_whole = source.size >= head.end
        except InputFileError:
            if self.url.startswith(SERVER):
                raise
            return None
        self.source = source if is_whole else None
        return head if is_whole else None


class EventReader:
    """Columns of an open file by the names that taggers use.

    Attributes:
        by_uproot: columns that uproot read, each with the reason.
    """

    def __init__(self, request: Request, file: _OpenFile) -> None:
        self._request, self._file, self._url = request, file, file.url
        # an index of before content counted knows the UUID alone
        if request.part.uuid not in (file.uuid(), original_uuid(file.uuid())):
            raise InputFileError(f"{self._url} was replaced since it was indexed", "", "run again")
        self.by_uproot: dict[str, str] = {}
        self._book = PlaceBook(request.book) if request.book is not None else None
        self._places, self._sources = self._known() or self._found()
        source = file.source
        self._raw = None
        if source is not None:
            late = LateBytes(source, self._url, request.looking)
            self._raw = RawColumns(late, self._places, self._instead)

    @property
    def lists_lumisections(self) -> bool | None:
        """Whether the file lists its lumisections; None for simulation."""
        return self._places.lists_lumisections

    def read(
        self, needs: Sequence[Need], start: int, stop: int, rows: Index | None = None
    ) -> PlainEvents:
        """The columns of a range of entries as events; of `rows`, positions there, or of all.

        Raises:
            InputFileError: when the file is damaged there or has fewer entries.
        """
        if stop > (n := self._places.n_entries):
            raise InputFileError(f"{self._url} has {n} entries, {stop} were expected")
        sources = {n.name: self._sources[n.name] for n in needs if n.name in self._sources}
        unique = sorted(set(sources.values()))
        arrays: dict[str, Any] = dict(self._read_raw(unique, (start, stop), rows))
        rest = [name for name in unique if name not in arrays]
        if rest:
            found = read_arrays(self._file.open_tree(), rest, start, stop, self._url)
            arrays |= found if rows is None else {name: found[name][rows] for name in found}
        wanted = {name: arrays[source] for name, source in sources.items()}
        n_events = stop - start if rows is None else len(rows)
        # what fails in here is never user code, but a damaged file
        with reading(self._url):
            try:
                return assemble_plain(wanted, n_events)
            except InputFileError as error:
                raise InputFileError(error.what, f"in {self._url}", error.remedy) from error

    @property
    def bytes_read(self) -> int:
        """How many bytes of the file were asked for."""
        return self._file.bytes_read

    def bytes_needed(self, start: int, stop: int) -> int:
        """Compressed bytes of the baskets of all needed columns with these entries."""
        names = sorted(set(self._sources.values()))
        known = [n for n in names if self._raw is not None and n in self._places.columns]
        rest = [name for name in names if name not in known]
        total = 0 if self._raw is None else self._raw.bytes_of(known, start, stop)
        return total + (bytes_of(self._file.open_tree(), rest, start, stop) if rest else 0)

    def _read_raw(
        self, names: Sequence[str], entries: tuple[int, int], rows: Index | None
    ) -> dict[str, Raw]:
        """Those of the columns that need no uproot."""
        if self._raw is None:
            self.by_uproot |= dict.fromkeys(names, "another protocol")
            return {}
        others = self._places.others
        self.by_uproot |= {name: others[name] for name in names if name in others}
        with reading(self._url):
            found, odd = self._raw.read([n for n in names if n not in others], *entries, rows)
        self._note(odd)
        return found

    def _note(self, odd: Mapping[str, str]) -> None:
        """Notes columns that uproot reads, since what is known of the file does not fit it."""
        if odd and self._book is not None:
            self._book.forget(self._places)
        self.by_uproot |= odd

    def _instead(
        self, name: str, entries: tuple[int, int], offsets: Index, reason: str
    ) -> npt.NDArray[Any]:
        """The numbers of a column of such lists as uproot has them, where a basket is odd.

        Raises:
            InputFileError: when the file is damaged there, or has other lists.
        """
        self._note({name: reason})
        found = read_arrays(self._file.open_tree(), [name], *entries, self._url)
        with reading(self._url):
            jagged = values_of_objects(found[name])
        if jagged is None or not np.array_equal(jagged[1], offsets):
            error = unlike(name, counter_of(name))
            raise InputFileError(error.what, f"in {self._url}", error.remedy)
        return jagged[0]

    def _known(self) -> tuple[FilePlaces, dict[str, str]] | None:
        """What is known of the file, if that is enough, and where it keeps each column."""
        head = self._file.head
        places = self._book.get(*head) if self._book is not None and head is not None else None
        if places is None or not places.knows(self._request.names):
            return None
        if self._request.is_data and places.lists_lumisections is None:
            return None
        try:
            return places, self._request.located(places.names, self._url)
        except MissingColumn:
            # to be told with the nearest of all names
            return None

    def _found(self) -> tuple[FilePlaces, dict[str, str]]:
        """The same, looked for in the file with uproot."""
        request, file = self._request, self._file.open_uproot()
        tree = get_head(file, self._url)
        with reading(self._url):
            sources = request.located(column_names(tree), self._url)
            before = self._book.get(*head_of_opened(file)) if self._book is not None else None
            listed = before.lists_lumisections if before is not None else None
            if request.is_data:
                listed = listed_lumisections(file, self._url) is not None
            looked_for = before.looked_for if before is not None else set()
            names = with_counters(request.names) | looked_for
            places = places_in(file, tree, names, listed)
        if self._book is not None:
            self._book.put(places)
        return places, sources
