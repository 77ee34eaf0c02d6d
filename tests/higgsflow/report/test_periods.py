from higgsflow.report.periods import periods
from higgsflow.report.totals import totals


def test_all_years_come_first_then_each(make_summary):
    found = periods(make_summary())
    assert [(p.name, p.years, p.is_all) for p in found] == [
        ("all years", (0, 1), True),
        ("2017", (0,), False),
        ("2018", (1,), False),
    ]


def test_caption_has_the_luminosity_of_its_years(make_summary):
    assert [p.caption for p in periods(make_summary())] == [
        "2017, 2018, 101.3 /fb",
        "2017, 41.5 /fb",
        "2018, 59.8 /fb",
    ]


def test_caption_says_what_is_incomplete(make_summary):
    assert all(p.caption.startswith("INCOMPLETE") for p in periods(make_summary(incomplete=True)))


def test_groups_of_years_are_drawn_too(make_summary):
    summary = make_summary()
    grouped = {"totals": totals(summary, {"late": ("2018",)})}
    found = periods(summary.model_copy(update=grouped))
    assert [(p.name, p.years) for p in found][1] == ("late", (1,))


def test_one_year_is_not_drawn_twice(make_summary):
    summary = make_summary()
    one = tuple(s for s in summary.samples if s.year == "2018")
    assert [p.name for p in periods(summary.model_copy(update={"samples": one}))] == ["all years"]
