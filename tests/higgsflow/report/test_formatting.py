import pytest

from higgsflow.report.formatting import (
    completeness,
    count,
    mark,
    measured,
    number,
    pairs,
    percent,
    processed,
    relative,
    seconds,
    several,
    spread,
    with_error,
)
from higgsflow.report.variation_content import Yield


@pytest.mark.parametrize("show", [count, number, percent, relative, spread])
def test_what_does_not_exist_is_a_dash(show):
    assert show(None) == "-"


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (105.04, 7.24, "105.0 +- 7.2"),
        (1234.5, 33.0, "1,234 +- 33"),
        (0.123456, 0.00123, "0.1235 +- 0.0012"),
        (12345.6, 1234.0, "12,346 +- 1,234"),
        (0.0, 0.0, "0"),
        (-1.5, 0.25, "-1.50 +- 0.25"),
    ],
)
def test_yield_ends_with_the_second_digit_of_its_error(value, error, text):
    assert measured(Yield(n=1, value=value, error=error)) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "100%"),
        (0.0, "0%"),
        (0.99999, "<100%"),
        (0.5125, "51.2%"),
        (0.71, "71.0%"),
        (0.00012345, "0.0123%"),
    ],
)
def test_only_all_is_100_percent(value, text):
    assert percent(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(1.0004, ">100%"), (1.004, ">100%"), (12.5, "1,250%"), (-0.1, "-10.0%")]
)
def test_more_than_all_is_not_called_less(value, text):
    """As of weighted efficiencies, and of jobs on several cores."""
    assert percent(value) == text


def test_zero_has_no_sign():
    assert [number(value) for value in (0.0, -0.0, -1.5, None)] == ["0", "0", "-1.5", "-"]


def test_number_ends_with_the_second_digit_of_its_error():
    assert with_error(50.0, 3.456, "±") == "50.0 ± 3.5"
    assert with_error(100.0, 0.0) == "100"
    assert with_error(None, 1.0) == "-"


def test_one_is_not_many():
    assert [pairs(n) for n in (0, 1, 2)] == [
        "0 samples and years", "1 sample and year", "2 samples and years"
    ]  # fmt: skip
    assert [several(n, "range") for n in (0, 1, 1234)] == ["0 ranges", "1 range", "1,234 ranges"]


def test_what_was_processed_is_never_rounded_up():
    assert (processed(0.733456), processed(0.99999)) == ("73.34%", "99.99%")
    assert processed(1 - 1e-12) == "99.99%"


def test_a_fraction_of_two_decimals_of_a_percent_is_told_as_it_is():
    """Also where a float times 10,000 is a little less, as 0.57 and 0.0829 are."""
    assert [processed(n / 10_000) for n in range(10_001)] == [
        f"{n // 100}.{n % 100:02}%" for n in range(10_001)
    ]


def test_nearly_complete_is_not_rounded_up():
    assert completeness(False, 0.9999999) == "NO, 99.99%"


def test_only_incomplete_numbers_have_a_mark_which_says_how_much_there_is():
    assert mark(True, 1.0) == ""
    assert mark(False, 0.75) == "* 75.00%"
    # of all entries, but a chunk without any is missing
    assert mark(False, 1.0) == "* 100.00%"


def test_complete_says_yes():
    assert completeness(True, 1.0) == "yes"


def test_relative_change_has_a_sign():
    assert [relative(0.1), relative(-0.02)] == ["+10.00%", "-2.00%"]


def test_spread_of_equal_factors_is_zero():
    assert [spread(4e-16), spread(0.25)] == ["0", "0.25"]


@pytest.mark.parametrize(
    ("value", "text"), [(3.04, "3.0 s"), (180.0, "3.0 min"), (10800.0, "3.0 h")]
)
def test_times_have_readable_units(value, text):
    assert seconds(value) == text
