from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from higgsflow.report.histograms import fill_histograms

WINDOW = ("m_gg", 115.0, 135.0)


def books(summary):
    return {book.variable: book for book in fill_histograms(summary).books}


def read(sample):
    return pq.read_table(sample.merged["nominal"]).to_pydict()


def data_rows(summary):
    found = [read(sample) for sample in summary.samples if sample.kind == "data"]
    return {name: np.concatenate([rows[name] for rows in found]) for name in found[0]}


def change(sample, **columns):
    path = Path(sample.merged["nominal"])
    table = pq.read_table(path).to_pydict()
    table.update(columns)
    pq.write_table(pa.table({k: v for k, v in table.items() if v is not None}), path)


def test_simulation_is_the_yield_of_the_summary(make_summary):
    summary = make_summary()
    histogram = books(summary)["n_jets"].simulation["ttH", True]
    expected = sum(
        s.variations["nominal"].yields["tth"].value for s in summary.samples if s.process == "ttH"
    )
    assert histogram[:, 0, :].values(flow=True).sum() == pytest.approx(expected)


def test_uncertainty_is_the_sum_of_squares(make_summary):
    histogram = books(make_summary())["n_jets"].simulation["diphoton", False]
    np.testing.assert_allclose(histogram.variances(), 0.5 * histogram.values())


def test_row_groups_are_all_read(make_summary):
    summary = make_summary()
    assert pq.ParquetFile(summary.samples[0].merged["nominal"]).num_row_groups > 1
    assert books(summary)["m_gg"].data.values(flow=True).sum() == 400


def test_nan_is_left_out(make_summary):
    summary = make_summary()
    n_nan = np.isnan(data_rows(summary)["pt_gg"]).sum()
    assert n_nan == 4
    assert books(summary)["pt_gg"].data.values(flow=True).sum() == 400 - n_nan


def test_nulls_of_integers_are_left_out(make_summary):
    summary = make_summary()
    data = next(s for s in summary.samples if s.kind == "data")
    change(data, n_jets=pa.array([None] * 10 + [1] * 190, pa.int32()))
    assert books(summary)["n_jets"].data.values(flow=True).sum() == 390


def test_untagged_rows_are_left_out(make_summary):
    summary = make_summary()
    data = next(s for s in summary.samples if s.kind == "data")
    change(data, tag_idx=pa.array([-1] * 50 + [0] * 150, pa.int16()))
    assert books(summary)["m_gg"].data.values(flow=True).sum() == 350


def test_no_bin_of_any_variable_counts_data_of_the_window(make_summary):
    summary = make_summary(blinded=WINDOW)
    rows = data_rows(summary)
    outside = (rows["m_gg"] <= 115) | (rows["m_gg"] >= 135)
    assert 0 < outside.sum() < len(outside)
    for name, book in books(summary).items():
        expected = np.isfinite(rows[name]) & outside
        assert book.data.values(flow=True).sum() == expected.sum()


def test_values_of_the_blinded_events_are_the_ones_left_out(make_summary):
    summary = make_summary(blinded=WINDOW)
    rows = data_rows(summary)
    outside = (rows["m_gg"] <= 115) | (rows["m_gg"] >= 135)
    expected = np.bincount(rows["n_jets"][outside], minlength=7)
    assert books(summary)["n_jets"].data.values().sum(axis=(0, 1)).tolist() == expected.tolist()


def test_bins_that_touch_the_window_are_hidden(make_summary):
    book = books(make_summary(blinded=("m_gg", 115.0, 135.0)))["m_gg"]
    hidden = book.edges[:-1][book.hidden]
    assert (hidden[0], hidden[-1]) == (114.0, 134.0)


def test_bins_of_other_variables_are_not_hidden(make_summary):
    assert not books(make_summary(blinded=WINDOW))["pt_gg"].hidden.any()


def test_nothing_is_hidden_when_unblinded(make_summary):
    for book in books(make_summary()).values():
        assert not book.hidden.any()
        assert book.comparable is None


def test_mass_of_nan_is_hidden_when_blinded(make_summary):
    summary = make_summary(blinded=WINDOW)
    for sample in summary.samples:
        if sample.kind == "data":
            change(sample, m_gg=[float("nan")] * 200)
    assert books(summary)["n_jets"].data.values(flow=True).sum() == 0


def test_data_without_the_blinded_column_are_not_drawn(make_summary):
    summary = make_summary(blinded=WINDOW)
    for sample in summary.samples:
        if sample.kind == "data":
            change(sample, m_gg=None)
    filled = fill_histograms(summary)
    assert all(book.data is None for book in filled.books)
    assert filled.side_bands is None
    assert "no column m_gg, which says what is blinded" in filled.notes[0]


def test_blinding_works_on_a_column_that_is_not_drawn(make_summary):
    summary = make_summary(blinded=("n_jets", 1.0, 5.0), variables=("pt_gg",))
    rows = data_rows(summary)
    outside = (rows["n_jets"] <= 1) | (rows["n_jets"] >= 5)
    assert books(summary)["m_gg"].data.values(flow=True).sum() == outside.sum()


def test_blinded_data_are_compared_with_simulation_outside_the_window(make_summary):
    summary = make_summary(blinded=WINDOW)
    expected = 0.0
    for sample in summary.samples:
        rows = read(sample)
        mass, weight = np.array(rows["m_gg"]), np.array(rows["weight_central"])
        if sample.kind != "data":
            expected += weight[(mass <= 115) | (mass >= 135)].sum()
    found = books(summary)
    assert found["n_jets"].comparable.values(flow=True).sum() == pytest.approx(expected)
    assert found["m_gg"].comparable is None


def test_side_bands_count_data_outside_the_window(make_summary):
    summary = make_summary(blinded=WINDOW)
    rows = data_rows(summary)
    outside = (rows["m_gg"] <= 115) | (rows["m_gg"] >= 135)
    expected = np.bincount(rows["tag_idx"][outside], minlength=2).tolist()
    assert list(fill_histograms(summary).side_bands.values()) == expected


def test_side_bands_of_a_part_of_the_data_are_not_known(make_summary):
    summary = make_summary(blinded=WINDOW)
    Path(summary.samples[-1].merged["nominal"]).unlink()
    assert fill_histograms(summary).side_bands is None


def test_unblinded_data_have_no_side_bands(make_summary):
    assert fill_histograms(make_summary()).side_bands is None


def test_why_a_file_is_not_drawn_is_in_the_notes(make_summary):
    summary = make_summary()
    Path(summary.samples[0].merged["nominal"]).unlink()
    filled = fill_histograms(summary)
    assert len(filled.books) == 3
    assert filled.notes[0].startswith("ttH_M125 (2017) is not drawn: cannot read")


def test_variable_that_no_file_has_is_named(make_summary):
    filled = fill_histograms(make_summary(variables=("m_jj",)))
    assert filled.notes == ("m_jj is not drawn: no merged file has this column",)


def test_variable_that_one_sample_lacks_is_drawn_for_the_others(make_summary):
    summary = make_summary()
    change(summary.samples[0], n_jets=None)
    filled = fill_histograms(summary)
    assert filled.notes == ("n_jets is not drawn for ttH_M125 (2017): no such column",)


def test_column_of_text_is_not_drawn(make_summary):
    summary = make_summary(variables=("era",))
    for sample in summary.samples:
        change(sample, era=["B"] * 200)
    assert fill_histograms(summary).notes == ("era is not drawn: its values are of type string",)


def test_column_of_booleans_is_drawn_as_numbers(make_summary):
    summary = make_summary(variables=("n_jets",))
    for sample in summary.samples:
        change(sample, n_jets=pa.array([True, False] * 100))
    assert books(summary)["n_jets"].data[:, :, 1j].values(flow=True).sum() == 200


def test_files_without_rows_are_fine(make_summary, rewrite):
    summary = make_summary()
    for sample in summary.samples:
        path = Path(sample.merged["nominal"])
        rewrite(path, {n: np.array(v)[:0] for n, v in read(sample).items()})
    found = books(summary)
    assert found["m_gg"].data.values(flow=True).sum() == 0


def test_no_samples_is_fine(make_summary):
    filled = fill_histograms(make_summary(samples=()))
    assert filled.books == ()
    assert "m_gg is not drawn: no merged file has this column" in filled.notes


def test_what_is_blinded_is_drawn_first(make_summary):
    assert list(books(make_summary())) == ["m_gg", "pt_gg", "n_jets"]
    found = books(make_summary(blinded=("n_jets", 2.0, 3.0)))
    assert list(found) == ["n_jets", "m_gg", "pt_gg"]


def test_an_analysis_without_photon_pairs_hears_nothing_of_their_mass(make_summary):
    summary = make_summary(variables=("pt_gg", "n_jets"))
    for sample in summary.samples:
        change(sample, m_gg=None)
    filled = fill_histograms(summary)
    assert [book.variable for book in filled.books] == ["pt_gg", "n_jets"]
    assert not any("m_gg" in note for note in filled.notes)


def test_alternatives_are_not_drawn(make_summary):
    summary = make_summary()
    before = fill_histograms(summary)
    other = {"sample": "ttH_M120", "process": "ttH_M120", "alternative": True}
    more = tuple(s.model_copy(update=other) for s in summary.samples if s.signal)
    after = fill_histograms(summary.model_copy(update={"samples": (*summary.samples, *more)}))
    assert [list(book.simulation) for book in after.books] == [
        list(book.simulation) for book in before.books
    ]
    assert set(after.notes) - set(before.notes) == {
        f"ttH_M120 ({s.year}) is not drawn: it is an alternative" for s in more
    }
