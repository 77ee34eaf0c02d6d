# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""Kernels of counters; what they answer stands in higgsflow/selection and higgsflow/records."""

import numpy as np

from higgsflow.compiled.arrays import is_array

cimport cython
from libc.math cimport isfinite
from libc.stdint cimport int16_t, int32_t, int64_t, uint8_t, uint16_t

cdef extern from *:
    const char *SOURCE_DIGEST

SOURCE = SOURCE_DIGEST.decode()

# sums side by side, so that one addition need not wait for the one before
cdef enum:
    SIDES = 4

ctypedef fused code_t:
    uint8_t
    uint16_t

ctypedef fused number_t:
    double
    float
    int16_t
    int32_t


def by_code(codes, weight, n_codes, offsets):
    """How many entries there are of each code, their sums of weights and of squared weights."""
    if not is_array(codes, np.uint8, np.uint16) or not is_array(weight, np.float64):
        return NotImplemented
    if n_codes <= int(codes.max(initial=0)):
        return NotImplemented
    if offsets is None and len(codes) != len(weight):
        return NotImplemented
    if offsets is not None and not are_offsets(offsets, len(weight), len(codes)):
        return NotImplemented
    found = np.zeros((SIDES, n_codes, 3))
    if codes.dtype == np.uint8:
        add[uint8_t](codes, weight, offsets, found)
    else:
        add[uint16_t](codes, weight, offsets, found)
    return found.sum(axis=0).T


def are_offsets(offsets, n_lists, n_objects):
    """Whether so many lists begin and end there, one behind the other."""
    if not is_array(offsets, np.int64) or len(offsets) != n_lists + 1:
        return False
    return offsets[0] == 0 and offsets[n_lists] == n_objects and rises(offsets)


cdef bint rises(const int64_t[::1] offsets) noexcept nogil:
    cdef Py_ssize_t i
    cdef bint fine = True
    for i in range(1, offsets.shape[0]):
        fine &= offsets[i - 1] <= offsets[i]
    return fine


cdef add(const code_t[::1] codes, const double[::1] weight, offsets, double[:, :, ::1] found):
    cdef const int64_t[::1] edges = offsets
    if offsets is None:
        add_entries(codes, weight, found)
    else:
        add_objects(codes, weight, edges, found)


cdef void add_entries(
    const code_t[::1] codes, const double[::1] weight, double[:, :, ::1] found
) noexcept nogil:
    cdef Py_ssize_t i
    cdef double *place
    for i in range(codes.shape[0]):
        place = &found[i % SIDES, codes[i], 0]
        place[0] += 1
        place[1] += weight[i]
        place[2] += weight[i] * weight[i]


cdef void add_objects(
    const code_t[::1] codes, const double[::1] weight, const int64_t[::1] offsets,
    double[:, :, ::1] found,
) noexcept nogil:
    cdef Py_ssize_t i, k
    cdef double w
    cdef double *place
    for i in range(weight.shape[0]):
        w = weight[i]
        for k in range(offsets[i], offsets[i + 1]):
            place = &found[k % SIDES, codes[k], 0]
            place[0] += 1
            place[1] += w
            place[2] += w * w


def moments(columns, weight, rows):
    """Of each column n, mean, m2, min, max, sumw, sumwd and sumwd2 of its finite values."""
    if not is_array(weight, np.float64) or not is_array(rows, np.int64):
        return NotImplemented
    n = len(weight)
    if len(rows) and (rows.min() < 0 or rows.max() >= n):
        return NotImplemented
    found = np.empty((len(columns), 8))
    values, weights, some = np.empty(len(rows)), weight[rows], np.empty(len(rows))
    for number, column in enumerate(columns):
        if len(column) != n:
            return NotImplemented
        n_finite = gathered(column, rows, values)
        if n_finite == len(rows):
            summed(values, weights, n_finite, found[number])
        else:
            keep_finite(values, weights, some)
            summed(values, some, n_finite, found[number])
    return found


def gathered(column, rows, values):
    """Puts the values of some rows one behind the other; how many of them are finite."""
    if is_array(column, np.float64):
        return gather[double](column, rows, values)
    if is_array(column, np.int16):
        return gather[int16_t](column, rows, values)
    if is_array(column, np.int32):
        return gather[int32_t](column, rows, values)
    if is_array(column, np.float32):
        return gather[float](column, rows, values)
    return gather[double](np.ascontiguousarray(column, dtype=np.float64), rows, values)


cdef Py_ssize_t gather(
    const number_t[::1] column, const int64_t[::1] rows, double[::1] values
) noexcept:
    cdef Py_ssize_t i, n = 0
    for i in range(rows.shape[0]):
        values[i] = <double>column[rows[i]]
        n += isfinite(values[i]) != 0
    return n


cdef void keep_finite(double[::1] values, const double[::1] weights, double[::1] some) noexcept:
    """Moves the finite values to the front, and writes the weights that belong to them."""
    cdef Py_ssize_t i, n = 0
    cdef double value
    for i in range(values.shape[0]):
        value = values[i]
        values[n] = value
        some[n] = weights[i]
        n += isfinite(value) != 0


@cython.cdivision(True)
cdef void summed(
    const double[::1] x, const double[::1] w, Py_ssize_t n, double[::1] found
) noexcept nogil:
    cdef Py_ssize_t i, k, whole = n - n % SIDES
    cdef double mean
    cdef double[SIDES] d, total, low, high, m2, sumw, sumwd, sumwd2
    for k in range(SIDES):
        total[k] = m2[k] = sumw[k] = sumwd[k] = sumwd2[k] = 0
        low[k] = high[k] = x[0] if n else 0
    for i in range(0, whole, 4):
        for k in range(SIDES):
            total[k] += x[i + k]
            sumw[k] += w[i + k]
            low[k] = x[i + k] if x[i + k] < low[k] else low[k]
            high[k] = x[i + k] if x[i + k] > high[k] else high[k]
    for i in range(whole, n):
        total[0] += x[i]
        sumw[0] += w[i]
        low[0] = x[i] if x[i] < low[0] else low[0]
        high[0] = x[i] if x[i] > high[0] else high[0]
    mean = added(total) / n if n else 0
    for i in range(0, whole, 4):
        for k in range(SIDES):
            d[k] = x[i + k] - mean
            m2[k] += d[k] * d[k]
            sumwd[k] += w[i + k] * d[k]
            sumwd2[k] += w[i + k] * (d[k] * d[k])
    for i in range(whole, n):
        d[0] = x[i] - mean
        m2[0] += d[0] * d[0]
        sumwd[0] += w[i] * d[0]
        sumwd2[0] += w[i] * (d[0] * d[0])
    found[0], found[1], found[2] = n, mean, added(m2)
    found[3] = min(min(low[0], low[1]), min(low[2], low[3]))
    found[4] = max(max(high[0], high[1]), max(high[2], high[3]))
    found[5], found[6], found[7] = added(sumw), added(sumwd), added(sumwd2)


cdef double added(double[SIDES] sides) noexcept nogil:
    return (sides[0] + sides[1]) + (sides[2] + sides[3])
