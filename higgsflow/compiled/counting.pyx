# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""Kernels of counters; what they answer stands in higgsflow/selection and higgsflow/records."""

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
from libc.stdint cimport int16_t, int32_t, int64_t, uint8_t, uint16_t

cdef extern from *:
    const char *SOURCE_DIGEST

SOURCE = SOURCE_DIGEST.decode()

# sums side by side, so that one addition need not wait for the one before
cdef enum:
    SIDES = 4
    # numbers that are the moments of a column
    FIELDS = 8
    # numbers of one code: three, and one to fill it up
    PLACE = 4
    MANY = 256
    # cuts of which there is a place for every combination
    DENSE = 12

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
    if len(codes) and n_codes <= int(codes.max()):
        return NotImplemented
    if offsets is None and len(codes) != len(weight):
        return NotImplemented
    if offsets is not None and not are_offsets(offsets, len(weight), len(codes)):
        return NotImplemented
    # sums of many codes rarely wait for each other, but would take long to make and to add
    found = np.zeros((SIDES if n_codes <= MANY else 1, n_codes, PLACE))
    if len(codes):
        add_all(codes, weight, offsets, found)
    return found.sum(axis=0).T[:3]


def flow(n, codes, weight, offsets):
    """The same for each combination of n cuts; bit i of a code is the i-th cut.

    For the total, all cuts, each one alone, with those before it, and all but each.
    """
    if n > DENSE:
        return NotImplemented
    sums = by_code(codes, weight, 1 << n, offsets)
    if sums is NotImplemented:
        return NotImplemented
    found = np.zeros((3, 2 + 3 * n))
    combine(n, np.ascontiguousarray(sums), found)
    return found


cdef void combine(int n, const double[:, ::1] sums, double[:, ::1] found) noexcept:
    cdef int64_t code, first, every = (1 << n) - 1
    cdef int i
    for code in range(every + 1):
        if sums[0, code] == 0:
            continue
        add_sums(sums, code, found, 0)
        if code == every:
            add_sums(sums, code, found, 1)
        for i in range(n):
            first = (2 << i) - 1
            if code >> i & 1:
                add_sums(sums, code, found, 2 + i)
            if code & first == first:
                add_sums(sums, code, found, 2 + n + i)
            if code | (1 << i) == every:
                add_sums(sums, code, found, 2 + 2 * n + i)


cdef inline void add_sums(
    const double[:, ::1] sums, int64_t code, double[:, ::1] found, int place
) noexcept nogil:
    cdef int i
    for i in range(3):
        found[i, place] += sums[i, code]


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


cdef add_all(codes, const double[::1] weight, offsets, double[:, :, ::1] found):
    cdef const int64_t[::1] edges = offsets
    cdef const uint8_t[::1] narrow
    cdef const uint16_t[::1] wide
    cdef Py_ssize_t n = len(codes), n_lists = len(weight), side = found.shape[1]
    cdef Py_ssize_t sides = found.shape[0]
    if codes.dtype == np.uint8:
        narrow = codes
        if offsets is None:
            add_entries(&narrow[0], &weight[0], n, &found[0, 0, 0], side, sides)
        else:
            add_objects(&narrow[0], &weight[0], &edges[0], n_lists, &found[0, 0, 0], side, sides)
    else:
        wide = codes
        if offsets is None:
            add_entries(&wide[0], &weight[0], n, &found[0, 0, 0], side, sides)
        else:
            add_objects(&wide[0], &weight[0], &edges[0], n_lists, &found[0, 0, 0], side, sides)


cdef void add_entries(
    const code_t *codes, const double *weight, Py_ssize_t n, double *found, Py_ssize_t side,
    Py_ssize_t sides,
) noexcept nogil:
    cdef Py_ssize_t i
    for i in range(n):
        add_one(&found[((i & (sides - 1)) * side + codes[i]) * PLACE], weight[i], weight[i] * weight[i])


cdef void add_objects(
    const code_t *codes, const double *weight, const int64_t *offsets, Py_ssize_t n,
    double *found, Py_ssize_t side, Py_ssize_t sides,
) noexcept nogil:
    cdef Py_ssize_t i, k
    cdef double w, w2
    for i in range(n):
        w = weight[i]
        w2 = w * w
        for k in range(offsets[i], offsets[i + 1]):
            add_one(&found[((k & (sides - 1)) * side + codes[k]) * PLACE], w, w2)


cdef inline void add_one(double *place, double w, double w2) noexcept nogil:
    place[0] += 1
    place[1] += w
    place[2] += w2
    # the compiler adds pairs
    place[3] += 0


def moments(columns, weight, groups):
    """Of each group of rows and each column n, mean, m2, min, max, sumw, sumwd and sumwd2.

    Only the finite values of a column count.
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
        gather(column, rows + start, n, values)
        summed(values, weights + start, n, &found[group, 0])
        # a sum that is not finite has values that are not, or is too large
        if not isfinite(found[group, 1]):
            gather(column, rows + start, n, values)
            n = keep_finite(values, weights + start, n, some)
            summed(values, some, n, &found[group, 0])


cdef void gather(
    const number_t *column, const int64_t *rows, Py_ssize_t n, double *values
) noexcept nogil:
    """Puts the values of some rows one behind the other."""
    cdef Py_ssize_t i
    for i in range(n):
        values[i] = <double>column[rows[i]]


cdef Py_ssize_t keep_finite(
    double *values, const double *weights, Py_ssize_t n_values, double *some
) noexcept nogil:
    """Moves the finite values to the front, and writes the weights that belong to them."""
    cdef Py_ssize_t i, n = 0
    cdef double value
    for i in range(n_values):
        value = values[i]
        values[n] = value
        some[n] = weights[i]
        n += isfinite(value) != 0
    return n


@cython.cdivision(True)
cdef void summed(
    const double *x, const double *w, Py_ssize_t n, double *found
) noexcept nogil:
    cdef Py_ssize_t i, k, whole = n - n % SIDES
    cdef double mean
    cdef double[SIDES] total, low, high, m2, sumw, sumwd, sumwd2
    for k in range(SIDES):
        total[k] = m2[k] = sumw[k] = sumwd[k] = sumwd2[k] = 0
        low[k] = high[k] = x[0] if n else 0
    for i in range(0, whole, 4):
        first(x[i], w[i], &total[0], &sumw[0], &low[0], &high[0])
        first(x[i + 1], w[i + 1], &total[1], &sumw[1], &low[1], &high[1])
        first(x[i + 2], w[i + 2], &total[2], &sumw[2], &low[2], &high[2])
        first(x[i + 3], w[i + 3], &total[3], &sumw[3], &low[3], &high[3])
    for i in range(whole, n):
        first(x[i], w[i], &total[0], &sumw[0], &low[0], &high[0])
    mean = added(total) / n if n else 0
    for i in range(0, whole, 4):
        second(x[i] - mean, w[i], &m2[0], &sumwd[0], &sumwd2[0])
        second(x[i + 1] - mean, w[i + 1], &m2[1], &sumwd[1], &sumwd2[1])
        second(x[i + 2] - mean, w[i + 2], &m2[2], &sumwd[2], &sumwd2[2])
        second(x[i + 3] - mean, w[i + 3], &m2[3], &sumwd[3], &sumwd2[3])
    for i in range(whole, n):
        second(x[i] - mean, w[i], &m2[0], &sumwd[0], &sumwd2[0])
    found[0], found[1], found[2] = n, mean, added(m2)
    found[3] = min(min(low[0], low[1]), min(low[2], low[3]))
    found[4] = max(max(high[0], high[1]), max(high[2], high[3]))
    found[5], found[6], found[7] = added(sumw), added(sumwd), added(sumwd2)


cdef inline void first(
    double x, double w, double *total, double *sumw, double *low, double *high
) noexcept nogil:
    total[0] += x
    sumw[0] += w
    low[0] = x if x < low[0] else low[0]
    high[0] = x if x > high[0] else high[0]


cdef inline void second(
    double d, double w, double *m2, double *sumwd, double *sumwd2
) noexcept nogil:
    m2[0] += d * d
    sumwd[0] += w * d
    sumwd2[0] += w * (d * d)


cdef double added(double[SIDES] sides) noexcept nogil:
    return (sides[0] + sides[1]) + (sides[2] + sides[3])
