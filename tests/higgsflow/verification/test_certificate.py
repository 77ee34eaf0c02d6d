from __future__ import annotations

import pytest

from higgsflow.verification.certificate import NotAsClaimed, claim, claim_sum


def test_what_differs_is_told_with_both_numbers() -> None:
    claim("rows", 3, 3, "f.parquet")
    with pytest.raises(NotAsClaimed) as caught:
        claim("rows", 3, 2, "f.parquet")
    told = str(caught.value).splitlines()
    assert told[0] == "rows: 3 is claimed, 2 is there"
    assert told[1].strip() == "f.parquet"
    assert len(told) == 3


@pytest.mark.parametrize("found", [1.0, 1.0 + 1e-10])
def test_sums_in_another_order_are_the_same(found: float) -> None:
    claim_sum("sum", 1.0, found, "f")


@pytest.mark.parametrize("found", [1.0 + 1e-8, 0.0, float("nan")])
def test_other_sums_are_not(found: float) -> None:
    with pytest.raises(NotAsClaimed, match="sum: 1 is claimed"):
        claim_sum("sum", 1.0, found, "f")


def test_weights_that_cancel_are_measured_by_their_size() -> None:
    claim_sum("sum", 0.0, 1e-8, "f", of=1000.0)
    with pytest.raises(NotAsClaimed):
        claim_sum("sum", 0.0, 1e-8, "f")
