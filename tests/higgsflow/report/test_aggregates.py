import pytest

from higgsflow.report import aggregates
from higgsflow.report.variation_content import Yield

WINDOW = ("m_gg", 115.0, 135.0)


def rows(summary, *years):
    return {row.name: row for row in aggregates.yield_rows(summary, *years)}


def test_yields_of_a_process_are_sums_over_samples_and_years(make_summary):
    summary = make_summary()
    parts = [s.variations["nominal"].yields["tth"] for s in summary.samples if s.process == "ttH"]
    found = rows(summary)["ttH"].yields["tth"]
    assert found.value == pytest.approx(sum(y.value for y in parts))
    assert found.error == pytest.approx(sum(y.error**2 for y in parts) ** 0.5)


def test_years_add_up_to_all_years(make_summary):
    summary = make_summary()
    by_year = [rows(summary, year)["diphoton"].yields["thq"].n for year in ("2017", "2018")]
    assert sum(by_year) == rows(summary)["diphoton"].yields["thq"].n


def test_sums_of_signal_and_simulation_leave_out_data(make_summary):
    found = rows(make_summary())
    total = found["all simulation"].yields["tth"].value
    assert total == pytest.approx(
        found["ttH"].yields["tth"].value + found["diphoton"].yields["tth"].value
    )
    assert found["all signal"].yields == found["ttH"].yields


def test_tables_leave_out_a_sum_that_repeats_a_row(make_summary):
    summary = make_summary()
    signal = [s for s in summary.samples if s.signal]
    other = [s.model_copy(update={"process": "tHq"}) for s in signal]
    names = {
        "one": tuple(rows(summary.model_copy(update={"samples": tuple(signal)}))),
        "two": tuple(rows(summary.model_copy(update={"samples": (*signal, *other)}))),
    }
    assert names == {"one": ("ttH",), "two": ("ttH", "tHq", "all simulation")}


def test_sum_with_an_incomplete_sample_is_incomplete(make_summary):
    found = rows(make_summary(incomplete=True))
    complete = {name: row.complete for name, row in found.items()}
    assert complete == {
        "ttH": True,
        "diphoton": False,
        "all signal": True,
        "all simulation": False,
        "data: data": True,
    }


def test_fraction_of_a_sum_counts_entries(make_summary):
    """95 % of 1000 entries, with all of 1000, and with all of 9000."""
    one = next(s for s in make_summary(incomplete=True).samples if not s.complete)
    whole = next(s for s in make_summary().samples)
    assert aggregates.processed([one, whole]) == pytest.approx(0.975)
    large = whole.model_copy(update={"n_entries": 9000})
    assert aggregates.processed([one, large]) == pytest.approx(0.995)
    none = one.model_copy(update={"n_entries": 0})
    assert aggregates.processed([none]) == 1.0


def test_cut_flow_of_a_sample_is_as_complete_as_its_years(make_summary):
    found = aggregates.flow_tables(make_summary(incomplete=True))[0].rows
    by_name = {row.sample: (row.complete, row.fraction) for row in found}
    assert by_name["DiPhoton"] == (False, 0.95)
    assert by_name["ttH_M125"] == (True, 1.0)


def test_yields_of_blinded_data_are_hidden(make_summary):
    found = rows(make_summary(blinded=WINDOW))
    assert found["data: data"].hidden
    assert found["data: data"].yields == {}
    assert not found["all simulation"].hidden


def test_luminosity_counts_each_year_once(make_summary):
    assert aggregates.luminosity(make_summary()) == pytest.approx(41.5 + 59.8)


def test_cut_flows_add_years(make_summary):
    summary = make_summary()
    table = aggregates.flow_tables(summary)[0]
    assert (table.tagger, table.cuts) == ("diphoton", ("two photons", "mass window"))
    row = table.rows[0]
    assert (row.flow.total.n, row.flow.prefix[1].n) == (1600, 400)


def test_cut_flows_of_blinded_data_are_hidden(make_summary):
    for table in aggregates.flow_tables(make_summary(blinded=WINDOW)):
        assert [row.flow is None for row in table.rows] == [False, False, True]


def test_other_cuts_make_another_table(make_summary):
    summary = make_summary()
    first = summary.samples[0]
    nominal = first.variations["nominal"]
    flow = nominal.flows[1]
    renamed = flow.model_copy(update={"cuts": (flow.cuts[0].model_copy(update={"name": "two"}),)})
    changed = nominal.model_copy(update={"flows": (nominal.flows[0], renamed)})
    sample = first.model_copy(update={"variations": {"nominal": changed}})
    summary = summary.model_copy(update={"samples": (sample, *summary.samples[1:])})
    tables = aggregates.flow_tables(summary)
    assert [t.cuts for t in tables[1:]] == [("two",), ("b-jet",)]


def test_overlap_of_data_is_there_unless_blinded(make_summary):
    opened = [one.name for one in aggregates.overlaps(make_summary())]
    blinded = [one.name for one in aggregates.overlaps(make_summary(blinded=WINDOW))]
    assert opened == ["ttH", "diphoton", "data: data"]
    assert blinded == ["ttH", "diphoton"]


def test_overlap_adds_years(make_summary):
    one = aggregates.overlaps(make_summary())[0]
    assert one.matrix[0][1] == 6
    assert one.before[1] == one.after[1] + 6


def with_alternative(summary):
    """Once more with the signal, as if of another mass."""
    other = {"sample": "ttH_M120", "process": "ttH_M120", "alternative": True}
    more = tuple(s.model_copy(update=other) for s in summary.samples if s.signal)
    return summary.model_copy(update={"samples": (*more, *summary.samples)})


def test_an_alternative_is_in_no_sum_but_its_own(make_summary):
    summary = make_summary()
    before, after = rows(summary), rows(with_alternative(summary))
    assert after["alternative: ttH_M120"].yields == before["ttH"].yields
    assert {name: row for name, row in after.items() if "M120" not in name} == before


def test_alternatives_alone_have_no_sum(make_summary):
    summary = with_alternative(make_summary())
    only = tuple(s for s in summary.samples if s.alternative)
    assert list(rows(summary.model_copy(update={"samples": only}))) == ["alternative: ttH_M120"]


def test_independent_yields_add_in_quadrature():
    parts = [Yield(n=1, value=1.5, error=3.0), Yield(n=2, value=-0.5, error=4.0)]
    assert aggregates.total_yield(parts) == Yield(n=3, value=1.0, error=5.0)


def test_no_yields_are_zero():
    assert aggregates.total_yield([]) == Yield(n=0, value=0.0, error=0.0)
