# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""Kernel of bins, for higgsflow/corrections/binned.py."""

import numpy as np

from higgsflow.compiled.arrays import is_array

from libc.stdint cimport int64_t

cdef extern from *:
    const char *SOURCE_DIGEST

SOURCE = SOURCE_DIGEST.decode()

cdef enum:
    # edges up to which counting takes less than searching
    FEW = 64
    # values that the processor has at hand while it goes through the edges
    AT_HAND = 1024


def of_values(edges, values):
    """The bin of each value, the nearest one outside of all, and whether all are inside."""
    if not is_array(edges, np.float64) or not is_array(values, np.float64):
        return NotImplemented
    if not 2 <= len(edges) <= FEW:
        return NotImplemented
    found = np.empty(len(values), dtype=np.int64)
    return found, bool(find(edges, values, found))


cdef bint find(
    const double[::1] edges, const double[::1] values, int64_t[::1] found
) noexcept nogil:
    cdef Py_ssize_t first = 0, end, n = values.shape[0]
    cdef bint are_inside = True
    while first < n:
        end = first + AT_HAND if first + AT_HAND < n else n
        are_inside &= count(edges, values, found, first, end)
        first = end
    return are_inside


cdef bint count(
    const double[::1] edges, const double[::1] values, int64_t[::1] found, Py_ssize_t first,
    Py_ssize_t end,
) noexcept nogil:
    """How many edges are not above: a comparison each, but none whose outcome is guessed."""
    cdef Py_ssize_t i, j
    cdef int64_t last = edges.shape[0] - 2, outside = 0
    for i in range(first, end):
        found[i] = -1
    for j in range(edges.shape[0]):
        for i in range(first, end):
            found[i] += edges[j] <= values[i]
    for i in range(first, end):
        # by signs: one below is -1, and one above is more than the last one
        outside |= found[i] | (last - found[i])
        found[i] = 0 if found[i] < 0 else last if found[i] > last else found[i]
    return outside >= 0
