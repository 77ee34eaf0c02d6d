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

cdef extern from *:
    """
    /* Where the processor turns eight numbers at once, these loops take half the time; which ones
       can is found out when the module is loaded, since jobs run on nodes of all ages. */
    #if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__)
    #define AS_WIDE_AS_THERE __attribute__((target_clones("avx2", "default")))
    #else
    #define AS_WIDE_AS_THERE
    #endif

    static inline uint32_t number_at(const uint8_t *stored, int64_t i) {
        uint32_t one;
        memcpy(&one, stored + 4 * i, 4);
        return TURNED_4(one);
    }

    /* In 32 bits, of which more are compared at once; `high` shows what does not fit. */
    AS_WIDE_AS_THERE static int begin_there(
        const uint8_t *stored, const int64_t *offsets, int64_t n, int64_t start, int shift
    ) {
        int64_t high = 0;
        uint32_t unlike = 0, first = (uint32_t) start;
        for (int64_t i = 0; i < n; i++) {
            const int64_t behind = offsets[i] - offsets[0];
            high |= behind;
            unlike |= number_at(stored, i) ^ (((uint32_t) behind << shift) + first);
        }
        return !unlike && INT32_MIN <= start && start <= INT32_MAX
            && 0 <= high && high <= (INT32_MAX - start) >> shift;
    }

    AS_WIDE_AS_THERE static void put_doubles(
        const uint8_t *stored, const int64_t *begins, const int64_t *ends, int64_t n, double *found
    ) {
        for (int64_t i = 0; i < n; i++)
            for (int64_t k = begins[i]; k < ends[i]; k++) {
                const uint32_t bits = number_at(stored, k);
                float one;
                memcpy(&one, &bits, 4);
                *found++ = one;
            }
    }

    AS_WIDE_AS_THERE static void put_numbers(
        const uint8_t *stored, const int64_t *begins, const int64_t *ends, int64_t n, uint32_t *found
    ) {
        for (int64_t i = 0; i < n; i++)
            for (int64_t k = begins[i]; k < ends[i]; k++)
                *found++ = number_at(stored, k);
    }
    """
    bint begin_there(
        const uint8_t *stored, const int64_t *offsets, int64_t n, int64_t start, int shift
    ) nogil
    void put_doubles(
        const uint8_t *stored, const int64_t *begins, const int64_t *ends, int64_t n, double *found
    ) nogil
    void put_numbers(
        const uint8_t *stored, const int64_t *begins, const int64_t *ends, int64_t n, uint32_t *found
    ) nogil

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
    if size not in _SHIFTS:
        return NotImplemented
    return bool(alike(stored.view(np.uint8), offsets, start, _SHIFTS[size]))


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
    const uint8_t[::1] stored, const int64_t[::1] offsets, int64_t start, int shift
) noexcept nogil:
    if not offsets.shape[0]:
        return True
    return begin_there(&stored[0], &offsets[0], offsets.shape[0], start, shift)


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
        fill_numbers(stored, begins, ends, found.view(np.uint32))
    elif values.dtype.itemsize == 2:
        fill[uint16_t](stored, begins, ends, found.view(np.uint16))
    else:
        fill[uint8_t](stored, begins, ends, found.view(np.uint8))
    return found


def turned(values, found):
    """Writes all stored numbers, as `filled` does."""
    return filled(values, np.zeros(1, np.int64), np.array([len(values)], np.int64), found)


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
    put_doubles(&stored[0], &begins[0], &ends[0], begins.shape[0], &found[0])


cdef void fill_numbers(
    const uint8_t[::1] stored, const int64_t[::1] begins, const int64_t[::1] ends,
    uint32_t[::1] found,
) noexcept nogil:
    put_numbers(&stored[0], &begins[0], &ends[0], begins.shape[0], &found[0])


ctypedef fused Short:
    uint8_t
    uint16_t


cdef void fill(
    const uint8_t[::1] stored, const int64_t[::1] begins, const int64_t[::1] ends, Short[::1] found
) noexcept nogil:
    cdef Py_ssize_t i, k, at = 0
    cdef Short one
    for i in range(begins.shape[0]):
        for k in range(begins[i], ends[i]):
            memcpy(&one, &stored[sizeof(Short) * k], sizeof(Short))
            if Short is uint16_t:
                one = TURNED_2(one)
            found[at + k - begins[i]] = one
        at += ends[i] - begins[i]
