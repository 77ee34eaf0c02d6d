"""Cuts of a group, together and one by one."""

from __future__ import annotations

import numpy as np
import pytest

from higgsflow.taggers.cut_groups import coded

TRUE = np.array([True, True, False])


@pytest.mark.parametrize("n", [1, 8, 9, 33, 64])
def test_group_holds_any_number_of_cuts_up_to_its_bits(n: int) -> None:
    masks = {str(i): np.arange(n + 1) != i for i in range(n)}
    group = coded(masks)
    for name, mask in masks.items():
        assert group[name].tolist() == mask.tolist()
    assert group.passing.tolist() == [False] * n + [True]


def test_first_cut_can_be_put_before_others() -> None:
    group = coded({"b": TRUE}).preceded_by("a", ~TRUE)
    assert (group.names, group["a"].tolist()) == (("a", "b"), [False, False, True])
    assert group["b"].tolist() == TRUE.tolist()
