# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""Kernels of moments; what they answer stands in higgsflow/records/moments.py."""

import numpy as np

from higgsflow.compiled.arrays import is_array

cimport cython
from cpython.buffer cimport (
    PyBUF_C_CONTIGUOUS,
    PyBUF_FORMAT,
    PyBuffer_Release,
    PyObject_GetBuffer,
)
from libc.math cimport isfinite
from libc.stdint cimport int16_t, int32_t, int64_t

cdef extern from *:
    """
    /* two numbers that are added at once, wherever they stand */
    typedef double pair_of_numbers __attribute__((vector_size(16), aligned(8), may_alias));
    """
    const char *SOURCE_DIGEST
    ctypedef double pair "pair_of_numbers"

SOURCE = SOURCE_DIGEST.decode()

# sums side by side, so that one addition need not wait for the one before
cdef enum:
    SIDES = 4
    # numbers that are the moments of a column
    FIELDS = 8

# of larger ones squares cannot be added up
cdef double LARGEST = 1e100

ctypedef fused number_t:
    double
    float
    int16_t
    int32_t


def of_columns(columns, weight, groups):
    """Of each group of rows and each column n, mean, m2, min, max, sumw, sumwd and sumwd2.

    Only the values of a column count that are numbers of at most 1e100.
    """
    if not is_array(weight, np.float64) or not all(is_array(rows, np.int64) for rows in groups):
        return NotImplemented
    if any(len(column) != len(weight) for column in columns):
        return NotImplemented
    cdef const int64_t[::1] rows = np.concatenate([np.zeros(0, np.int64), *groups])
    if not all_within(rows, len(weight)):
        return NotImplemented
    cdef double[::1] weights = np.asarray(weight)[np.asarray(rows)]
    cdef int64_t[::1] edges = np.cumsum([0, *map(len, groups)], dtype=np.int64)
    cdef double[:, :, ::1] found = np.zeros((len(columns), len(groups), FIELDS))
    # one more, so that there is a first one to point to
    cdef double[:, ::1] memory = np.empty((2, len(rows) + 1))
    cdef Py_ssize_t number
    if len(groups) and len(rows):
        for number, column in enumerate(columns):
            of_column(column, &rows[0], edges, &weights[0], memory, found[number])
    return np.asarray(found).transpose(1, 0, 2)


cdef bint all_within(const int64_t[::1] rows, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    cdef bint fine = True
    for i in range(rows.shape[0]):
        fine &= 0 <= rows[i] < n
    return fine


cdef of_column(
    column, const int64_t *rows, const int64_t[::1] edges, const double *weights,
    double[:, ::1] memory, double[:, ::1] found,
):
    """The sums of one column, of whatever type it is."""
    cdef Py_buffer buffer
    try:
        PyObject_GetBuffer(column, &buffer, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT)
    except (BufferError, ValueError):
        column = np.ascontiguousarray(column, dtype=np.float64)
        PyObject_GetBuffer(column, &buffer, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT)
    cdef bint is_known = True
    try:
        if buffer.format == b"d":
            of_groups[double](<const double *> buffer.buf, rows, edges, weights, memory, found)
        elif buffer.format == b"h":
            of_groups[int16_t](<const int16_t *> buffer.buf, rows, edges, weights, memory, found)
        elif buffer.format == b"i":
            of_groups[int32_t](<const int32_t *> buffer.buf, rows, edges, weights, memory, found)
        elif buffer.format == b"f":
            of_groups[float](<const float *> buffer.buf, rows, edges, weights, memory, found)
        else:
            is_known = False
    finally:
        PyBuffer_Release(&buffer)
    if not is_known:
        numbers = np.ascontiguousarray(column, dtype=np.float64)
        of_column(numbers, rows, edges, weights, memory, found)


cdef void of_groups(
    const number_t *column, const int64_t *rows, const int64_t[::1] edges, const double *weights,
    double[:, ::1] memory, double[:, ::1] found,
) noexcept:
    cdef Py_ssize_t group, start, n
    cdef double *values = &memory[0, 0]
    cdef double *some = &memory[1, 0]
    for group in range(edges.shape[0] - 1):
        start, n = edges[group], edges[group + 1] - edges[group]
        gather(column, rows + start, n, values, &found[group, 0])
        # NaN is neither the least nor the greatest one
        if isfinite(found[group, 1]) and -LARGEST <= found[group, 3] and found[group, 4] <= LARGEST:
            around_mean(values, weights + start, n, &found[group, 0])
        else:
            n = keep_counted(values, weights + start, n, some)
            gather(values, NULL, n, values, &found[group, 0])
            around_mean(values, some, n, &found[group, 0])


@cython.cdivision(True)
cdef void gather(
    const number_t *column, const int64_t *rows, Py_ssize_t n, double *values, double *found
) noexcept nogil:
    """Puts values one behind the other, those of all rows for NULL; n, mean, min and max."""
    cdef Py_ssize_t i, k, whole = n - n % SIDES
    cdef double[SIDES] total, low, high
    for k in range(SIDES):
        total[k] = 0
        low[k] = high[k] = column[rows[0] if rows else 0] if n else 0
    for i in range(0, whole, 4):
        take(column, rows, i, values, &total[0], &low[0], &high[0])
        take(column, rows, i + 1, values, &total[1], &low[1], &high[1])
        take(column, rows, i + 2, values, &total[2], &low[2], &high[2])
        take(column, rows, i + 3, values, &total[3], &low[3], &high[3])
    for i in range(whole, n):
        take(column, rows, i, values, &total[0], &low[0], &high[0])
    found[0], found[1], found[2] = n, added(total) / n if n else 0, 0
    found[3] = min(min(low[0], low[1]), min(low[2], low[3]))
    found[4] = max(max(high[0], high[1]), max(high[2], high[3]))


cdef inline void take(
    const number_t *column, const int64_t *rows, Py_ssize_t i, double *values, double *total,
    double *low, double *high,
) noexcept nogil:
    cdef double x = <double>column[rows[i] if rows else i]
    values[i] = x
    total[0] += x
    low[0] = x if x < low[0] else low[0]
    high[0] = x if x > high[0] else high[0]


cdef Py_ssize_t keep_counted(
    double *values, const double *weights, Py_ssize_t n_values, double *some
) noexcept nogil:
    """Moves the values that count to the front, and writes the weights that belong to them."""
    cdef Py_ssize_t i, n = 0
    cdef double value
    for i in range(n_values):
        value = values[i]
        values[n] = value
        some[n] = weights[i]
        n += -LARGEST <= value <= LARGEST
    return n


cdef void around_mean(const double *x, const double *w, Py_ssize_t n, double *found) noexcept nogil:
    """The sums of squares and weights."""
    cdef Py_ssize_t i, k, whole = n - n % SIDES
    cdef double d
    cdef double[SIDES] m2, sumw, sumwd, sumwd2
    for k in range(SIDES):
        m2[k] = sumw[k] = sumwd[k] = sumwd2[k] = 0
    second(x, w, whole, found[1], &m2[0], &sumw[0], &sumwd[0], &sumwd2[0])
    for i in range(whole, n):
        d = x[i] - found[1]
        m2[0] += d * d
        sumw[0] += w[i]
        sumwd[0] += w[i] * d
        sumwd2[0] += w[i] * (d * d)
    found[2], found[5] = added(m2), added(sumw)
    found[6], found[7] = added(sumwd), added(sumwd2)


cdef void second(
    const double *x, const double *w, Py_ssize_t n, double mean,
    double *m2, double *sumw, double *sumwd, double *sumwd2,
) noexcept nogil:
    """Adds to the sums of four sides, of which the compiler makes pairs only where it is told."""
    cdef Py_ssize_t i, k
    cdef double[2] means
    means[0] = means[1] = mean
    cdef pair middle = (<pair *> &means[0])[0]
    cdef pair d, square, weight
    cdef pair[2] a, b, c, e
    for k in range(2):
        a[k], b[k] = (<pair *> &m2[2 * k])[0], (<pair *> &sumw[2 * k])[0]
        c[k], e[k] = (<pair *> &sumwd[2 * k])[0], (<pair *> &sumwd2[2 * k])[0]
    for i in range(0, n, 4):
        for k in range(2):
            weight = (<const pair *> &w[i + 2 * k])[0]
            d = (<const pair *> &x[i + 2 * k])[0] - middle
            square = d * d
            a[k] += square
            b[k] += weight
            c[k] += weight * d
            e[k] += weight * square
    for k in range(2):
        (<pair *> &m2[2 * k])[0], (<pair *> &sumw[2 * k])[0] = a[k], b[k]
        (<pair *> &sumwd[2 * k])[0], (<pair *> &sumwd2[2 * k])[0] = c[k], e[k]


cdef double added(double[SIDES] sides) noexcept nogil:
    return (sides[0] + sides[1]) + (sides[2] + sides[3])
