import dataclasses
import io

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import image

from higgsflow.report import aggregates
from higgsflow.report.histograms import fill_histograms
from higgsflow.report.largest import Largest
from higgsflow.report.plots import draw_effects, draw_stack
from higgsflow.report.stacks import (
    compared,
    observed,
    outside,
    process_order,
    signal_factor,
    simulated,
    stack,
)
from higgsflow.report.systematic_rows import systematic_rows

WINDOW = ("m_gg", 115.0, 135.0)
PNG = b"\x89PNG\r\n"


def stacks(summary):
    order = process_order(summary)
    for book in fill_histograms(summary).books:
        for i, tag in enumerate(summary.tags):
            yield stack(book, (i, tag), order)


def first(summary, variable="m_gg"):
    return next(one for one in stacks(summary) if one.variable == variable)


def test_every_picture_is_a_png_of_readable_size(make_summary):
    for one in stacks(make_summary()):
        png = draw_stack(one, "2017, 41.5 /fb")["png"]
        assert png.startswith(PNG)
        assert image.imread(io.BytesIO(png)).shape[1] == 640


def test_legend_of_many_processes_covers_nothing(make_summary):
    """Beside the axes there is room for it, and the axes are as large as ever."""
    few, many = (
        [(f"s{i}", "simulation", f"p{i}", False, 1.0 + i) for i in range(n)] for n in (2, 40)
    )
    signals = [(name, kind, process, True, weight) for name, kind, process, _, weight in many]
    narrow, wide = (
        image.imread(io.BytesIO(draw_stack(first(make_summary(samples=samples)), "c")["png"]))
        for samples in (tuple(few), tuple(signals))
    )
    assert (narrow.shape[1], wide.shape[1]) == (640, 840)
    assert narrow.shape[0] == wide.shape[0]
    # the axes end where they did, and the legend below its last line
    assert (wide[-20:, 640:, :3] == 1).all()
    assert (wide[:, 640:, :3] < 1).any()


def test_same_stack_gives_the_same_bytes(make_summary):
    one = first(make_summary())
    assert draw_stack(one, "c") == draw_stack(one, "c")


def test_drawing_leaves_no_settings_behind(make_summary):
    before = dict(mpl.rcParams)
    draw_stack(first(make_summary()), "c")
    assert dict(mpl.rcParams) == before


def test_blinded_bins_have_no_point(make_summary):
    one = first(make_summary(blinded=WINDOW))
    values, errors = observed(one)
    inside = (one.edges[:-1] < 135) & (one.edges[1:] > 115)
    assert np.isnan(values[inside]).all()
    assert np.isnan(errors[inside]).all()
    assert np.isfinite(values[~inside]).any()


def test_unblinded_bins_have_points(make_summary):
    one = first(make_summary())
    values, errors = observed(one)
    filled = one.data.values() > 0
    assert np.isfinite(values).tolist() == filled.tolist()
    np.testing.assert_allclose(errors[filled], np.sqrt(values[filled]))


def test_blinded_picture_does_not_depend_on_data_of_the_window(make_summary, rewrite):
    """All data of the window are moved to another place in it, and some are taken away."""
    summary = make_summary(blinded=WINDOW)
    before = [draw_stack(one, "c") for one in stacks(summary)]
    for sample in summary.samples:
        if sample.kind == "data":
            _shuffle_window(sample.merged["nominal"], rewrite)
    assert [draw_stack(one, "c") for one in stacks(summary)] == before


def _shuffle_window(path, rewrite):
    from pathlib import Path

    import pyarrow.parquet as pq

    rows = {name: np.array(v) for name, v in pq.read_table(path).to_pydict().items()}
    inside = (rows["m_gg"] > 115) & (rows["m_gg"] < 135)
    rows["m_gg"][inside] = 125.0
    rows["n_jets"][inside] = 6
    taken = inside & (np.arange(len(inside)) % 2 == 0)
    rewrite(Path(path), {name: v[~taken] for name, v in rows.items()})


def test_unblinded_picture_does_depend_on_them(make_summary, rewrite):
    summary = make_summary()
    before = draw_stack(first(summary), "c")
    for sample in summary.samples:
        if sample.kind == "data":
            _shuffle_window(sample.merged["nominal"], rewrite)
    assert draw_stack(first(summary), "c") != before


def test_simulation_adds_values_and_variances(make_summary):
    one = first(make_summary())
    values, error = simulated(one)
    np.testing.assert_allclose(values, sum(h.values() for _, h, _ in one.parts))
    np.testing.assert_allclose(error**2, sum(h.variances() for _, h, _ in one.parts))


def test_blinded_data_are_compared_with_the_same_events(make_summary):
    summary = make_summary(blinded=WINDOW)
    mass, jets = first(summary), first(summary, "n_jets")
    np.testing.assert_array_equal(compared(mass)[0], simulated(mass)[0])
    assert compared(jets)[0].sum() < simulated(jets)[0].sum()


def test_hidden_signal_is_lifted_by_a_round_number(make_summary):
    one = first(make_summary(), "n_jets")
    factor = signal_factor(one)
    lifted = factor * one.signal.values().max()
    assert f"{factor:g}"[0] in "125"
    assert 0.25 * simulated(one)[0].max() < lifted <= simulated(one)[0].max()


@pytest.mark.parametrize("weight", [1.0, 0.0])
def test_signal_that_shows_or_is_zero_is_not_scaled(make_summary, weight):
    samples = (
        ("s", "simulation", "s", True, weight),
        ("b", "simulation", "b", False, 1.0 if weight == 0 else 0.1),
    )
    assert signal_factor(first(make_summary(samples=samples), "n_jets")) == 1


def test_what_is_outside_the_axis_is_counted(make_summary):
    one = first(make_summary(), "pt_gg")
    total = one.data.values(flow=True).sum()
    assert outside(one.data) == total - one.data.values().sum()


@pytest.mark.parametrize("kept", ["simulation", "data"])
def test_one_kind_alone_is_drawn(make_summary, kept):
    samples = {
        "simulation": (("b", "simulation", "b", False, 1.0),),
        "data": (("Data", "data", "data", False, 1.0),),
    }[kept]
    for one in stacks(make_summary(samples=samples)):
        assert draw_stack(one, "c")["png"].startswith(PNG)


def test_empty_tag_is_drawn(make_summary, rewrite):
    from pathlib import Path

    import pyarrow.parquet as pq

    summary = make_summary(blinded=WINDOW)
    for sample in summary.samples:
        path = Path(sample.merged["nominal"])
        rows = pq.read_table(path).to_pydict()
        rewrite(path, {name: np.array(v)[:0] for name, v in rows.items()})
    for one in stacks(summary):
        assert draw_stack(one, "c")["png"].startswith(PNG)


def test_negative_weights_are_drawn(make_summary):
    samples = (("i", "simulation", "i", False, -0.5), ("Data", "data", "data", False, 1.0))
    for one in stacks(make_summary(samples=samples)):
        assert draw_stack(one, "c")["png"].startswith(PNG)


def test_names_are_not_read_as_formulas(make_summary):
    samples = (
        ("a", "simulation", r"_$\frac{", False, 1.0),
        ("b", "simulation", "p$$", True, 1.0),
    )
    for one in stacks(make_summary(samples=samples)):
        assert draw_stack(one, "$")["png"].startswith(PNG)


@pytest.mark.parametrize("n_tags", [1, 2, 4])
def test_effects_have_a_panel_for_each_tag(make_summary, n_tags):
    summary = make_summary()
    rows = systematic_rows(aggregates.simulation(summary), ("tth",))
    tags = [f"tag{i}" for i in range(n_tags)]
    for row in rows:
        row.effect.update(dict.fromkeys(tags, 0.1))
    made = draw_effects("effects", Largest(rows), tags)
    assert made["png"].startswith(PNG)
    assert made == draw_effects("effects", Largest(rows), tags)


def test_a_long_name_leaves_room_for_bars(make_summary):
    """One of 195 letters left none, of which matplotlib warned on the screen of the user."""
    rows = systematic_rows(aggregates.simulation(make_summary()), ("tth",))
    long = [dataclasses.replace(row, systematic=row.systematic.ljust(195, "x")) for row in rows]
    assert draw_effects("effects", Largest(tuple(long)), ("tth",))["png"].startswith(PNG)


def test_unknown_effect_has_no_bar(make_summary):
    summary = make_summary()
    rows = systematic_rows(aggregates.simulation(summary), ("tth",))
    for row in rows:
        row.effect["tth"] = None
    assert draw_effects("effects", Largest(rows), ("tth",))["png"].startswith(PNG)
