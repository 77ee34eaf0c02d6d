from higgsflow.report.data_notes import hides_all, left_to_others, window_of
from higgsflow.report.histograms import fill_histograms
from higgsflow.report.sections import overview


def test_a_window_is_of_a_column_that_outputs_have(make_summary):
    assert window_of(make_summary()) == ""
    assert window_of(make_summary(blinded=("m_gg", 115.0, 135.0))) == "115 < m_gg < 135"
    assert window_of(make_summary(blinded=("weight_central", 1.0, 2.0))) == "1 < weight_central < 2"


def test_without_that_column_it_is_said_what_to_do(make_summary):
    summary = make_summary(blinded=("m_ee", 80.0, 100.0))
    assert window_of(summary) == ""
    assert hides_all(summary).startswith("no output has 'm_ee', which says what is blinded: name")
    text = overview(summary, None).text
    assert "Data are blinded: no output has" in text
    assert "m_ee &lt;" not in text


def test_of_variables_that_are_there_it_is_not_said_that_they_are_not(make_summary):
    filled = fill_histograms(make_summary(blinded=("m_ee", 80.0, 100.0)))
    assert filled.books == ()
    assert not [note for note in filled.notes if "no merged file has this column" in note]
    assert all("no column m_ee, which says what is blinded" in note for note in filled.notes)


def test_events_of_other_datasets_are_told(make_summary):
    summary = make_summary()
    assert list(left_to_others(summary)) == []
    first, *rest = summary.samples
    first = first.model_copy(update={"factor_sums": {"events_of_other_datasets": 1061.0}})
    (told,) = left_to_others(summary.model_copy(update={"samples": (first, *rest)}))
    assert told == (
        f"{first.sample} ({first.year}): 1,061 more events are certified, but fired none of its "
        "triggers, or one of a primary dataset before it"
    )
