"""What kernels take."""

import numpy as np
import pytest

from higgsflow.compiled.arrays import is_array


def test_numbers_one_behind_the_other():
    assert is_array(np.arange(3), np.int64)
    assert is_array(np.arange(3.0), np.int64, np.float64)
    assert is_array(np.zeros(0), np.float64)


@pytest.mark.parametrize(
    "values",
    [[0, 1], np.arange(6)[::2], np.zeros((2, 2), int), np.arange(3, dtype=">i8"), np.arange(3.0)],
)
def test_other_layouts_and_types_are_no_arrays_of_a_kernel(values):
    assert not is_array(values, np.int64)
