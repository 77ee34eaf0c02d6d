import math

import pytest

from higgsflow.report.intervals import LEVEL, beta_quantile, clopper_pearson, incomplete_beta


def at_least(k, n, p):
    """Probability of k or more of n, summed term by term."""
    return math.fsum(math.comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(k, n + 1))


# published: 0 of 10, 1 of 10 and 5 of 10 at 95 %
@pytest.mark.parametrize(
    ("k", "low", "high"),
    [(0, 0.0, 0.308497), (1, 0.002529, 0.445016), (5, 0.187086, 0.812914), (10, 0.691503, 1.0)],
)
def test_intervals_of_ten_events_are_the_known_ones(k, low, high):
    assert clopper_pearson(k, 10, 0.95) == (
        pytest.approx(low, abs=1e-6),
        pytest.approx(high, abs=1e-6),
    )


@pytest.mark.parametrize(("k", "n"), [(1, 1), (1, 2), (3, 7), (1, 90), (60, 90), (89, 90)])
def test_limits_leave_half_of_the_rest_on_each_side(k, n):
    low, high = clopper_pearson(k, n)
    tail = (1 - LEVEL) / 2
    assert at_least(k, n, low) == pytest.approx(tail, rel=1e-9)
    if k < n:
        assert 1 - at_least(k + 1, n, high) == pytest.approx(tail, rel=1e-9)


def test_limits_are_mirrored():
    low, high = clopper_pearson(3, 20)
    assert clopper_pearson(17, 20) == (pytest.approx(1 - high), pytest.approx(1 - low))


def test_none_and_all_have_limits_at_the_ends():
    assert clopper_pearson(0, 4)[0] == 0.0
    assert clopper_pearson(4, 4)[1] == 1.0
    assert clopper_pearson(0, 4)[1] == pytest.approx(1 - ((1 - LEVEL) / 2) ** (1 / 4))


def test_nothing_has_no_interval():
    assert clopper_pearson(0, 0) is None


def test_interval_covers_at_least_its_level():
    for p in (0.05, 0.31, 0.5):
        inside = (k for k in range(21) if within(p, clopper_pearson(k, 20)))
        covered = math.fsum(math.comb(20, k) * p**k * (1 - p) ** (20 - k) for k in inside)
        assert covered >= LEVEL


def within(p, interval):
    return interval[0] <= p <= interval[1]


@pytest.mark.parametrize(("a", "b"), [(990, 990), (990, 500_000)])
def test_closed_form_continues_the_exact_one(monkeypatch, a, b):
    exact = beta_quantile(0.16, a, b)
    monkeypatch.setattr("higgsflow.report.intervals._MANY", 0)
    width = math.sqrt(a * b / (a + b) ** 3)
    assert abs(beta_quantile(0.16, a, b) - exact) < 1e-4 * width


@pytest.mark.parametrize("n", [10**6, 10**9])
@pytest.mark.parametrize("k", [1, 30, 9_000, 20_000])
def test_many_events_have_the_interval_of_poisson_or_gauss(k, n):
    low, high = clopper_pearson(k, n)
    assert low < k / n < high
    assert high - low == pytest.approx(2 * math.sqrt(k) / n, rel=1.2 / math.sqrt(k) + 0.02)


def test_incomplete_beta_is_the_sum_of_binomials():
    assert incomplete_beta(0.3, 4, 9) == pytest.approx(at_least(4, 12, 0.3), rel=1e-12)
    assert (incomplete_beta(0.0, 2, 3), incomplete_beta(1.0, 2, 3)) == (0.0, 1.0)
