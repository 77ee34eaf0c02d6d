# cython: language_level=3, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""Kernels of pairs of objects; what they answer stands in higgsflow/objects."""

import numpy as np

from higgsflow.compiled.arrays import is_array
from higgsflow.compiled.lists import are_masked_lists
from higgsflow.compiled.ranges import are_offsets_of

from libc.math cimport INFINITY, M_PI, copysign, fabs, hypot, isfinite, rint, sqrt
from libc.stdint cimport int64_t, uint8_t

cdef extern from *:
    const char *SOURCE_DIGEST

SOURCE = SOURCE_DIGEST.decode()


def selected(pt, mask, offsets, of_pairs):
    """Where pairs of objects in the mask are, and what is known of them, the larger pt first."""
    first, second, angle = of_pairs
    if not is_array(pt, np.float64) or not is_array(mask, np.bool_) or len(pt) != len(mask):
        return NotImplemented
    if not are_pairs(first, second) or not are_offsets_of(offsets, len(first)):
        return NotImplemented
    if not is_array(angle, np.float64) or len(angle) != len(first):
        return NotImplemented
    ends = np.empty(len(offsets), dtype=np.int64)
    places, numbers = np.empty((3, len(first)), dtype=np.int64), np.empty((3, len(first)))
    bits = mask.view(np.uint8)
    if not select(pt, bits, offsets, first, second, angle, ends, places, numbers):
        return NotImplemented
    m = ends[len(offsets) - 1]
    return (ends, *places[:, :m], *numbers[:, :m])


def best(sums, passing, offsets):
    """Of each list the first of the passing entries with the largest sum, where there is one."""
    if not is_array(sums, np.float64) or not are_masked_lists(passing, offsets):
        return NotImplemented
    if len(sums) != len(passing):
        return NotImplemented
    found = np.empty(len(offsets), dtype=np.int64)
    m = find_best(sums, passing.view(np.uint8), offsets, found)
    return NotImplemented if m < 0 else found[:m]


def added(pt, ways, first, second):
    """x, y and z of the momenta of pairs."""
    if not is_array(pt, np.float64) or not are_ways(ways, len(pt)):
        return NotImplemented
    if not are_pairs(first, second):
        return NotImplemented
    found = np.empty((3, len(first)))
    fine = add_momenta(pt, ways, first, second, found)
    return tuple(found) if fine else NotImplemented


def masses(momenta, ways, first, second):
    """Invariant masses of pairs."""
    pt, mass = momenta
    if not is_array(pt, np.float64) or not is_array(mass, np.float64) or len(pt) != len(mass):
        return NotImplemented
    if not are_ways(ways, len(pt)) or not are_pairs(first, second):
        return NotImplemented
    parts = np.empty((2, 4, len(first)))
    for positions, part in ((first, parts[0]), (second, parts[1])):
        if not fly(pt, mass, ways, positions, part):
            return NotImplemented
    found = np.empty(len(first))
    add(parts[0], parts[1], found)
    return found


def write(ways, positions, found):
    """Writes the directions of some objects among those of all."""
    if not is_array(positions, np.int64) or not are_positions(positions, len(ways)):
        return NotImplemented
    if not are_ways(ways, len(ways)) or not are_ways(found, len(positions)):
        return NotImplemented
    write_ways(ways, positions, found)
    return ways


def fresh(known, first, second):
    """Positions that are not known yet, each once; from here on they are."""
    if not is_array(known, np.bool_) or not are_pairs(first, second):
        return NotImplemented
    if not are_positions(first, len(known)) or not are_positions(second, len(known)):
        return NotImplemented
    found = np.empty(2 * len(first) + 1, dtype=np.int64)
    flags = known.view(np.uint8)
    n = find_fresh(flags, first, found, 0)
    return found[: find_fresh(flags, second, found, n)]


def far_from_all(one, other, distance):
    """Whether objects are this far, in eta and phi, from every other one of their event."""
    (eta, phi, offsets), (other_eta, other_phi, other_offsets) = one, other
    if not are_places(eta, phi, offsets) or not are_places(other_eta, other_phi, other_offsets):
        return NotImplemented
    if len(offsets) != len(other_offsets):
        return NotImplemented
    found = np.ones(len(eta), dtype=np.bool_)
    far = found.view(np.uint8)
    find_far(eta, phi, offsets, other_eta, other_phi, other_offsets, distance, far)
    return found


cdef are_places(eta, phi, offsets):
    """Whether these are where objects of lists are."""
    are_numbers = is_array(eta, np.float64) and is_array(phi, np.float64)
    return are_numbers and len(eta) == len(phi) and are_offsets_of(offsets, len(eta))


cdef are_ways(ways, n):
    """Whether these are four numbers for each of n objects, side by side."""
    if not isinstance(ways, np.ndarray) or ways.shape != (n, 4) or not ways.flags.c_contiguous:
        return False
    return ways.dtype == np.float64 and ways.dtype.isnative


cdef are_pairs(first, second):
    """Whether these are as many whole numbers; whether they are positions is seen underway."""
    are_numbers = is_array(first, np.int64) and is_array(second, np.int64)
    return are_numbers and len(first) == len(second)


cdef inline bint are_among(int64_t first, int64_t second, Py_ssize_t n) noexcept nogil:
    return 0 <= first < n and 0 <= second < n


cdef bint are_positions(const int64_t[::1] positions, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t i
    cdef int64_t signs = 0
    for i in range(positions.shape[0]):
        signs |= positions[i] | (n - 1 - positions[i])
    return signs >= 0


cdef void write_ways(
    double[:, ::1] ways, const int64_t[::1] positions, const double[:, ::1] found
) noexcept nogil:
    cdef Py_ssize_t i, k
    for i in range(positions.shape[0]):
        for k in range(4):
            ways[positions[i], k] = found[i, k]


cdef Py_ssize_t find_fresh(
    uint8_t[::1] known, const int64_t[::1] positions, int64_t[::1] found, Py_ssize_t n
) noexcept nogil:
    """How many are found, with the n that were found before."""
    cdef Py_ssize_t i
    for i in range(positions.shape[0]):
        # the next one writes over it unless it is fresh
        found[n] = positions[i]
        n += not known[positions[i]]
        known[positions[i]] = True
    return n


cdef void find_far(
    const double[::1] eta, const double[::1] phi, const int64_t[::1] offsets,
    const double[::1] other_eta, const double[::1] other_phi, const int64_t[::1] other_offsets,
    double distance, uint8_t[::1] found,
) noexcept nogil:
    """By squares, several at once, unless one of them is so close that rounding matters."""
    cdef Py_ssize_t i, k, j
    cdef double angle, squared, margin = 1e-9 * distance * (distance + 1)
    cdef double low = distance * distance - margin, high = distance * distance + margin
    cdef uint8_t is_far, is_sure, are_sure
    if not distance >= 0:
        # whose square says nothing
        low, high = -INFINITY, INFINITY
    for i in range(offsets.shape[0] - 1):
        for j in range(other_offsets[i], other_offsets[i + 1]):
            are_sure = True
            for k in range(offsets[i], offsets[i + 1]):
                angle = fabs(phi[k] - other_phi[j])
                is_sure = angle <= 2 * M_PI
                # what is more than half a turn is less the other way round
                angle = angle if angle < fabs(angle - 2 * M_PI) else fabs(angle - 2 * M_PI)
                squared = (eta[k] - other_eta[j]) * (eta[k] - other_eta[j]) + angle * angle
                is_far = squared > high
                is_sure &= is_far | (squared < low)
                are_sure &= is_sure
                found[k] &= is_far | (1 - is_sure)
            if not are_sure:
                for k in range(offsets[i], offsets[i + 1]):
                    found[k] &= are_far(eta[k] - other_eta[j], phi[k] - other_phi[j], distance)


cdef inline bint are_far(double eta, double phi, double distance) noexcept nogil:
    # most are far in one of the two already
    if fabs(eta) >= distance and isfinite(phi):
        return True
    if not fabs(phi) <= M_PI:
        phi = phi - 2 * M_PI * rint(phi / (2 * M_PI))
    if fabs(phi) >= distance and eta == eta:
        return True
    return hypot(eta, phi) >= distance


cdef Py_ssize_t find_best(
    const double[::1] sums, const uint8_t[::1] passing, const int64_t[::1] offsets,
    int64_t[::1] found,
) noexcept nogil:
    """How many lists have one; -1 where some sum cannot be compared."""
    cdef Py_ssize_t i, k, best
    cdef Py_ssize_t m = 0
    for i in range(offsets.shape[0] - 1):
        best = -1
        for k in range(offsets[i], offsets[i + 1]):
            if passing[k]:
                if sums[k] != sums[k]:
                    return -1
                if best < 0 or sums[k] > sums[best]:
                    best = k
        # the next list writes over it unless there is one
        found[m] = best
        m += best >= 0
    return m


cdef bint select(
    const double[::1] pt, const uint8_t[::1] mask, const int64_t[::1] offsets,
    const int64_t[::1] first, const int64_t[::1] second, const double[::1] angle,
    int64_t[::1] ends, int64_t[:, ::1] places, double[:, ::1] numbers,
) noexcept nogil:
    """False where some position is none."""
    cdef Py_ssize_t i, k
    cdef Py_ssize_t m = 0
    cdef int64_t a, b
    cdef bint is_ordered
    ends[0] = 0
    for i in range(offsets.shape[0] - 1):
        for k in range(offsets[i], offsets[i + 1]):
            a, b = first[k], second[k]
            if not are_among(a, b, pt.shape[0]):
                return False
            is_ordered = pt[a] >= pt[b]
            # the next pair writes over it unless both are in the mask
            places[0, m] = a if is_ordered else b
            places[1, m] = b if is_ordered else a
            places[2, m] = k
            numbers[0, m] = pt[a] if is_ordered else pt[b]
            numbers[1, m] = pt[b] if is_ordered else pt[a]
            numbers[2, m] = sqrt(2 * numbers[0, m] * numbers[1, m] * angle[k])
            m += mask[a] & mask[b]
        ends[i + 1] = m
    return True


cdef bint add_momenta(
    const double[::1] pt, const double[:, ::1] ways, const int64_t[::1] first,
    const int64_t[::1] second, double[:, ::1] found,
) noexcept nogil:
    cdef Py_ssize_t i
    cdef int64_t a, b
    for i in range(first.shape[0]):
        a, b = first[i], second[i]
        if not are_among(a, b, pt.shape[0]):
            return False
        found[0, i] = pt[a] * ways[a, 0] + pt[b] * ways[b, 0]
        found[1, i] = pt[a] * ways[a, 1] + pt[b] * ways[b, 1]
        found[2, i] = pt[a] * ways[a, 2] + pt[b] * ways[b, 2]
    return True


cdef bint fly(
    const double[::1] pt, const double[::1] mass, const double[:, ::1] ways,
    const int64_t[::1] positions, double[:, ::1] found,
) noexcept:
    """Four-momenta of some objects; the square of a mass has its sign."""
    cdef Py_ssize_t i
    cdef int64_t k
    for i in range(positions.shape[0]):
        k = positions[i]
        if not are_among(k, k, pt.shape[0]):
            return False
        found[0, i] = pt[k] * ways[k, 0]
        found[1, i] = pt[k] * ways[k, 1]
        found[2, i] = pt[k] * ways[k, 2]
        found[3, i] = sqrt(
            copysign(mass[k] * mass[k], mass[k]) + (pt[k] * pt[k]) * (ways[k, 3] * ways[k, 3])
        )
    return True


cdef void add(
    const double[:, ::1] a, const double[:, ::1] b, double[::1] found
) noexcept:
    cdef Py_ssize_t i
    cdef double x, y, z, energy, squared
    for i in range(found.shape[0]):
        x, y, z = a[0, i] + b[0, i], a[1, i] + b[1, i], a[2, i] + b[2, i]
        energy = a[3, i] + b[3, i]
        squared = energy * energy - ((x * x + y * y) + z * z)
        found[i] = copysign(sqrt(fabs(squared)), squared)
