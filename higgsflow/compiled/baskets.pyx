# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""Kernels of baskets, for higgsflow/events/baskets.py and runs.py."""

import numpy as np

from higgsflow.compiled.arrays import is_array

from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t
from libc.string cimport memcpy

cdef extern from *:
    """
    #if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    #define TURNED_2(x) (x)
    #define TURNED_4(x) (x)
    #else
    #define TURNED_2(x) ((uint16_t) (((x) >> 8) | ((x) << 8)))
    #define TURNED_4(x) \
        (((x) >> 24) | (((x) >> 8) & 0xff00u) | (((x) & 0xff00u) << 8) | ((x) << 24))
    #endif
    """
    uint16_t TURNED_2(uint16_t x) nogil
    uint32_t TURNED_4(uint32_t x) nogil
    const char *SOURCE_DIGEST

SOURCE = SOURCE_DIGEST.decode()

_STORED = np.dtype(">i4")
# powers of two, by which bytes become numbers of so many
_SHIFTS = {1: 0, 2: 1, 4: 2, 8: 3}
# what numbers become that are stored so
_FOUND = {
    np.dtype(stored): np.dtype(found).type
    for stored, found in {
        ">f4": "f8", ">i4": "i4", ">u4": "u4", ">i2": "i2", ">u2": "u2",
        "i1": "i1", "u1": "u1", "?": "?",
    }.items()
}


def begin_alike(stored, offsets, start, size):
    """Whether lists that are stored in bytes begin where others do, counted in numbers."""
    if not isinstance(stored, np.ndarray) or stored.dtype != _STORED or stored.ndim != 1:
        return NotImplemented
    if not stored.flags.c_contiguous or not is_array(offsets, np.int64):
        return NotImplemented
    if len(stored) != len(offsets):
        return False
    return bool(alike(stored.view(np.uint8), offsets, start, size))


def write_begins(stored, start, size, found):
    """Writes where lists that are stored in bytes begin, in numbers; whether all of them can."""
    if not isinstance(stored, np.ndarray) or stored.dtype != _STORED or stored.ndim != 1:
        return NotImplemented
    if not stored.flags.c_contiguous or not is_array(found, np.int64):
        return NotImplemented
    if len(stored) != len(found) or size not in _SHIFTS:
        return NotImplemented
    return bool(begins(stored.view(np.uint8), start, _SHIFTS[size], found))


cdef bint begins(
    const uint8_t[::1] stored, int64_t start, int shift, int64_t[::1] found
) noexcept nogil:
    cdef Py_ssize_t i
    cdef int64_t at, before = 0, wrong = 0
    cdef uint32_t one
    for i in range(found.shape[0]):
        memcpy(&one, &stored[4 * i], 4)
        at = <int64_t> <int32_t> TURNED_4(one) - start
        wrong |= (at < before) | (at & ((1 << shift) - 1))
        found[i] = at >> shift
        before = at
    if found.shape[0]:
        wrong |= found[0]
    return not wrong


cdef bint alike(
    const uint8_t[::1] stored, const int64_t[::1] offsets, int64_t start, int64_t size
) noexcept nogil:
    cdef Py_ssize_t i
    cdef int64_t before, unlike = 0
    cdef uint32_t one
    if not offsets.shape[0]:
        return True
    before = offsets[0]
    for i in range(offsets.shape[0]):
        # behind numbers of one byte they may begin anywhere
        memcpy(&one, &stored[4 * i], 4)
        unlike |= (<int64_t> <int32_t> TURNED_4(one) - start) ^ ((offsets[i] - before) * size)
    return not unlike


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
        fill[uint32_t](stored, begins, ends, found.view(np.uint32))
    elif values.dtype.itemsize == 2:
        fill[uint16_t](stored, begins, ends, found.view(np.uint16))
    else:
        fill[uint8_t](stored, begins, ends, found.view(np.uint8))
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
            turned = TURNED_4(turned)
            memcpy(&one, &turned, 4)
            found[at + k - begins[i]] = one
        at += ends[i] - begins[i]


ctypedef fused Stored:
    uint8_t
    uint16_t
    uint32_t


cdef void fill(
    const uint8_t[::1] stored, const int64_t[::1] begins, const int64_t[::1] ends,
    Stored[::1] found,
) noexcept nogil:
    cdef Py_ssize_t i, k, at = 0
    cdef Stored one
    for i in range(begins.shape[0]):
        for k in range(begins[i], ends[i]):
            memcpy(&one, &stored[sizeof(Stored) * k], sizeof(Stored))
            if Stored is uint32_t:
                one = TURNED_4(one)
            elif Stored is uint16_t:
                one = TURNED_2(one)
            found[at + k - begins[i]] = one
        at += ends[i] - begins[i]
