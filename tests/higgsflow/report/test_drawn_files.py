from pathlib import Path

import pyarrow.parquet as pq
import pytest

from higgsflow.output.provenance import annotated
from higgsflow.report.drawn_files import (
    all_data_are_read,
    meanings_of,
    not_simulated,
    readable,
)


def read(summary):
    """The files that can be drawn, and what is said of the others."""
    notes = []
    return tuple(readable(summary, notes)), notes


def test_every_file_of_a_whole_analysis_is_drawn(make_summary):
    summary = make_summary()
    files, notes = read(summary)
    assert [file.sample for file in files] == list(summary.samples)
    assert notes == []
    assert all_data_are_read(summary, files)


@pytest.mark.parametrize("content", [None, b"not parquet"])
def test_file_that_cannot_be_read_is_named(make_summary, content):
    summary = make_summary()
    path = Path(summary.samples[0].merged["nominal"])
    path.unlink() if content is None else path.write_bytes(content)
    files, (note,) = read(summary)
    assert len(files) == len(summary.samples) - 1
    assert note.startswith("ttH_M125 (2017) is not drawn: cannot read")


def test_file_without_the_column_that_is_blinded_is_named(make_summary):
    summary = make_summary(blinded=("score", 0.5, 1.0))
    files, notes = read(summary)
    assert files == ()
    assert "no column score, which says what is blinded" in notes[0]


def test_sample_without_a_merged_nominal_file_is_named(make_summary):
    summary = make_summary()
    first = summary.samples[0].model_copy(update={"merged": {}})
    _, (note,) = read(summary.model_copy(update={"samples": (first, *summary.samples[1:])}))
    assert note == "ttH_M125 (2017) is not drawn: the summary names no merged nominal file"


def test_data_of_which_a_file_is_missing_are_not_all_read(make_summary):
    summary = make_summary()
    files, _ = read(summary)
    rest = tuple(file for file in files if file.sample.kind != "data")
    assert not all_data_are_read(summary, (*rest, files[-1]))
    assert not all_data_are_read(summary.model_copy(update={"samples": ()}), ())


def test_years_of_data_without_simulation_are_named(make_summary):
    files, _ = read(summary := make_summary())
    assert list(not_simulated(summary, files)) == []
    kept = tuple(f for f in files if f.sample.kind == "data" or f.sample.year == "2017")
    (note,) = not_simulated(summary, kept)
    assert note.startswith("data of 2018 have no simulation to be compared with")
    # without any simulation nothing is compared
    assert not list(not_simulated(summary, tuple(f for f in files if f.sample.kind == "data")))


def test_meaning_of_a_column_is_that_of_the_first_file_that_has_it(make_summary):
    files, _ = read(make_summary())
    assert meanings_of(["n_jets"], files) == {}
    for file, text in zip(files, ("jets", "something else"), strict=False):
        table = pq.read_table(file.path)
        pq.write_table(table.cast(annotated(table.schema, {"n_jets": text}, {})), file.path)
    assert meanings_of(["n_jets", "pt_gg"], files) == {"n_jets": "jets"}
