from __future__ import annotations

from typing import TYPE_CHECKING

from higgsflow.output.left_over import left_over

if TYPE_CHECKING:
    from conftest import Lab


def test_a_year_that_is_not_wanted_any_more_is_told_as_long_as_its_files_are_there(
    lab: Lab,
) -> None:
    lab.sig["files"]["2018"] = str(lab.files / "Sig_2018_*.root")
    assert lab.run()
    assert lab.read("summary", "summary.json")["findings"] == without_left_over(lab)
    lab.sig["files"].pop("2018")
    assert lab.run()
    found = [f for f in lab.read("summary", "summary.json")["findings"] if is_left_over(f)]
    assert [(f["where"], f["severity"]) for f in found] == [("Sig/2018", "note")]
    for path in lab.output("merged", "Sig", "2018").iterdir():
        path.unlink()
    assert lab.run()
    assert lab.read("summary", "summary.json")["findings"] == without_left_over(lab)


def is_left_over(finding: dict[str, str]) -> bool:
    return finding["kind"] == "left over"


def without_left_over(lab: Lab) -> list[dict[str, str]]:
    findings: list[dict[str, str]] = lab.read("summary", "summary.json")["findings"]
    return [finding for finding in findings if not is_left_over(finding)]


def test_files_of_a_user_are_not_told(lab: Lab) -> None:
    assert lab.run("MergeSample", sample="Sig")
    merged = lab.output("merged")
    (merged / "mine" / "2017").mkdir(parents=True)
    (merged / "mine" / "2017" / "fit.json").write_text("{}", encoding="utf-8")
    assert left_over(merged, {("Sig", "2017")}) == []
    assert left_over(merged, set()) == ["Sig/2017"]
    assert left_over(lab.output("nowhere"), set()) == []
