import numpy as np
import pytest

from higgsflow.records.moments import Moments, measure
from higgsflow.report.binning import choose_edges, moments_of


def moments(values):
    return measure(values, np.ones(len(values)))


def test_mass_is_drawn_from_100_to_180_also_without_events():
    edges = choose_edges("m_gg", Moments(), integral=False)
    assert (edges[0], edges[-1], len(edges)) == (100.0, 180.0, 41)


def test_mass_of_many_events_has_bins_of_one_gev():
    assert len(choose_edges("m_gg", Moments(n=100_000, min=100.0, max=180.0), False)) == 81


def test_integers_have_one_bin_each():
    edges = choose_edges("n_jets", moments([0, 3, 1]), integral=True)
    assert edges.tolist() == [-0.5, 0.5, 1.5, 2.5, 3.5]


def test_every_value_is_inside_when_there_is_no_tail():
    values = np.linspace(-2.5, 2.5, 101)
    edges = choose_edges("eta", moments(values), integral=False)
    assert edges[0] <= -2.5
    assert edges[-1] > 2.5
    assert 20 <= len(edges) - 1 <= 50


def test_far_tail_does_not_push_the_rest_into_one_bin():
    values = np.concatenate([np.linspace(0, 100, 10_000), [1e6]])
    assert choose_edges("pt", moments(values), integral=False)[-1] < 1e5


def test_axis_of_one_value_has_a_width():
    edges = choose_edges("x", moments([7.0, 7.0]), integral=False)
    assert edges[0] < 7.0 < edges[-1]


@pytest.mark.parametrize("integral", [True, False])
def test_nothing_to_choose_from_is_none(integral):
    assert choose_edges("x", Moments(), integral) is None


def test_widths_are_equal():
    edges = choose_edges("x", moments(np.linspace(0.013, 0.777, 50)), integral=False)
    np.testing.assert_allclose(np.diff(edges), np.diff(edges)[0])


def test_blinded_data_do_not_shape_the_axis(make_summary):
    opened = moments_of(make_summary(), "m_gg")
    blinded = moments_of(make_summary(blinded=("m_gg", 115.0, 135.0)), "m_gg")
    assert opened.n - blinded.n == 400


@pytest.mark.parametrize("last", [61, 90, 150, 777])
def test_every_bin_of_integers_holds_as_many_of_them(last):
    values = np.arange(-3, last + 1)
    edges = choose_edges("n", moments(values), integral=True)
    inside, _ = np.histogram(np.arange(edges[0] + 0.5, edges[-1]), edges)
    assert set(inside) == {inside[0]}
    assert np.histogram(values, edges)[0].sum() == len(values)


@pytest.mark.parametrize("value", [0.1, 1.0, -7e8, 1e17])
def test_values_that_differ_by_rounding_alone_have_an_axis(value):
    near = [value, value, np.nextafter(value, np.inf), np.nextafter(value, -np.inf)]
    for values in (near, near[:1]):
        edges = choose_edges("x", moments(values), integral=False)
        assert (np.diff(edges) > 0).all()
        assert edges[0] < value < edges[-1]


@pytest.mark.parametrize("first", [0, 2**52 - 3, -(2**53), 2**60, 2**63 - 2**12])
def test_few_integers_have_an_axis_however_large_they_are(first):
    values = [first, first, first + 1, first + 30]
    edges = choose_edges("id", moments(values), integral=True)
    assert (np.diff(edges) > 0).all()
    assert np.histogram(np.asarray(values, float), edges)[0].sum() == len(values)
