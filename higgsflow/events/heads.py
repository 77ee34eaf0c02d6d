"""The columns of a tree as its head describes them, without a model of each branch.

uproot builds a dozen objects for each of 1,500 branches, which takes 0.6 CPU-s a file; all that an
index needs is a few numbers of each. Only trees of plain branches are understood here: one leaf of
plain numbers or of lists of them, all baskets outside of the head, as in NanoAOD. Lengths, versions
and classes are compared with what is expected; anything else is `OddHead`, and uproot's to read.
"""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Collection

# flags of lengths, and of classes, in what ROOT streams; positions are counted from the key
_HAS_LENGTH, _NEW_CLASS, _OLD_CLASS, _OFFSET = 0x40000000, 0xFFFFFFFF, 0x80000000, 2
_IS_REFERENCED = 1 << 4  # a flag of a TObject
_ARRAY_VERSIONS = (3,)
_TREE_VERSIONS, _BRANCH_VERSION, _LEAF_VERSION = (19, 20), 13, 2
_TREE = struct.Struct(">qqqqqdiiiiIqqqqqq")
_BRANCH_SIZES, _BRANCH_COUNTS = struct.Struct(">iiiiq"), struct.Struct(">iIiqqqq")
_LEAF = struct.Struct(">iii??")
# of a leaf class and whether it is unsigned: the type as uproot calls it, and its numbers
_LEAVES = {
    ("TLeafO", False): ("bool", "?"),
    ("TLeafB", False): ("int8_t", "i1"),
    ("TLeafB", True): ("uint8_t", "u1"),
    ("TLeafS", False): ("int16_t", ">i2"),
    ("TLeafS", True): ("uint16_t", ">u2"),
    ("TLeafI", False): ("int32_t", ">i4"),
    ("TLeafI", True): ("uint32_t", ">u4"),
    ("TLeafL", False): ("int64_t", ">i8"),
    ("TLeafL", True): ("uint64_t", ">u8"),
    ("TLeafF", False): ("float", ">f4"),
    ("TLeafD", False): ("double", ">f8"),
}
# of a list of numbers: what it is called, and what counts it
_TITLE_OF_LIST = re.compile(r"[^\[\]]+\[[^\[\]]+\]")


class OddHead(ValueError):
    """Something that is not understood here."""


class Column(NamedTuple):
    """A column as the head describes it.

    Attributes:
        edges: first entry of each basket, and the end.
        seeks, sizes: where each basket is, and its bytes.
        n_bytes: of all baskets when they are unpacked, with their keys.
    """

    type_name: str
    dtype: str
    is_list: bool
    edges: tuple[int, ...]
    seeks: tuple[int, ...]
    sizes: tuple[int, ...]
    n_bytes: int


class TreeHead(NamedTuple):
    """What the head of a tree says."""

    num_entries: int
    columns: dict[str, Column]


def parse(raw: bytes, key_length: int) -> TreeHead:
    """The head of a tree, of its uncompressed bytes.

    Raises:
        OddHead: when something is not as it is known here.
    """
    try:
        return _Parser(raw, key_length).tree()
    except (struct.error, LookupError, ValueError) as error:
        raise OddHead(str(error)) from error


class _Parser:
    """Walks through the bytes; `at` is where it is."""

    def __init__(self, raw: bytes, key_length: int) -> None:
        self._raw, self._key_length, self._at = raw, key_length, 0
        self._classes: dict[int, str] = {}

    def tree(self) -> TreeHead:
        self._begin(_TREE_VERSIONS)
        self._name_and_title()
        for _ in range(3):  # of lines, fillings and markers
            self._skip_object()
        n_entries, *_, n_ranges = self._take(_TREE)[:11]
        self._at += 2 * (1 + 8 * n_ranges)
        self._skip_object()
        columns: dict[str, Column] = {}
        for _ in range(self._begin_array()):
            name, column = self._branch()
            if name in columns or column.edges[-1] != n_entries:
                raise OddHead(f"'{name}' is there twice, or has other entries than the tree")
            columns[name] = column
        return TreeHead(n_entries, columns)

    def _branch(self) -> tuple[str, Column]:
        end = self._begin_any(("TBranch",))[1]
        self._begin((_BRANCH_VERSION,))
        name, _ = self._name_and_title()
        self._skip_object()
        _, _, _, n_written, _ = self._take(_BRANCH_SIZES)
        self._skip_object()
        _, n_most, _, n_entries, _, n_bytes, _ = self._take(_BRANCH_COUNTS)
        if self._begin_array():
            raise OddHead(f"'{name}' has branches")
        if self._begin_array() != 1:
            raise OddHead(f"'{name}' has many leaves")
        kind = self._leaf()
        self._skip_object()  # baskets in the head: without them all entries are in others
        sizes, edges, seeks = (self._numbers(n_most, dtype) for dtype in (">i4", ">i8", ">i8"))
        self._at = end
        n = _n_baskets(seeks, n_written)
        if n >= n_most or (edges[n] != n_entries if n else n_entries):
            raise OddHead(f"'{name}' has baskets in the head of the tree")
        ends = tuple(edges[: n + 1].tolist()) if n else (0,)
        where = (tuple(seeks[:n].tolist()), tuple(sizes[:n].tolist()))
        return name, Column(*kind, ends, *where, n_bytes)

    def _leaf(self) -> tuple[str, str, bool]:
        """Type, numbers, and whether a column is a list."""
        class_name, end = self._begin_any({name for name, _ in _LEAVES})
        self._begin((1,))
        inner = self._begin((_LEAF_VERSION,))
        _, title = self._name_and_title()
        length, _, _, _, is_unsigned = self._take(_LEAF)
        is_list = bool(self._take(_WORD)[0])  # refers to the leaf that counts it
        if self._at != inner or length != 1 or is_list != bool(_TITLE_OF_LIST.fullmatch(title)):
            raise OddHead(f"a leaf '{title}'")
        if not is_list and "[" in title:
            raise OddHead(f"a leaf '{title}'")
        self._at = end
        type_name, dtype = _LEAVES[class_name, is_unsigned]
        return type_name + "[]" * is_list, dtype, is_list

    def _begin(self, versions: Collection[int]) -> int:
        """Enters an object of one of these versions, and returns where it ends."""
        length, version = self._take(_LENGTH_AND_VERSION)
        if not length & _HAS_LENGTH or version not in versions:
            raise OddHead(f"version {version}")
        return self._at - 2 + int(length & ~_HAS_LENGTH)

    def _skip_object(self) -> None:
        (length,) = self._take(_WORD)
        if not length & _HAS_LENGTH:
            raise OddHead("an object of unknown length")
        self._at += length & ~_HAS_LENGTH

    def _begin_array(self) -> int:
        """Enters an array of objects, and returns how many there are."""
        self._begin(_ARRAY_VERSIONS)
        self._skip_identity()
        self._text()
        n, _ = self._take(_TWO_NUMBERS)
        return int(n)

    def _begin_any(self, known: Collection[str]) -> tuple[str, int]:
        """Enters an object whose class is said, here or before; its class, and where it ends."""
        length, tag = self._take(_TWO_WORDS)
        place = self._at - 4 + self._key_length + _OFFSET
        end = self._at - 4 + (length & ~_HAS_LENGTH)
        if tag == _NEW_CLASS:
            stop = self._raw.index(b"\0", self._at)
            self._classes[place] = self._raw[self._at : stop].decode()
            self._at, tag = stop + 1, place | _OLD_CLASS
        name = self._classes.get(tag & ~_OLD_CLASS, "")
        if not length & _HAS_LENGTH or name not in known:
            raise OddHead(f"a {name or 'class that was not seen'}")
        return name, end

    def _name_and_title(self) -> tuple[str, str]:
        end = self._begin((1,))
        self._skip_identity()
        found = self._text(), self._text()
        if self._at != end:
            raise OddHead("a name of another length")
        return found

    def _skip_identity(self) -> None:
        """Of a TObject: version, identity, flags."""
        version, _, flags = self._take(_IDENTITY)
        if version != 1 or flags & _IS_REFERENCED:
            raise OddHead("an object that others refer to")

    def _text(self) -> str:
        length = self._raw[self._at]
        self._at += 1
        if length == 0xFF:
            (length,) = self._take(_WORD)
        self._at += length
        return self._raw[self._at - length : self._at].decode()

    def _numbers(self, n: int, dtype: str) -> np.ndarray[Any, Any]:
        """An array after a byte that says that it is there."""
        found = np.frombuffer(self._raw, dtype, n, self._at + 1)
        self._at += 1 + found.nbytes
        return found

    def _take(self, layout: struct.Struct) -> tuple[Any, ...]:
        found = layout.unpack_from(self._raw, self._at)
        self._at += layout.size
        return found


_WORD, _TWO_WORDS, _TWO_NUMBERS = struct.Struct(">I"), struct.Struct(">II"), struct.Struct(">ii")
_LENGTH_AND_VERSION, _IDENTITY = struct.Struct(">IH"), struct.Struct(">hII")


def _n_baskets(seeks: np.ndarray[Any, Any], n_written: int) -> int:
    """How many baskets are written: those after them have no place."""
    written = seeks[:n_written]
    return len(written) if written.all() else int((written == 0).argmax())
