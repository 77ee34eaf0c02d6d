# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""Kernels that copy whole lists, for higgsflow/events/lists.py and runs.py."""

import numpy as np

from higgsflow.compiled.arrays import is_array

from libc.stdint cimport int64_t, uint8_t
from libc.string cimport memcpy

cdef extern from *:
    const char *SOURCE_DIGEST

SOURCE = SOURCE_DIGEST.decode()


def copied(values, offsets, rows):
    """The objects of some lists, one list behind the other."""
    if not isinstance(values, np.ndarray) or values.dtype.kind not in "fiub":
        return NotImplemented
    if values.ndim != 1 or not values.flags.c_contiguous:
        return NotImplemented
    if not are_offsets_of(offsets, len(values)) or not is_array(rows, np.int64):
        return NotImplemented
    n = length(offsets, rows)
    if n < 0:
        return NotImplemented
    found = np.empty(n, dtype=values.dtype)
    copy(values.view(np.uint8), offsets, rows, found.view(np.uint8), values.dtype.itemsize)
    return found


def are_offsets_of(offsets, n_objects):
    """Whether lists begin and end there, one behind the other, and have all of these objects."""
    if not is_array(offsets, np.int64) or not len(offsets):
        return False
    return offsets[0] == 0 and offsets[len(offsets) - 1] == n_objects and rises(offsets)


cdef bint rises(const int64_t[::1] offsets) noexcept nogil:
    """Whether none is negative, and none less than the one before: by signs, several at once."""
    cdef Py_ssize_t i
    cdef int64_t signs = offsets[0]
    for i in range(1, offsets.shape[0]):
        signs |= offsets[i] | (offsets[i] - offsets[i - 1])
    return signs >= 0


cdef int64_t length(const int64_t[::1] offsets, const int64_t[::1] rows) noexcept nogil:
    """How many objects some lists have; -1 where one of them is not there."""
    cdef Py_ssize_t i
    cdef int64_t n = 0
    for i in range(rows.shape[0]):
        if rows[i] < 0 or rows[i] + 1 >= offsets.shape[0]:
            return -1
        n += offsets[rows[i] + 1] - offsets[rows[i]]
    return n


cdef void copy(
    const uint8_t[::1] values, const int64_t[::1] offsets, const int64_t[::1] rows,
    uint8_t[::1] found, int64_t size,
) noexcept nogil:
    """Lists that follow each other are copied at once."""
    cdef Py_ssize_t i = 0
    cdef int64_t first, n, place = 0
    while i < rows.shape[0]:
        first = offsets[rows[i]]
        while i + 1 < rows.shape[0] and rows[i + 1] == rows[i] + 1:
            i += 1
        n = (offsets[rows[i] + 1] - first) * size
        if n:
            memcpy(&found[place], &values[first * size], n)
        place += n
        i += 1


def runs_of(offsets, rows):
    """Where the objects of some lists begin and end, in one stretch where they follow each other."""
    if not is_array(offsets, np.int64) or not is_array(rows, np.int64):
        return NotImplemented
    if not len(offsets) or not rises(offsets) or length(offsets, rows) < 0:
        return NotImplemented
    begins, ends = np.empty(len(rows), np.int64), np.empty(len(rows), np.int64)
    n = find_runs(offsets, rows, begins, ends)
    return begins[:n].copy(), ends[:n].copy()


cdef Py_ssize_t find_runs(
    const int64_t[::1] offsets, const int64_t[::1] rows, int64_t[::1] begins, int64_t[::1] ends
) noexcept nogil:
    cdef Py_ssize_t i, n = 0
    cdef int64_t first, end, last = -1
    for i in range(rows.shape[0]):
        first, end = offsets[rows[i]], offsets[rows[i] + 1]
        if first == end:
            continue
        if first == last:
            ends[n - 1] = end
        else:
            begins[n], ends[n] = first, end
            n += 1
        last = end
    return n
