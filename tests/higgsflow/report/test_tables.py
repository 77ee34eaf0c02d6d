import io
from pathlib import Path

import pytest
from rich.console import Console

from higgsflow.model.reporting import Sentinels
from higgsflow.records.lumi_coverage import SampleCoverage, year_coverage
from higgsflow.report.content import Finding
from higgsflow.report.tables import print_summary
from higgsflow.report.totals import concluded

WINDOW = ("m_gg", 115.0, 135.0)


def printed(summary, width=100, folder=None):
    out = io.StringIO()
    print_summary(summary, Console(file=out, width=width), folder)
    return out.getvalue()


def words(text, start):
    lines = (line.split() for line in text.splitlines())
    return next(line for line in lines if line[: len(start.split())] == start.split())


@pytest.mark.parametrize("width", [60, 100, 300])
def test_text_is_at_most_100_columns_wide(make_summary, width):
    samples = tuple(
        (f"A_sample_with_a_name_that_is_long_as_in_reality_{i}", "simulation", "p", False, 1.0)
        for i in range(9)
    )
    lines = printed(make_summary(samples=samples), width).split("store  ")[0].splitlines()
    assert max(map(len, lines)) <= min(width, 100)


def test_log_is_100_columns_wide(make_summary, capsys):
    print_summary(make_summary())
    lines = capsys.readouterr().out.splitlines()
    assert 80 < max(len(line) for line in lines if "/" not in line) <= 100


def test_log_is_plain(make_summary):
    assert "\x1b" not in printed(make_summary())


def test_log_in_ascii_is_possible(make_summary):
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding="ascii")
    print_summary(make_summary(incomplete=True), Console(file=file, width=100))
    file.flush()
    assert b"ttH_M125" in raw.getvalue()


def test_events_of_a_sample_and_year(make_summary):
    row = words(printed(make_summary()), "Data      2017")
    assert row == ["Data", "2017", "1,000", "1,000", "990", "200", "20.0%", "4/4", "yes"]


def test_candidates_have_a_column_where_rows_are_such(make_summary):
    summary = make_summary()
    first, *rest = summary.samples
    samples = (first.model_copy(update={"n_candidates": 1234}), *rest)
    text = printed(summary.model_copy(update={"samples": samples}))
    assert words(text, f"{first.sample}   {first.year}")[7] == "1,234"
    assert words(text, "Data      2017")[7] == "-"
    assert "candidates   " not in printed(summary)


def test_normalisation_of_a_sample_and_year(make_summary):
    text = printed(make_summary()).split("Normalisation")[1]
    assert words(text, "ttH_M125   2017")[2:] == [
        "1360",
        "1360",
        "whole",
        "0.00084641",
        "41.5",
        "yes",
    ]
    assert words(text, "Data       2017")[2:] == ["1360", "-", "data", "-", "41.5", "yes"]


def test_incomplete_numbers_are_marked(make_summary):
    text = printed(make_summary(incomplete=True))
    assert "NO, 95.00%" in text
    assert words(text, "diphoton *")[1:3] == ["*", "95.00%"]
    assert words(text, "all simulation *")[2:4] == ["*", "97.50%"]
    assert words(text, "DiPhoton *")[1:3] == ["*", "95.00%"]
    assert "effect on the yield of all simulation * 97.50%" in " ".join(text.split())
    assert "* not every event was processed, but this fraction" in text
    assert "DiPhoton (2017): root://host//f2.root entries 950 to 1000" in text


def test_complete_numbers_are_not_marked(make_summary):
    assert "*" not in printed(make_summary())


def test_many_lost_ranges_are_counted(make_summary):
    summary = make_summary()
    lost = tuple(("f.root", i, i + 1) for i in range(5))
    sample = summary.samples[0].model_copy(update={"lost": lost})
    text = printed(summary.model_copy(update={"samples": (sample,)}))
    assert text.count("not processed") == 3
    assert "and 2 more ranges of ttH_M125" in text


def test_names_cannot_drive_a_terminal(make_summary):
    summary = make_summary()
    (first, *rest), evil = summary.samples, "\x1b[2J"
    first = first.model_copy(update={"process": f"{evil}p", "lost": ((f"{evil}.root", 0, 1),)})
    found = Finding(kind=f"{evil}k", severity="warning", where="w", text=f"{evil}t")
    changes = {"samples": (first, *rest), "findings": (found,)}
    text = printed(summary.model_copy(update=changes))
    assert "\x1b" not in text
    for seen in (r"\x1b[2Jp", r"\x1b[2J.root entries", r"\x1b[2Jk: w", r"\x1b[2Jt"):
        assert seen in text


def test_data_are_shown_when_unblinded(make_summary):
    text = printed(make_summary())
    assert "blinded" not in text
    assert words(text, "data: data")[2:] == ["204", "+-", "14", "196", "+-", "14"]


def test_without_data_nothing_is_said_of_blinding(make_summary):
    simulated = (("ttH_M125", "simulation", "ttH", True, 0.01),)
    blinded = ("m_gg", 115.0, 135.0)
    assert "blinded" in printed(make_summary(blinded=blinded))
    assert "blinded" not in printed(make_summary(blinded=blinded, samples=simulated))


def test_blinded_data_have_no_counts_after_the_selection(make_summary):
    text = printed(make_summary(blinded=WINDOW))
    assert words(text, "data: data") == ["data:", "data", "blinded", "blinded"]
    flows = text.split("Cut flow of diphoton")[1]
    assert words(flows, "Data") == ["Data", "blinded", "blinded", "blinded"]
    assert "counts of data would include 115 < m_gg < 135" in text


def test_blinded_text_does_not_depend_on_selected_data(make_summary):
    summary = make_summary(blinded=WINDOW)
    samples = tuple(
        s.model_copy(
            update={
                "n_selected": 7,
                "efficiency": 0.5,
                "variations": summary.samples[0].variations,
            }
        )
        if s.kind == "data"
        else s
        for s in summary.samples
    )
    assert printed(summary.model_copy(update={"samples": samples})) == printed(summary)


def test_cut_flow_has_entries_and_efficiency(make_summary):
    text = printed(make_summary()).split("Cut flow of tth")[1]
    assert words(text, "ttH_M125")[:4] == ["ttH_M125", "400", "205", "51.2%"]


def test_systematics_have_mean_spread_and_effects(make_summary):
    text = printed(make_summary()).split("Systematics")[1]
    assert words(text, "pileup       up")[2:] == ["1.1", "0", "+10.00%", "+10.00%"]
    assert words(text, "scale        up")[2:4] == ["-", "-"]


def test_of_many_systematics_the_largest_are_shown(make_summary, with_systematics):
    text = printed(with_systematics(make_summary(), 30)).split("Systematics")[1]
    assert "the largest 20 of 30, all are in report.html" in text
    assert ("s29" in text, "s10" in text, "s09" in text) == (True, True, False)


def test_no_systematics_are_said(make_summary):
    data = (("Data", "data", "data", False, 1.0),)
    assert "no systematics" in printed(make_summary(samples=data))


def findings(n):
    return tuple(
        Finding(kind="empty tag", where=f"tag{i}", text="no event " * 20, severity="warning")
        for i in range(n)
    )


def test_findings_come_before_where_everything_lies(make_summary):
    text = printed(make_summary(findings=findings(2)))
    assert text.index("\nFindings\n") > text.index("cut flows of objects")
    assert text.index("empty tag: tag1") < text.index("store  ")
    assert max(map(len, text.split("store  ")[0].splitlines())) <= 100


def test_of_many_findings_the_worst_are_shown(make_summary):
    text = printed(make_summary(findings=findings(45)))
    assert "empty tag: tag39" in text
    assert "empty tag: tag40" not in text
    assert "and 5 more, in summary.json and report.html" in text
    assert " more, in summary.json" not in printed(make_summary(findings=findings(40)))


def test_groups_of_years_have_a_table(make_summary):
    summary = concluded(make_summary(), {"run2": ("2017", "2018")}, Sentinels())
    text = printed(summary).split("Yields, years of run2")[1]
    assert words(text, "data: data") == words(printed(summary), "data: data")


LONG = "ttHJetToGG_M125_TuneCP5_13TeV_amcatnloFXFX_madspin_pythia8"


@pytest.mark.parametrize("width", [80, 100])
def test_long_names_and_paths_stay_in_one_piece(make_summary, width):
    found = Finding(
        kind="one-sided", where=f"{LONG} (2018)", text=f"yield of {LONG}", severity="note"
    )
    summary = make_summary(findings=(found,))
    path = f"/store/{LONG}/{LONG}_1.root"
    sample = summary.samples[0].model_copy(update={"lost": ((path, 0, 20),)})
    told = printed(summary.model_copy(update={"samples": (sample,)}), width)
    assert f"{path} entries 0 to 20\n" in told
    about = [line.strip() for line in told.splitlines() if LONG in line and "root" not in line]
    assert about[0].startswith("note")
    assert about[1] == f"yield of {LONG}"


def test_no_findings_need_no_table(make_summary):
    assert "Findings" not in printed(make_summary())


def test_processed_lumisections_of_data_are_shown(make_summary):
    one = SampleCoverage(
        n_certified=284, n_processed=280, coverage=98.6, processed={"1": [[1, 280]]},
        missing={"1": [[281, 284]]}, runs=(1,), n_in_files=284,
    )  # fmt: skip
    summary = make_summary(lumisections={"2017": year_coverage({"Data": one})})
    samples = tuple(
        s.model_copy(update={"lumisections": one}) if s.kind == "data" else s
        for s in summary.samples
    )
    text = printed(summary.model_copy(update={"samples": samples}))
    row = words(text.split("Processed lumisections")[1], "Data")
    assert row == ["Data", "2017", "284", "280", "98.60%", "4"]
    assert "missing lumisections, Data (2017): " in text


def test_ends_with_where_everything_lies(make_summary, tmp_path):
    text = printed(make_summary(), folder=Path("/store/summary"))
    assert text.split("\n\n")[-1].splitlines() == [
        "store         /store",
        f"merged files  6 under {tmp_path / 'merged'}",
        "summary       /store/summary/summary.json",
        "report        /store/summary/report.html",
    ]


def test_long_path_stays_in_one_piece(make_summary):
    folder = Path("/store") / ("x" * 150)
    assert str(folder / "report.html") in printed(make_summary(), folder=folder)


def test_names_are_not_read_as_markup(make_summary):
    samples = (("a", "simulation", "[bold]p[/bold]", False, 1.0),)
    assert "[bold]p[/bold]" in printed(make_summary(samples=samples))


def test_many_tags_are_in_several_tables(make_summary):
    summary = make_summary()
    tags = tuple(f"a_tag_with_a_long_name_{i}" for i in range(9))
    text = printed(summary.model_copy(update={"tags": tags, "samples": ()}))
    assert "store         /store" in text


def test_no_samples_is_fine(make_summary):
    assert "merged files  none" in printed(make_summary(samples=()))
