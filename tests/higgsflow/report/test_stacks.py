from pathlib import Path

import hist
import numpy as np
import pyarrow.parquet as pq
import pytest

from higgsflow.output.provenance import annotated
from higgsflow.report.colors import look
from higgsflow.report.histograms import fill_histograms
from higgsflow.report.stacks import (
    Stack,
    axis_label,
    compared,
    events_label,
    not_drawn,
    observed,
    process_order,
    signal_factor,
    simulated,
    stack,
)


def stacks(summary, variable="n_jets"):
    book = {b.variable: b for b in fill_histograms(summary).books}[variable]
    return [stack(book, (i, tag), process_order(summary)) for i, tag in enumerate(summary.tags)]


def many(n_signal, n_background):
    return tuple(
        (f"s{i:02d}", "simulation", f"p{i:02d}", i < n_signal, 0.1 * (i + 1))
        for i in range(n_signal + n_background)
    )


def test_signal_comes_first_then_the_largest(make_summary):
    order = process_order(make_summary(samples=many(2, 3)))
    assert [name for name, _ in order] == ["p01", "p00", "p04", "p03", "p02"]


def test_signal_lies_on_top_of_the_stack(make_summary):
    found = stacks(make_summary())[0]
    assert [name for name, _, _ in found.parts] == ["diphoton", "ttH"]


def test_stack_holds_one_tag(make_summary):
    summary = make_summary()
    for one in stacks(summary):
        expected = sum(
            s.variations["nominal"].yields[one.tag].n for s in summary.samples if s.kind == "data"
        )
        assert one.data.values(flow=True).sum() == expected


def test_small_backgrounds_are_put_together_and_not_lost(make_summary):
    summary = make_summary(samples=many(1, 12))
    found = stacks(summary)[0]
    assert found.parts[0][0] == "5 others"
    assert len(found.parts) == 9
    expected = sum(s.variations["nominal"].yields["tth"].value for s in summary.samples)
    assert sum(h.values().sum() for _, h, _ in found.parts) == pytest.approx(expected)


def test_no_two_processes_of_a_picture_look_alike(make_summary):
    """Thirty signals and a dozen backgrounds: more than there are colours."""
    summary = make_summary(samples=many(30, 12))
    parts = stacks(summary)[0].parts
    names = [name for name, _, _ in parts]
    assert ("6 other signals" in names, "8 others" in names) == (True, True)
    assert len({look(rank) for _, _, rank in parts}) == len(parts) == 24 + 1 + 4 + 1
    assert [of.startswith("p") for of in names[6:]] == [True] * 24
    expected = sum(s.variations["nominal"].yields["tth"].value for s in summary.samples)
    assert sum(h.values().sum() for _, h, _ in parts) == pytest.approx(expected)


def test_one_process_alone_keeps_its_name(make_summary):
    parts = stacks(make_summary(samples=many(1, 8)))[0].parts
    assert {name for name, _, _ in parts} == {f"p{i:02d}" for i in range(9)}


def test_no_signal_is_among_the_others(make_summary):
    found = stacks(make_summary(samples=many(10, 6)))[0]
    assert {name for name, _, _ in found.parts} >= {f"p{i:02d}" for i in range(10)}


def test_colour_of_a_process_is_the_same_in_every_tag(make_summary):
    ranks = [{name: rank for name, _, rank in one.parts} for one in stacks(make_summary())]
    assert ranks[0] == ranks[1]


def test_signal_is_the_sum_of_signals(make_summary):
    found = stacks(make_summary(samples=many(2, 1)))[0]
    parts = {name: h for name, h, _ in found.parts}
    np.testing.assert_allclose(found.signal.values(), parts["p00"].values() + parts["p01"].values())


def test_no_signal_is_none(make_summary):
    assert stacks(make_summary(samples=many(0, 2)))[0].signal is None


def test_no_data_is_none(make_summary):
    assert stacks(make_summary(samples=many(1, 2)))[0].data is None


def without(summary, kind, year):
    kept = tuple(s for s in summary.samples if (s.kind, s.year) != (kind, year))
    return summary.model_copy(update={"samples": kept})


@pytest.mark.parametrize("blinded", [None, ("pt_gg", 10.0, 20.0)])
def test_data_are_compared_with_simulation_of_their_years(make_summary, blinded):
    """The sum of all years has simulation of a year in which no data were looked at."""
    summary = without(make_summary(blinded=blinded), "data", "2017")
    of_2018 = tuple(s for s in summary.samples if s.year == "2018")
    alone = stacks(summary.model_copy(update={"samples": of_2018}))
    for found, expected in zip(stacks(summary), alone, strict=True):
        assert simulated(found)[0].sum() > 1.5 * simulated(expected)[0].sum()
        np.testing.assert_allclose(observed(found)[0], observed(expected)[0])
        np.testing.assert_allclose(compared(found), compared(expected))


def test_a_year_without_data_shows_none(make_summary):
    summary = without(make_summary(), "data", "2017")
    book = {b.variable: b for b in fill_histograms(summary).books}["n_jets"]
    drawn = [stack(book, (0, "tth"), process_order(summary), [year]) for year in (0, 1)]
    assert [one.data is None for one in drawn] == [True, False]
    assert [one.comparable for one in drawn] == [None, None]


def test_years_with_data_alone_are_named(make_summary):
    summary = make_summary(samples=(*many(1, 1), ("Data", "data", "data", False, 1.0)))
    assert not fill_histograms(summary).notes
    summary = without(summary, "simulation", "2018")
    (note,) = fill_histograms(summary).notes
    assert note.startswith("data of 2018 have no simulation to be compared with")


def test_what_no_bin_shows_is_counted(make_summary, rewrite):
    """Of data three events far away, and four of no value; of simulation as many."""
    summary = make_summary()
    for sample in summary.samples:
        rows = pq.read_table(sample.merged["nominal"]).to_pydict()
        values = np.array(rows["pt_gg"])
        first = np.flatnonzero(np.array(rows["tag_idx"]) == 0)[:7]
        values[first[:3]], values[first[3:]] = 1e9, np.nan
        rewrite(Path(sample.merged["nominal"]), {**rows, "pt_gg": values})
    found = stacks(summary, "pt_gg")[0]
    n = sum(sample.kind == "data" for sample in summary.samples)
    beyond, absent = not_drawn(found)
    assert beyond.startswith("outside of the axis: sim. ")
    assert beyond.endswith(f"data {3 * n}")
    assert absent.startswith("without a value: sim. ")
    everything = sum(
        float(np.sum(np.array(rows["weight_central"])[np.array(rows["tag_idx"]) == 0]))
        for s in summary.samples
        if s.kind != "data"
        for rows in [pq.read_table(s.merged["nominal"]).to_pydict()]
    )
    drawn = sum(h.values(flow=True).sum() for _, h, _ in found.parts)
    assert drawn + found.undefined[0] == pytest.approx(everything)


def test_unit_is_on_both_axes(make_summary):
    summary = make_summary()
    for sample in summary.samples:
        path = sample.merged["nominal"]
        table = pq.read_table(path)
        origin = {"pt_gg": "transverse momentum of the pair [GeV]"}
        pq.write_table(table.cast(annotated(table.schema, origin, {})), path)
    found = stacks(summary, "pt_gg")[0]
    assert axis_label(found) == "pt_gg [GeV]"
    assert events_label(found).endswith(" GeV")
    without_unit = stacks(summary, "n_jets")[0]
    assert axis_label(without_unit) == "n_jets"
    assert events_label(without_unit) == "Events / 1"


def test_signal_is_lifted_where_rounding_leaves_no_factor():
    def one_bin(value):
        return hist.Hist(hist.axis.Regular(1, 0, 1), storage=hist.storage.Weight()).fill(
            [0.5], weight=value
        )

    parts = (("background", one_bin(7.0 - 0.07), 1), ("signal", one_bin(0.07), 0))
    none = np.zeros(1, dtype=np.bool_)
    found = Stack("x", "t", "", np.array([0.0, 1.0]), none, parts, one_bin(0.07), None, None, False)
    # 100 * 0.07 is 7.000000000000001
    assert signal_factor(found) == 100.0
