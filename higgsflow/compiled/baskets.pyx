# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""Kernels of baskets, for higgsflow/events/baskets.py."""

import numpy as np

from higgsflow.compiled.arrays import is_array

from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t
from libc.string cimport memcpy

cdef extern from *:
    """
    #if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    #define AS_STORED(x) (x)
    #else
    #define AS_STORED(x) \
        (((x) >> 24) | (((x) >> 8) & 0xff00u) | (((x) & 0xff00u) << 8) | ((x) << 24))
    #endif
    """
    uint32_t AS_STORED(uint32_t x) nogil
    const char *SOURCE_DIGEST

SOURCE = SOURCE_DIGEST.decode()

_STORED = np.dtype(">i4")
# powers of two, by which bytes become numbers of so many
_SHIFTS = {1: 0, 2: 1, 4: 2, 8: 3}


def begin_alike(stored, offsets, start, size):
    """Whether lists that are stored in bytes begin where others do, counted in numbers."""
    if not isinstance(stored, np.ndarray) or stored.dtype != _STORED or stored.ndim != 1:
        return NotImplemented
    if not stored.flags.c_contiguous or not is_array(offsets, np.int64):
        return NotImplemented
    if len(stored) != len(offsets):
        return False
    return bool(alike(stored.view(np.uint8), offsets, start, size))


def counted(stored, start, size, found):
    """Writes where lists that are stored in bytes begin, in numbers; whether all of them can."""
    if not isinstance(stored, np.ndarray) or stored.dtype != _STORED or stored.ndim != 1:
        return NotImplemented
    if not stored.flags.c_contiguous or not is_array(found, np.int64):
        return NotImplemented
    if len(stored) != len(found) or size not in _SHIFTS:
        return NotImplemented
    return bool(count(stored.view(np.uint8), start, _SHIFTS[size], found))


cdef bint count(
    const uint8_t[::1] stored, int64_t start, int shift, int64_t[::1] found
) noexcept nogil:
    cdef Py_ssize_t i
    cdef int64_t at, before = 0, wrong = 0
    cdef uint32_t one
    for i in range(found.shape[0]):
        memcpy(&one, &stored[4 * i], 4)
        at = <int64_t> <int32_t> AS_STORED(one) - start
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
        unlike |= (<int64_t> <int32_t> AS_STORED(one) - start) ^ ((offsets[i] - before) * size)
    return not unlike
