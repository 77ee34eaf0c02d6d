from higgsflow.report.content import Finding
from higgsflow.report.finding_sections import findings

BAD = Finding(kind="empty tag", where="<tth>", text="no event & nothing", severity="warning")
NOTE = Finding(kind="luminosity", where="2017", text="a note", severity="note")


def test_findings_are_escaped_and_marked(make_summary):
    text = findings(make_summary(findings=(BAD, NOTE))).text
    assert "&lt;tth&gt;" in text
    assert "no event &amp; nothing" in text
    assert text.count('class="bad"') == 1


def test_no_findings_are_said(make_summary):
    assert "Nothing stands out." in findings(make_summary()).text
