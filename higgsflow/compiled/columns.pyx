# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""Kernels of columns, for functions of higgsflow/taggers and higgsflow/variations.py."""

import numpy as np

from higgsflow.compiled.arrays import is_array
from higgsflow.compiled.lists import are_lists

from libc.math cimport fabs
from libc.stdint cimport int16_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t

cdef extern from *:
    const char *SOURCE_DIGEST

SOURCE = SOURCE_DIGEST.decode()

_BITS = {1: np.uint8, 2: np.uint16, 4: np.uint32, 8: np.uint64}

ctypedef fused Number:
    double
    int64_t

ctypedef fused Code:
    uint8_t
    uint16_t
    uint32_t
    uint64_t


def codes_of(masks, kind):
    """Masks as one number per entry: bit i says whether mask i has it."""
    if not masks or not all(is_array(mask, np.bool_) and len(mask) == len(masks[0]) for mask in masks):
        return NotImplemented
    codes = np.zeros(len(masks[0]), dtype=kind)
    add_bits(list(masks), codes)
    return codes


def merged(one, other, order):
    """Some entries of two arrays, the second behind the first."""
    if not isinstance(one, np.ndarray) or not isinstance(other, np.ndarray):
        return NotImplemented
    if one.dtype != other.dtype or one.dtype.itemsize not in _BITS or one.dtype.kind not in "biuf":
        return NotImplemented
    if not is_array(one, one.dtype.type) or not is_array(other, one.dtype.type):
        return NotImplemented
    if not is_array(order, np.int64):
        return NotImplemented
    found = np.empty(len(order), dtype=one.dtype)
    bits = _BITS[one.dtype.itemsize]
    return found if merge(found.view(bits), one.view(bits), other.view(bits), order) else NotImplemented


def placed(values, rows, n, rest):
    """These numbers at some of n rows, and `rest` at all others."""
    if not is_array(values, np.int64, np.float64) or not is_array(rows, np.int64):
        return NotImplemented
    if len(values) != len(rows):
        return NotImplemented
    found = np.full(n, rest, dtype=values.dtype)
    return found if put(values.view(np.uint64), rows, found.view(np.uint64)) else NotImplemented


def differs(a, b, offsets):
    """The lists with some number that differs between two arrays of the same objects."""
    if not is_array(a, np.float64) or not is_array(b, np.float64) or len(a) != len(b):
        return NotImplemented
    if not are_lists(offsets) or len(a) != offsets[len(offsets) - 1]:
        return NotImplemented
    found = np.empty(len(offsets) - 1, dtype=np.bool_)
    compare_lists(a, b, offsets, found.view(np.uint8))
    return found


def are_near(before, after, bound):
    """Whether no number moved by more than a fraction of itself, and all are numbers."""
    if not is_array(before, np.float64) or not is_array(after, np.float64):
        return NotImplemented
    if len(before) != len(after):
        return NotImplemented
    return bool(is_near(before, after, bound * (1 + 1e-9)))


def first_of(masks):
    """The first mask that has each entry; -1 where none has."""
    if masks.dtype != np.bool_ or masks.ndim != 2 or not masks.flags.c_contiguous:
        return NotImplemented
    found = np.full(masks.shape[1], -1, dtype=np.int16)
    find_first(masks.view(np.uint8), found)
    return found


def marked(again, mine, known, places):
    """These marks, and where a row has another number than the one at its place; NaN is like NaN."""
    if not is_array(mine, np.float64, np.int64) or not is_array(known, mine.dtype.type):
        return NotImplemented
    if not is_array(again, np.bool_) or not is_array(places, np.int64):
        return NotImplemented
    if not len(again) == len(mine) == len(places):
        return NotImplemented
    found = again.copy()
    marks = found.view(np.uint8)
    if mine.dtype == np.float64:
        are_all = compare[double](mine, known, places, marks)
    else:
        are_all = compare[int64_t](mine, known, places, marks)
    return found if are_all else NotImplemented


def unlike_lists(mine, known, offsets, at):
    """Where lists at some places of two sets differ, in their lengths or in some number of theirs."""
    (ends, known_ends), (rows, places) = offsets, at
    if not are_lists(ends) or not are_lists(known_ends) or not are_pairs(rows, places):
        return NotImplemented
    if not all(is_array(a, np.float64) and len(a) == ends[len(ends) - 1] for a in mine):
        return NotImplemented
    if not all(is_array(b, np.float64) and len(b) == known_ends[len(known_ends) - 1] for b in known):
        return NotImplemented
    found = np.zeros(len(rows), dtype=np.bool_)
    if not compare_lengths(ends, known_ends, rows, places, found.view(np.uint8)):
        return NotImplemented
    for a, b in zip(mine, known, strict=True):
        compare_contents(a, b, ends, known_ends, rows, places, found.view(np.uint8))
    return found


cdef bint compare_lengths(
    const int64_t[::1] ends, const int64_t[::1] known_ends, const int64_t[::1] rows,
    const int64_t[::1] places, uint8_t[::1] found,
) noexcept nogil:
    """False where there is no such list."""
    cdef Py_ssize_t i
    cdef int64_t r, p
    for i in range(rows.shape[0]):
        r, p = rows[i], places[i]
        if not is_among(r, ends.shape[0] - 1) or not is_among(p, known_ends.shape[0] - 1):
            return False
        found[i] = ends[r + 1] - ends[r] != known_ends[p + 1] - known_ends[p]
    return True


cdef void compare_contents(
    const double[::1] mine, const double[::1] known, const int64_t[::1] ends,
    const int64_t[::1] known_ends, const int64_t[::1] rows, const int64_t[::1] places,
    uint8_t[::1] found,
) noexcept nogil:
    """Of lists of the same length."""
    cdef Py_ssize_t i, k
    cdef int64_t begin, there
    cdef double a, b
    for i in range(rows.shape[0]):
        if found[i]:
            continue
        begin, there = ends[rows[i]], known_ends[places[i]]
        for k in range(ends[rows[i] + 1] - begin):
            a, b = mine[begin + k], known[there + k]
            found[i] |= (a != b) & ((a == a) | (b == b))


cdef are_pairs(a, b):
    """Whether these are as many whole numbers; whether they are positions is seen underway."""
    return is_array(a, np.int64) and is_array(b, np.int64) and len(a) == len(b)


cdef inline bint is_among(int64_t position, Py_ssize_t n) noexcept nogil:
    return 0 <= position < n


def merge(Code[::1] found, const Code[::1] one, const Code[::1] other, const int64_t[::1] order):
    """By the bits: what they mean does not matter. False where a position is none."""
    cdef Py_ssize_t i
    cdef int64_t n = one.shape[0]
    for i in range(order.shape[0]):
        if not is_among(order[i], n + other.shape[0]):
            return False
        found[i] = one[order[i]] if order[i] < n else other[order[i] - n]
    return True


cdef bint put(
    const uint64_t[::1] values, const int64_t[::1] rows, uint64_t[::1] found
) noexcept nogil:
    """By the bits; false where a row is none."""
    cdef Py_ssize_t i
    for i in range(rows.shape[0]):
        if not is_among(rows[i], found.shape[0]):
            return False
        found[rows[i]] = values[i]
    return True


cdef void compare_lists(
    const double[::1] a, const double[::1] b, const int64_t[::1] offsets, uint8_t[::1] found
) noexcept nogil:
    cdef Py_ssize_t i, k
    for i in range(found.shape[0]):
        found[i] = False
        for k in range(offsets[i], offsets[i + 1]):
            if (a[k] != b[k]) & ((a[k] == a[k]) | (b[k] == b[k])):
                found[i] = True
                break


cdef bint is_near(const double[::1] before, const double[::1] after, double bound) noexcept nogil:
    cdef Py_ssize_t i
    cdef bint fine = True
    for i in range(before.shape[0]):
        fine &= fabs(after[i] - before[i]) <= fabs(before[i]) * bound + 1e-12
    return fine


cdef void find_first(const uint8_t[:, ::1] masks, int16_t[::1] found) noexcept nogil:
    cdef Py_ssize_t i
    cdef int position
    for position in range(<int>masks.shape[0] - 1, -1, -1):
        for i in range(masks.shape[1]):
            found[i] = position if masks[position, i] else found[i]


cdef bint compare(
    const Number[::1] mine, const Number[::1] known, const int64_t[::1] places, uint8_t[::1] found
) noexcept nogil:
    """False where a row that is not marked has no place."""
    cdef Py_ssize_t i
    cdef Number a, b
    for i in range(mine.shape[0]):
        if not found[i]:
            if not is_among(places[i], known.shape[0]):
                return False
            a, b = mine[i], known[places[i]]
            found[i] = (a != b) & ((a == a) | (b == b))
    return True


def add_bits(list masks, Code[::1] codes):
    """Sets bit i of each code where mask i says so."""
    cdef const uint8_t[::1] mask
    cdef int bit
    for bit in range(len(masks)):
        mask = masks[bit].view(np.uint8)
        add_bit(mask, codes, bit)


cdef void add_bit(const uint8_t[::1] mask, Code[::1] codes, int bit) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(codes.shape[0]):
        codes[i] |= <Code>mask[i] << bit
