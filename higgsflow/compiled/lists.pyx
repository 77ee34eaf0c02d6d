# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""Kernels of lists of objects; what they answer stands in higgsflow/events/lists.py."""

from weakref import ref

import numpy as np

from higgsflow.compiled.arrays import is_array

from libc.string cimport memcpy
from libc.stdint cimport int64_t, uint8_t

cdef extern from *:
    const char *SOURCE_DIGEST

SOURCE = SOURCE_DIGEST.decode()

# offsets that were looked through, by identity, as long as they are there
cdef dict SOUND = {}
cdef enum:
    MOST = 256


def edges(mask, offsets):
    """Where the lists would begin and end with the objects in the mask only."""
    if not are_masked_lists(mask, offsets):
        return NotImplemented
    return counted(mask.view(np.uint8), offsets)


def chosen(mask, offsets):
    """The same, and the positions of these objects."""
    if not are_masked_lists(mask, offsets):
        return NotImplemented
    found = counted(mask.view(np.uint8), offsets)
    n = found[len(offsets) - 1]
    positions = np.empty(n + 1, dtype=np.int64)
    choose(mask.view(np.uint8), positions)
    return found, positions[:n]


def taken(offsets, rows):
    """The lists of some rows, and the positions of their objects."""
    if not are_lists(offsets) or not is_array(rows, np.int64):
        return NotImplemented
    if not are_within(rows, len(offsets) - 1):
        return NotImplemented
    found = ends_of(offsets, rows)
    n = found[len(rows)]
    positions = np.empty(n + 4, dtype=np.int64)
    spread(offsets, rows, positions)
    return found, positions[:n]


def offsets_of(offsets, rows):
    """The lists of some rows."""
    if not are_lists(offsets) or not is_array(rows, np.int64):
        return NotImplemented
    return ends_of(offsets, rows) if are_within(rows, len(offsets) - 1) else NotImplemented


cdef ends_of(offsets, rows):
    found = np.empty(len(rows) + 1, dtype=np.int64)
    lengths(offsets, rows, found)
    return found


def paired(offsets):
    """The lists of all pairs of objects of one list, and the first and second of each pair."""
    if not are_lists(offsets):
        return NotImplemented
    found = np.empty(len(offsets), dtype=np.int64)
    count_pairs(offsets, found)
    first, second = np.empty((2, found[len(offsets) - 1]), dtype=np.int64)
    pair(offsets, first, second)
    return found, first, second


def counted(mask, offsets):
    before = np.empty(len(mask) + 1, dtype=np.int64)
    found = np.empty(len(offsets), dtype=np.int64)
    count(mask, offsets, before, found)
    return found


def spliced(codes, offsets, order):
    """The lists of some rows of two sets of lists of small numbers, the second behind the first."""
    (one, other), (ends, other_ends) = codes, offsets
    if not is_array(one, np.uint8) or not is_array(other, np.uint8) or not is_array(order, np.int64):
        return NotImplemented
    if not are_lists(ends) or not are_lists(other_ends):
        return NotImplemented
    n, m = len(ends) - 1, len(other_ends) - 1
    if len(one) != ends[n] or len(other) != other_ends[m] or not are_within(order, n + m):
        return NotImplemented
    found = np.empty(len(order) + 1, dtype=np.int64)
    join_lengths(ends, other_ends, order, found)
    values = np.empty(found[len(order)], dtype=np.uint8)
    join(one, other, ends, other_ends, order, found, values)
    return found, values


def are_lists(offsets):
    """Whether these are offsets: whole numbers from 0 on that never fall.

    Looked through once: the lists of one set of objects are asked for some twenty times.
    """
    known = SOUND.get(id(offsets))
    if known is not None and known() is offsets:
        return True
    if not is_array(offsets, np.int64) or not len(offsets) or not rises(offsets):
        return False
    # what is written there later would be believed
    offsets.flags.writeable = False
    if len(SOUND) >= MOST:
        SOUND.clear()
    SOUND[id(offsets)] = ref(offsets)
    return True


def are_masked_lists(mask, offsets):
    """Whether the mask has one boolean for each object of the lists."""
    if not is_array(mask, np.bool_) or not are_lists(offsets):
        return False
    return len(mask) == offsets[len(offsets) - 1]


cdef bint rises(const int64_t[::1] offsets) noexcept nogil:
    """Whether they begin with 0, and none is less than the one before: by signs, several at once."""
    cdef Py_ssize_t i
    cdef int64_t signs = 0
    for i in range(1, offsets.shape[0]):
        signs |= offsets[i] | (offsets[i] - offsets[i - 1])
    return offsets[0] == 0 and signs >= 0


cdef bint are_within(const int64_t[::1] rows, int64_t n) noexcept nogil:
    cdef Py_ssize_t i
    cdef int64_t signs = 0
    for i in range(rows.shape[0]):
        signs |= rows[i] | (n - 1 - rows[i])
    return signs >= 0


cdef void count(
    const uint8_t[::1] mask, const int64_t[::1] offsets, int64_t[::1] before, int64_t[::1] found
) noexcept nogil:
    """By a running sum: lists are short, and a loop over each would often guess its end wrong."""
    cdef Py_ssize_t i, k
    cdef int64_t n = 0
    for k in range(mask.shape[0]):
        before[k] = n
        n += mask[k]
    before[mask.shape[0]] = n
    for i in range(offsets.shape[0]):
        found[i] = before[offsets[i]]


cdef void choose(const uint8_t[::1] mask, int64_t[::1] positions) noexcept nogil:
    """Writes each position, and goes on to the next place only if the mask has it."""
    cdef Py_ssize_t k
    cdef Py_ssize_t n = 0
    for k in range(mask.shape[0]):
        positions[n] = k
        n += mask[k]


cdef void count_pairs(const int64_t[::1] offsets, int64_t[::1] found) noexcept nogil:
    cdef Py_ssize_t i
    cdef int64_t n
    found[0] = 0
    for i in range(offsets.shape[0] - 1):
        n = offsets[i + 1] - offsets[i]
        found[i + 1] = found[i] + n * (n - 1) // 2


cdef void pair(
    const int64_t[::1] offsets, int64_t[::1] first, int64_t[::1] second
) noexcept nogil:
    cdef Py_ssize_t i, j, k, n = 0
    for i in range(offsets.shape[0] - 1):
        for j in range(offsets[i], offsets[i + 1]):
            for k in range(j + 1, offsets[i + 1]):
                first[n] = j
                second[n] = k
                n += 1


cdef void lengths(
    const int64_t[::1] offsets, const int64_t[::1] rows, int64_t[::1] found
) noexcept nogil:
    cdef Py_ssize_t i
    found[0] = 0
    for i in range(rows.shape[0]):
        found[i + 1] = found[i] + offsets[rows[i] + 1] - offsets[rows[i]]


cdef void spread(
    const int64_t[::1] offsets, const int64_t[::1] rows, int64_t[::1] positions
) noexcept nogil:
    """Writes four at a time, since most lists have no more; the next list overwrites the rest."""
    cdef Py_ssize_t i, j, k, first, n = 0
    for i in range(rows.shape[0]):
        first = offsets[rows[i]]
        for k in range(0, offsets[rows[i] + 1] - first, 4):
            for j in range(4):
                positions[n + k + j] = first + k + j
        n += offsets[rows[i] + 1] - first


cdef void join_lengths(
    const int64_t[::1] ends, const int64_t[::1] other_ends, const int64_t[::1] order,
    int64_t[::1] found,
) noexcept nogil:
    cdef Py_ssize_t i
    cdef int64_t row
    cdef int64_t n = ends.shape[0] - 1
    found[0] = 0
    for i in range(order.shape[0]):
        row = order[i]
        if row < n:
            found[i + 1] = found[i] + ends[row + 1] - ends[row]
        else:
            found[i + 1] = found[i] + other_ends[row - n + 1] - other_ends[row - n]


cdef void join(
    const uint8_t[::1] one, const uint8_t[::1] other, const int64_t[::1] ends,
    const int64_t[::1] other_ends, const int64_t[::1] order, const int64_t[::1] found,
    uint8_t[::1] values,
) noexcept nogil:
    cdef Py_ssize_t i, following
    cdef int64_t n = ends.shape[0] - 1
    i = 0
    while i < order.shape[0]:
        # most rows follow each other: what they have is copied at once
        following = i + 1
        while (
            following < order.shape[0] and order[following] == order[following - 1] + 1
            and order[following] != n
        ):
            following += 1
        if found[following] > found[i]:
            if order[i] < n:
                memcpy(&values[found[i]], &one[ends[order[i]]], found[following] - found[i])
            else:
                memcpy(
                    &values[found[i]], &other[other_ends[order[i] - n]],
                    found[following] - found[i],
                )
        i = following
