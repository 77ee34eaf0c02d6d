# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""Kernels of counters; what they answer stands in higgsflow/selection and higgsflow/records."""

import numpy as np

from higgsflow.compiled.arrays import is_array
from higgsflow.compiled.lists import are_lists

from libc.stdint cimport int64_t, uint8_t, uint16_t

cdef extern from *:
    const char *SOURCE_DIGEST

SOURCE = SOURCE_DIGEST.decode()

# sums side by side, so that one addition need not wait for the one before
cdef enum:
    SIDES = 4
    # numbers of one code: three, and one to fill it up
    PLACE = 4
    MANY = 256
    # cuts of which there is a place for every combination
    DENSE = 12
    # objects whose weights are written down before these are counted, and of a list at once
    HELD = 2048
    SHORT = 8

ctypedef fused code_t:
    uint8_t
    uint16_t


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


cdef are_offsets(offsets, n_lists, n_objects):
    """Whether so many lists begin and end there, one behind the other."""
    return are_lists(offsets) and len(offsets) == n_lists + 1 and offsets[n_lists] == n_objects


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
    cdef double w
    for i in range(n):
        w = weight[i]
        add_one(&found[((i & (sides - 1)) * side + codes[i]) * PLACE], w, w * w)


cdef void add_objects(
    const code_t *codes, const double *weight, const int64_t *offsets, Py_ssize_t n,
    double *found, Py_ssize_t side, Py_ssize_t sides,
) noexcept nogil:
    """By the weight of each object: a loop over the few of each list often guesses its end wrong."""
    cdef double[HELD + SHORT] held
    cdef Py_ssize_t i, k, of_list, first = 0, n_held = 0
    for i in range(n):
        of_list = offsets[i + 1] - offsets[i]
        if n_held + of_list > HELD:
            add_entries(codes + first, held, n_held, found, side, sides)
            first += n_held
            n_held = 0
        if of_list <= SHORT:
            # the next list overwrites what is too many
            for k in range(SHORT):
                held[n_held + k] = weight[i]
            n_held += of_list
        elif of_list <= HELD:
            for k in range(of_list):
                held[n_held + k] = weight[i]
            n_held += of_list
        else:
            for k in range(of_list):
                add_one(&found[codes[first + k] * PLACE], weight[i], weight[i] * weight[i])
            first += of_list
    add_entries(codes + first, held, n_held, found, side, sides)


cdef inline void add_one(double *place, double w, double w2) noexcept nogil:
    place[0] += 1
    place[1] += w
    place[2] += w2
    # the compiler adds pairs
    place[3] += 0
