from higgsflow.report.sections import (
    marked,
    overview,
)

WINDOW = ("m_gg", 115.0, 135.0)


def test_overview_warns_of_incomplete_samples(make_summary):
    text = overview(make_summary(incomplete=True), None).text
    assert "not every event was processed of DiPhoton (2017), DiPhoton (2018)" in text
    assert "NO, 95.00%" in text
    assert "warning" not in overview(make_summary(), None).text


def test_without_data_nothing_is_said_of_blinding(make_summary):
    simulated = (("ttH_M125", "simulation", "ttH", True, 0.01),)
    for samples, told in (
        ((*simulated, ("Data", "data", "data", False, 1.0)), True),
        (simulated, False),
    ):
        text = overview(make_summary(blinded=WINDOW, samples=samples), None).text
        assert ("are blinded" in text) == told


def test_overview_of_blinded_data_says_so(make_summary):
    text = overview(make_summary(blinded=WINDOW), {"tth": 162, "thq": 142}).text
    assert "Data with 115 &lt; m_gg &lt; 135 are blinded" in text
    assert "Data outside 115 &lt; m_gg &lt; 135: tth 162, thq 142." in text
    assert text.count("<td>blinded</td>") == 3 * 2 + 2 * 2


def test_unknown_side_bands_are_not_shown(make_summary):
    assert "Data outside" not in overview(make_summary(blinded=WINDOW), None).text


def test_words_at_the_heads_of_tables_are_explained(make_summary):
    """Who has nothing but the page cannot look them up."""
    text = overview(make_summary(), None).text
    told = " ".join(part.partition("</p>")[0] for part in text.split("<p>")[1:]).lower()
    for word in ("indexed", "read", "certified", "selected", "efficiency", "d is the sum of"):
        assert word in told


def test_yields_of_each_year_are_there(make_summary):
    text = overview(make_summary(), None).text
    assert "Yields per tag, 2017" in text
    assert "Yields per tag, 2018" in text


def test_mark_is_on_incomplete_names_only():
    assert marked("a", complete=True, fraction=1.0) == "a"
    text = marked("a", complete=False, fraction=0.99999).text
    assert "not every event" in text
    assert "* 99.99%" in text
