"""Files that lie at several servers: the next one is asked where one fails.

An address is what a catalogue says; beginnings of addresses have replicas, such as
`root://one.site/` with `root://another.site/`. Whether replicas are the same file is checked by its
UUID where the index knows it.
"""

from __future__ import annotations

import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from higgsflow.catalog.addresses import SERVER
from higgsflow.errors import InputFileError

# for what it does when it is imported
from higgsflow.events import forks  # noqa: F401
from higgsflow.events.tree import open_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

T = TypeVar("T")
# when a server failed last, in this process
_failed: dict[str, float] = {}


def addresses_of(url: str, replicas: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """All addresses of a file, its own first."""
    found = [url]
    for beginning, others in replicas.items():
        if url.startswith(beginning):
            found.extend(other + url.removeprefix(beginning) for other in others)
    return tuple(dict.fromkeys(found))


def open_replica(
    url: str, replicas: Mapping[str, Sequence[str]], turn: int = 0
) -> AbstractContextManager[tuple[Any, str]]:
    """An open ROOT file, from the first address that can be opened, and that address."""
    return opened_by(open_file, url, replicas, turn)


@contextmanager
def opened_by(
    opener: Callable[[str], AbstractContextManager[T]],
    url: str,
    replicas: Mapping[str, Sequence[str]],
    turn: int = 0,
) -> Iterator[tuple[T, str]]:
    """What opens a file, at the first address that can be opened, and that address.

    Servers that failed in this process come last; `turn`, such as the number of failed attempts,
    lets another process begin with another one.

    Raises:
        InputFileError: when none can be opened, with what was wrong with each.
    """
    with ExitStack() as stack:
        file, address = _opened(stack, in_order(addresses_of(url, replicas), turn), opener)
        try:
            yield file, address
        except InputFileError:
            _failed[server_of(address)] = time.monotonic()
            raise


def _opened(
    stack: ExitStack,
    addresses: Sequence[str],
    opener: Callable[[str], AbstractContextManager[T]],
) -> tuple[T, str]:
    errors = []
    for address in addresses:
        try:
            return stack.enter_context(opener(address)), address
        except InputFileError as error:
            _failed[server_of(address)] = time.monotonic()
            errors.append(error)
    if len(errors) == 1:
        raise errors[0]
    raise InputFileError(
        f"cannot read {addresses[0]}, nor {len(errors) - 1} replicas of it",
        "; ".join(" ".join(str(error).split()) for error in errors),
        "is a server down, or the proxy not valid?",
    )


def in_order(addresses: Sequence[str], turn: int = 0) -> list[str]:
    """Addresses as they are to be tried: those whose server failed last come last."""
    begin = turn % len(addresses)
    turned = [*addresses[begin:], *addresses[:begin]]
    return sorted(turned, key=lambda address: _failed.get(server_of(address), 0.0))


def server_of(url: str) -> str:
    """The server of a remote address; the address itself where there is none."""
    if not url.startswith(SERVER):
        return url
    return SERVER + url.removeprefix(SERVER).partition("/")[0]


def forget() -> None:
    """Forgets which servers failed."""
    _failed.clear()
