# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""Kernels that copy whole lists, for higgsflow/events/lists.py and runs.py."""

import numpy as np

from higgsflow.compiled.arrays import is_array

from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t
from libc.string cimport memcpy

cdef extern from *:
    """
    #if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    #define turned2(x) (x)
    #define turned4(x) (x)
    #else
    #define turned2(x) ((uint16_t) (((x) >> 8) | ((x) << 8)))
    #define turned4(x) \
        (((x) >> 24) | (((x) >> 8) & 0xff00u) | (((x) & 0xff00u) << 8) | ((x) << 24))
    #endif
    """
    uint16_t turned2(uint16_t x) nogil
    uint32_t turned4(uint32_t x) nogil
    const char *SOURCE_DIGEST

SOURCE = SOURCE_DIGEST.decode()

# what numbers become that are stored so
_FOUND = {
    np.dtype(stored): np.dtype(found).type
    for stored, found in {
        ">f4": "f8", ">i4": "i4", ">u4": "u4", ">i2": "i2", ">u2": "u2",
        "i1": "i1", "u1": "u1", "?": "?",
    }.items()
}


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
    cdef Py_ssize_t i
    cdef bint fine = True
    for i in range(1, offsets.shape[0]):
        fine &= offsets[i - 1] <= offsets[i]
    return fine


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


def filled(values, begins, ends, found):
    """Writes stretches of stored numbers, one behind the other, in the byte order of the machine.

    Of float32 the same values as float64. What is written is `found`.
    """
    if not isinstance(values, np.ndarray) or values.ndim != 1 or not values.flags.c_contiguous:
        return NotImplemented
    if not is_array(begins, np.int64) or not is_array(ends, np.int64) or len(begins) != len(ends):
        return NotImplemented
    kind = _FOUND.get(values.dtype)
    if kind is None or not is_array(found, kind):
        return NotImplemented
    if total(begins, ends, len(values)) != len(found):
        return NotImplemented
    stored = values.view(np.uint8)
    if kind is np.float64:
        fill_doubles(stored, begins, ends, found)
    elif values.dtype.itemsize == 4:
        fill_turned[uint32_t](stored, begins, ends, found.view(np.uint32))
    elif values.dtype.itemsize == 2:
        fill_turned[uint16_t](stored, begins, ends, found.view(np.uint16))
    else:
        fill_bytes(stored, begins, ends, found.view(np.uint8))
    return found


cdef int64_t total(const int64_t[::1] begins, const int64_t[::1] ends, int64_t n) noexcept nogil:
    """How many numbers the stretches have; -1 where one of them is not there."""
    cdef Py_ssize_t i
    cdef int64_t found = 0
    for i in range(begins.shape[0]):
        if begins[i] < 0 or begins[i] > ends[i] or ends[i] > n:
            return -1
        found += ends[i] - begins[i]
    return found


cdef void fill_doubles(
    const uint8_t[::1] stored, const int64_t[::1] begins, const int64_t[::1] ends,
    double[::1] found,
) noexcept nogil:
    cdef Py_ssize_t i, k, at = 0
    cdef uint32_t turned
    cdef float one
    for i in range(begins.shape[0]):
        for k in range(begins[i], ends[i]):
            memcpy(&turned, &stored[4 * k], 4)
            turned = turned4(turned)
            memcpy(&one, &turned, 4)
            found[at + k - begins[i]] = one
        at += ends[i] - begins[i]


ctypedef fused Stored:
    uint16_t
    uint32_t


cdef void fill_turned(
    const uint8_t[::1] stored, const int64_t[::1] begins, const int64_t[::1] ends,
    Stored[::1] found,
) noexcept nogil:
    cdef Py_ssize_t i, k, at = 0
    cdef Stored one
    for i in range(begins.shape[0]):
        for k in range(begins[i], ends[i]):
            memcpy(&one, &stored[sizeof(Stored) * k], sizeof(Stored))
            if Stored is uint32_t:
                found[at + k - begins[i]] = turned4(one)
            else:
                found[at + k - begins[i]] = turned2(one)
        at += ends[i] - begins[i]


cdef void fill_bytes(
    const uint8_t[::1] stored, const int64_t[::1] begins, const int64_t[::1] ends,
    uint8_t[::1] found,
) noexcept nogil:
    cdef Py_ssize_t i, k, at = 0
    for i in range(begins.shape[0]):
        for k in range(begins[i], ends[i]):
            found[at + k - begins[i]] = stored[k]
        at += ends[i] - begins[i]
