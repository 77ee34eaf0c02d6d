from __future__ import annotations

from higgsflow.report.flow_text import render
from higgsflow.report.formatting import NOTHING
from higgsflow.report.variation_content import CutSummary, FlowSummary
from higgsflow.selection.cutflow import Counter


def counter(n: int) -> Counter:
    return Counter(n=n, sumw=2.0 * n, sumw2=4.0 * n)


# of 8 entries 6 pass the first cut, and 3 of these the second, which 4 pass alone
CUTS = tuple(
    CutSummary(
        name=name, alone=counter(alone), prefix=counter(prefix), others=counter(others),
        efficiency=efficiency, weighted=efficiency, weighted_error=0.13, n_minus_1=n_minus_1,
    )
    for name, alone, prefix, others, efficiency, n_minus_1 in (
        ("photons", 6, 6, 4, 0.75, 0.75), ("a_very_long_name_of_a_cut", 4, 3, 6, 0.5, None),
    )
)  # fmt: skip
FLOW = FlowSummary(
    step=0, tagger="mine", group="events", total=counter(8), passed=counter(3), efficiency=0.375,
    weighted=0.375, weighted_error=0.17, cuts=CUTS,
)  # fmt: skip


def test_a_line_for_each_cut_and_one_for_all() -> None:
    lines = [line.split() for line in render(FLOW).splitlines()]
    assert " ".join(lines[0]) == "Cut flow of mine, events: 8 entries"
    assert ["photons", "6", "6", "75.0%", "75", "+-", "13", "75.0%"] in lines
    assert ["a_very_long_name_of_a_cut", "4", "3", "50.0%", "50", "+-", "13", NOTHING] in lines
    assert " ".join(lines[-1]) == "3 pass, 37.5%; weighted 38 +- 17 %"


def test_what_knows_no_cuts_tells_what_passes_all_of_them() -> None:
    bare = FLOW.model_copy(update={"cuts": (), "weighted": None})
    assert (
        render(bare)
        == f"Cut flow of mine, events: 8 entries\n3 pass, 37.5%; weighted {NOTHING} %\n"
    )


def test_print_shows_it_within_a_screen() -> None:
    assert str(FLOW) == render(FLOW).strip("\n")
    assert max(map(len, str(FLOW).splitlines())) <= 100
