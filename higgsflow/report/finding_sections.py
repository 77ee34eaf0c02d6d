"""The findings, at the top of the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from higgsflow.report.markup import Content, Html, element, note, section, table

if TYPE_CHECKING:
    from higgsflow.report.content import Finding, Summary

HEADERS = ("severity", "what", "where", "finding")


def findings(summary: Summary) -> Html:
    """What a reader of the numbers should look at, the worst first."""
    rows = [_row(finding) for finding in summary.findings]
    content = table(HEADERS, rows, names=4) if rows else note("Nothing stands out.")
    return section("findings", "Findings", content)


def _row(finding: Finding) -> tuple[Content, ...]:
    severity: Content = finding.severity
    if finding.severity != "note":
        severity = element("strong", finding.severity, class_="bad")
    text = element("span", finding.text, class_="long")
    return (severity, finding.kind, finding.where, text)
