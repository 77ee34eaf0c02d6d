import pytest

from higgsflow.model.reporting import Sentinels
from higgsflow.report.totals import concluded, rows_of_year_groups, totals

WINDOW = ("m_gg", 115.0, 135.0)


def by_key(summary, groups=None):
    return {(t.name, t.group): t for t in totals(summary, groups or {})}


def test_process_is_summed_over_years_and_groups_of_years(make_summary):
    summary = make_summary()
    found = by_key(summary, {"run2": ("2017", "2018")})
    parts = [found["ttH", year].yields["tth"] for year in ("2017", "2018")]
    for group in ("run2", "all"):
        total = found["ttH", group]
        assert total.yields["tth"].n == sum(part.n for part in parts)
        assert total.yields["tth"].value == pytest.approx(sum(part.value for part in parts))
        assert total.yields["tth"].error ** 2 == pytest.approx(sum(p.error**2 for p in parts))
        assert (total.samples, total.years) == (("ttH_M125",), ("2017", "2018"))


def test_all_simulation_is_the_sum_of_its_processes(make_summary):
    found = by_key(make_summary())
    parts = [found[name, "all"].yields["thq"].value for name in ("ttH", "diphoton")]
    assert found["all simulation", "all"].yields["thq"].value == pytest.approx(sum(parts))
    assert found["all simulation", "all"].samples == ("ttH_M125", "DiPhoton")
    assert found["data: data", "2017"].years == ("2017",)


def test_sums_are_there_whatever_they_are_of(make_summary):
    """Programs look for them by name, also where there is one process, or signal alone."""
    summary = make_summary()
    signal = summary.model_copy(update={"samples": tuple(s for s in summary.samples if s.signal)})
    found = by_key(signal)
    assert found["all signal", "2017"].yields == found["ttH", "2017"].yields
    assert found["all simulation", "2017"].yields == found["ttH", "2017"].yields
    data = tuple(s for s in summary.samples if s.kind == "data")
    assert {name for name, _ in by_key(summary.model_copy(update={"samples": data}))} == {
        "data: data"
    }


def test_group_of_years_that_are_not_there_has_no_sums(make_summary):
    assert not [key for key in by_key(make_summary(), {"run3": ("2022",)}) if key[1] == "run3"]


def test_effects_are_those_of_all_samples(make_summary):
    effects = by_key(make_summary())["ttH", "all"].effects
    assert effects["pileup_up"]["tth"] == pytest.approx(0.1)
    assert effects["scale_up"]["tth"] == pytest.approx(0.02)


def test_blinded_data_have_no_sums(make_summary):
    total = by_key(make_summary(blinded=WINDOW))["data: data", "all"]
    assert (total.hidden, total.yields) == (True, {})


def test_sum_of_incomplete_samples_is_incomplete(make_summary):
    found = by_key(make_summary(incomplete=True))
    assert not found["all simulation", "2017"].complete
    assert found["all simulation", "2017"].fraction == pytest.approx(0.975)
    assert (found["ttH", "2017"].complete, found["ttH", "2017"].fraction) == (True, 1.0)


def test_conclusion_has_totals_and_findings(make_summary):
    found = concluded(make_summary(incomplete=True), {}, Sentinels())
    assert found.totals == totals(found, {})
    assert "incomplete" in {finding.kind for finding in found.findings}


def test_groups_of_years_have_rows_and_years_have_their_own(make_summary):
    summary = concluded(make_summary(), {"run2": ("2017", "2018")}, Sentinels())
    rows = rows_of_year_groups(summary)
    assert list(rows) == ["run2"]
    assert [row.name for row in rows["run2"]][:2] == ["ttH", "diphoton"]
    assert rows_of_year_groups(make_summary()) == {}
