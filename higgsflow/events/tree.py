"""Opening files: TTree or RNTuple, and every failure told as what it is.

Only this module and `heads` speak of TTree branches; above them there are columns.
"""

from __future__ import annotations

import errno
import math
import os
from contextlib import contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import lazy_loader as lazy
import numpy as np

from higgsflow.catalog.addresses import SERVER
from higgsflow.credentials import has_credentials, without_values
from higgsflow.errors import InputFileError, UserError, nearest, said_by, shorten
from higgsflow.events.foreign import why_not_root
from higgsflow.events.heads import OddHead, TreeHead, parse
from higgsflow.events.packed_arrays import check_not_packed, packed_type
from higgsflow.events.rntuples import check_envelopes, check_pages, is_rntuple
from higgsflow.servers import ServerError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ak = lazy.load("awkward")
uproot = lazy.load("uproot")

EVENTS = "Events"
# bytes that nobody asks for, but who takes a damaged file at its word
_ABSURD = 1 << 40


@contextmanager
def reading(url: str) -> Iterator[None]:
    """Turns whatever the reading of a damaged file trips over into an `InputFileError`."""
    if not has_credentials(url):
        with _told(url):
            yield
        return
    try:
        with _told(url):
            yield
    except InputFileError as error:
        if error.__cause__ is None:
            raise
        what, where, remedy = (without_values(part, url) for part in error.parts)
        # where it comes from would tell the address with its credentials
        raise InputFileError(what, where, remedy) from None


@contextmanager
def _told(url: str) -> Iterator[None]:
    """The same of an address that anybody may know."""
    try:
        yield
    except UserError:
        raise
    except MemoryError as error:
        if _asked_for(error) < _ABSURD:
            raise
        raise InputFileError(
            f"cannot read {url}", f"a length in it is damaged: {error}", "copy it again"
        ) from error
    except (FileNotFoundError, IsADirectoryError, PermissionError, ServerError) as error:
        raise _refused(url, error) from error
    except ImportError as error:
        needed = "pip install higgsflow[xrootd]" if url.startswith("root") else str(error)
        what = f"cannot read {url} without a package that is not installed"
        raise InputFileError(what, "", needed) from error
    # a damaged file can make any decoder fail in any way; what fails in here is never user code
    except Exception as error:
        reason = said_by(error)
        raise InputFileError(
            f"cannot read {url}", f"{type(error).__name__}: {reason}", "is it complete?"
        ) from error


def _refused(url: str, error: OSError) -> InputFileError:
    """What a system or a server says of a file of which nothing can be read."""
    if isinstance(error, ServerError):
        return InputFileError(
            f"cannot read {url}", str(error), "is its server down, or the proxy not valid?"
        )
    if isinstance(error, FileNotFoundError):
        # uproot says how to write addresses
        return InputFileError(f"cannot read {url}", os.strerror(errno.ENOENT))
    return InputFileError(f"cannot read {url}", str(error.strerror or error))


def _asked_for(error: MemoryError) -> int:
    """How many bytes numpy could not get; 0 where that is not known."""
    shape, dtype = getattr(error, "shape", ()), getattr(error, "dtype", None)
    return 0 if dtype is None else math.prod(shape) * int(dtype.itemsize)


@contextmanager
def open_file(url: str) -> Iterator[Any]:
    """An open ROOT file.

    Raises:
        InputFileError: when it is absent, foreign or truncated.
    """
    with reading(url), _foreign_told(url):
        # as a mapping, since a colon in a plain path would be taken for the name of an object
        file = uproot.open({url: None}, object_cache=None, array_cache=None, **_how(url))
    try:
        with reading(url):
            _check_size(file.file, url)
        yield file
    finally:
        file.close()


@contextmanager
def _foreign_told(url: str) -> Iterator[None]:
    """Tells what a file is that is no ROOT file, which uproot takes for one that is cut off."""
    try:
        yield
    except (FileNotFoundError, IsADirectoryError, PermissionError, UserError, ServerError):
        raise
    except Exception as error:
        foreign = why_not_root(url) if url.startswith(("/", SERVER)) else None
        if foreign is None:
            raise
        raise foreign from error


def _how(url: str) -> dict[str, Any]:
    """How to open what uproot would open in another way."""
    if url.startswith("/"):
        # fsspec takes `::` in a path for two addresses, and its file asks itself without end for
        # what it holds once that is collected, at worst while an error is made: that ends Python
        return {"handler": uproot.MultithreadedFileSource}
    if url.startswith(SERVER):
        # uproot takes a fifth of a second to import
        from higgsflow.events.server_source import ServerSource  # noqa: PLC0415

        return {"handler": ServerSource}
    return {}


def _check_size(file: Any, url: str) -> None:
    """What is in the header may be readable while the events behind it are cut off."""
    there, expected = int(file.source.num_bytes), int(file.fEND)
    if there < expected:
        raise InputFileError(
            f"{url} is truncated", f"it has {there} of {expected} bytes", "copy it again"
        )


def _keys(file: Any, url: str) -> set[str]:
    with reading(url):
        return {key.partition(";")[0] for key in file.keys(recursive=False)}


def get_tree(file: Any, url: str, name: str = EVENTS) -> Any:
    """The tree or RNTuple of that name.

    Raises:
        InputFileError: when there is none, with what the file holds instead.
    """
    keys = _keys(file, url)
    if name not in keys:
        guess = nearest(name, keys)
        hint = f"did you mean '{guess}'?" if guess else ""
        held = f"it holds: {shorten(keys) or 'nothing'}"
        raise InputFileError(f"no tree '{name}' in {url}", held, hint)
    with reading(url):
        tree = file[name]
        if is_rntuple(tree):
            check_envelopes(file, tree, url)
        # an RNTuple reads its header only now
        is_tree = hasattr(tree, "num_entries")
    if not is_tree:
        kind = getattr(tree, "classname", type(tree).__name__)
        raise InputFileError(f"'{name}' in {url} is a {kind}, not a tree")
    return tree


def get_head(file: Any, url: str) -> Any:
    """What the head of the tree of events says; the tree itself where that is not understood.

    Raises:
        InputFileError: when there is no such tree.
    """
    if EVENTS in _keys(file, url):
        with reading(url):
            key = file.key(EVENTS)
            if key.fClassName == "TTree":
                chunk, _ = key.get_uncompressed_chunk_cursor()
                try:
                    return parse(chunk.raw_data.tobytes(), int(key.fKeylen))
                except OddHead:
                    pass
    return get_tree(file, url)


def read_arrays(tree: Any, names: Sequence[str], start: int, stop: int, url: str) -> dict[str, Any]:
    """The named branches of a range of entries, as awkward arrays.

    Raises:
        InputFileError: when the file is damaged there or has fewer entries.
    """
    with reading(url):
        n_entries = tree.num_entries
    if stop > n_entries:
        raise InputFileError(f"{url} has {n_entries} entries, {stop} were expected")
    if not names:
        return {}
    with reading(url):
        if is_rntuple(tree):
            check_pages(tree, names, (start, stop), url)
            # reading fields together walks through all of them for each one
            arrays = {n: tree[n].array(entry_start=start, entry_stop=stop) for n in names}
        else:
            for name in names:
                # an index of before took these for floats
                check_not_packed(packed_type(tree[name]), name, url)
            record = tree.arrays(filter_name=list(names), entry_start=start, entry_stop=stop)
            arrays = {name: record[name] for name in names}
    for name, array in arrays.items():
        if len(array) != stop - start:
            raise InputFileError(f"'{name}' in {url} gave {len(array)} of {stop - start} entries")
    return arrays


def read_all(file: Any, url: str, name: str, columns: Sequence[str]) -> dict[str, Any]:
    """Those of the columns that a small tree has, whole; empty when there is no such tree."""
    if name not in _keys(file, url):
        return {}
    tree = get_tree(file, url, name)
    with reading(url):
        present = [column for column in columns if column in tree]
        n_entries = tree.num_entries
    return read_arrays(tree, present, 0, n_entries, url)


def cluster_starts(tree: Any) -> tuple[int, ...]:
    """Entries at which the columns begin a new basket together, and the number of entries."""
    if is_rntuple(tree):
        firsts = [summary.num_first_entry for summary in tree.cluster_summaries]
        return (*sorted(set(firsts) | {0}), int(tree.num_entries))
    names = [n for n in ("event", "run", "Photon_pt", "nPhoton") if n in column_names(tree)]
    if isinstance(tree, TreeHead):
        edges = [set(tree.columns[name].edges) for name in names or tree.columns]
        return tuple(sorted({0, tree.num_entries}.union(set.intersection(*edges) if edges else ())))
    offsets = tree.common_entry_offsets(filter_name=names or None)
    return tuple(int(offset) for offset in np.unique([0, *offsets, tree.num_entries]))


def column_names(tree: Any) -> set[str]:
    """Names of the columns, without a look at their types."""
    if isinstance(tree, TreeHead):
        return set(tree.columns)
    return set(tree.keys(recursive=False))


def column_types(tree: Any) -> dict[str, str]:
    """Name and type of every readable column."""
    if isinstance(tree, TreeHead):
        found = {name: column.type_name for name, column in tree.columns.items()}
    elif is_rntuple(tree):
        found = {str(name): str(field.typename) for name, field in tree.items(recursive=False)}
    else:
        items = tree.items(recursive=False)
        found = {str(name): packed_type(branch) or str(branch.typename) for name, branch in items}
    return {name: type_name for name, type_name in found.items() if "." not in name}


def bytes_asked(file: Any) -> int:
    """How many bytes of a file were asked for since it was opened."""
    return int(file.file.source.num_requested_bytes)


def bytes_of(tree: Any, names: Sequence[str], start: int, stop: int) -> int:
    """Compressed bytes of the baskets that hold these entries of the named branches.

    Each basket counts once; 0 for an RNTuple, of which uproot does not say it.
    """
    if is_rntuple(tree):
        return 0
    total = 0
    for name in names:
        for i, (first, end) in enumerate(pairwise(tree[name].entry_offsets)):
            if first < stop and end > start:
                total += int(tree[name].basket_compressed_bytes(i))
    return total
