import pytest

from higgsflow.report.event_counts import count_headers, counts

WINDOW = ("m_gg", 115.0, 135.0)


def of_first(summary, **changes):
    """The counts of the first sample, of data where it says so, by name."""
    first, *rest = summary.samples
    changed = first.model_copy(update=changes)
    whole = summary.model_copy(update={"samples": (changed, *rest)})
    return dict(zip(count_headers(whole), counts(changed, whole), strict=True))


def test_counts_are_those_of_the_sample(make_summary):
    numbers = {"n_entries": 12345, "n_read": 12000, "n_certified": 11000, "n_selected": 3000}
    assert of_first(make_summary(), **numbers, efficiency=0.25) == {
        "indexed": "12,345",
        "read": "12,000",
        "certified": "11,000",
        "selected": "3,000",
        "efficiency": "25.0%",
        "jobs done": "4/4",
    }


def test_what_is_selected_of_blinded_data_is_hidden(make_summary):
    found = of_first(make_summary(blinded=WINDOW), kind="data", n_candidates=7)
    hidden = {name for name, cell in found.items() if cell == "blinded"}
    assert hidden == {"selected", "efficiency", "candidates"}


@pytest.mark.parametrize(("n", "cell"), [(None, "-"), (1234, "1,234")])
def test_candidates_are_counted_where_rows_of_some_sample_are_such(make_summary, n, cell):
    summary = make_summary()
    assert "candidates" not in count_headers(summary)
    *rest, last = summary.samples
    other = (*rest, last.model_copy(update={"n_candidates": 5}))
    summary = summary.model_copy(update={"samples": other})
    assert of_first(summary, n_candidates=n)["candidates"] == cell
