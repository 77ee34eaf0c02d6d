# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False
"""Kernels of jets; what they answer stands in higgsflow/objects/jets.py."""

import numpy as np

from higgsflow.compiled.arrays import is_array
from higgsflow.compiled.lists import are_masked_lists

from libc.math cimport INFINITY
from libc.stdint cimport int16_t, int64_t, uint8_t

cdef extern from *:
    const char *SOURCE_DIGEST

SOURCE = SOURCE_DIGEST.decode()


def counted(pt, offsets, selected, is_central, is_b):
    """Central, forward and b jets per event, and where the two leading central ones are."""
    masks = (selected, is_central, is_b)
    if not are_masked_lists(selected, offsets) or not is_array(pt, np.float64):
        return NotImplemented
    if not all(is_array(mask, np.bool_) and len(mask) == len(pt) for mask in masks):
        return NotImplemented
    n = len(offsets) - 1
    numbers, places = np.empty((3, n), dtype=np.int16), np.empty((3, n + 1), dtype=np.int64)
    bits = [mask.view(np.uint8) for mask in masks]
    # of this as much is used as the longest list has central jets
    central = np.empty(len(pt) + 1, dtype=np.int64)
    m = count(pt, offsets, bits[0], bits[1], bits[2], central, numbers, places)
    if m < 0:
        return NotImplemented
    return (*numbers, *(values[:m] for values in places))


cdef Py_ssize_t count(
    const double[::1] pt, const int64_t[::1] offsets, const uint8_t[::1] selected,
    const uint8_t[::1] is_central, const uint8_t[::1] is_b, int64_t[::1] central,
    int16_t[:, ::1] numbers, int64_t[:, ::1] places,
) noexcept nogil:
    """How many events have two central jets; -1 where some momentum cannot be compared."""
    cdef Py_ssize_t i, k, j, first, second
    cdef Py_ssize_t m = 0
    cdef int n_central, n_forward, n_b
    for i in range(offsets.shape[0] - 1):
        n_central = n_forward = n_b = 0
        for k in range(offsets[i], offsets[i + 1]):
            n_b += selected[k] & is_b[k]
            n_forward += selected[k] & (1 - is_central[k])
            # whether it is one would often be guessed wrong: the next jet writes over it if not
            central[n_central] = k
            n_central += selected[k] & is_central[k]
        first = second = -1
        for j in range(n_central):
            k = central[j]
            if not pt[k] > -INFINITY:
                return -1
            if first < 0 or pt[k] > pt[first]:
                first, second = k, first
            elif second < 0 or pt[k] > pt[second]:
                second = k
        numbers[0, i], numbers[1, i], numbers[2, i] = n_central, n_forward, n_b
        # the next event writes over it unless there are two
        places[0, m], places[1, m], places[2, m] = i, first, second
        m += n_central >= 2
    return m
