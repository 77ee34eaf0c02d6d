import re

import pytest

from higgsflow.model.reporting import Reporting
from higgsflow.report.pictures import make_pictures as draw

SMALL = ("n_jets",)


def make_pictures(summary, folder, **options):
    return draw(summary, folder, Reporting(**options))


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "summary" / "plots"


def test_every_variable_and_tag_has_a_picture(make_summary, folder):
    made = make_pictures(make_summary(variables=SMALL), folder)
    assert [f.title for f in made.of("n_jets", "all years")] == ["n_jets, tth", "n_jets, thq"]


def test_mass_is_drawn_also_when_nobody_asks(make_summary, folder):
    made = make_pictures(make_summary(variables=()), folder)
    assert len(made.of("m_gg", "all years")) == 2


def test_each_year_has_its_pictures(make_summary, folder):
    made = make_pictures(make_summary(variables=()), folder)
    assert [f.title for f in made.of("m_gg", "2018")] == ["m_gg, tth, 2018", "m_gg, thq, 2018"]


def test_files_beside_the_page_are_those_of_the_figures(make_summary, folder):
    made = make_pictures(make_summary(variables=()), folder, files=("png", "pdf"))
    assert {p.name for p in folder.iterdir()} == {n for f in made.figures for n in f.files}
    assert all(p.read_bytes().startswith(b"%PDF") for p in folder.glob("*.pdf"))
    assert len(list(folder.glob("*.pdf"))) == len(list(folder.glob("*.png"))) == 4


def test_single_years_have_files_when_asked(make_summary, folder):
    made = make_pictures(make_summary(variables=()), folder, files_by_year=True)
    assert all(f.files for f in made.figures)
    assert len({name for f in made.of("m_gg") for name in f.files}) == 6


def test_signal_and_other_simulation_have_their_effects(make_summary, folder):
    made = make_pictures(make_summary(variables=()), folder)
    files = [name for f in made.of("systematics") for name in f.files]
    # a drawing for each of two tags, and one file for both
    assert files == ["systematics_signal.png"] * 2 + ["systematics_other_simulation.png"] * 2


def test_what_is_too_much_is_said(make_summary, folder):
    made = make_pictures(make_summary(variables=()), folder, max_figures=3, max_files=1)
    assert made.notes == (
        "7 of 10 pictures are not drawn in this page: report.max_figures is 3",
        "3 of 4 pictures are not files beside it: report.max_files is 1",
    )
    assert [f.period for f in made.figures] == ["all years"] * 3
    assert len(list(folder.iterdir())) == 1


def test_pictures_of_an_earlier_report_are_removed(make_summary, folder):
    """They may show data that are blinded now."""
    make_pictures(make_summary(variables=SMALL), folder)
    assert len(list(folder.glob("*n_jets*"))) == 2
    make_pictures(make_summary(blinded=("m_gg", 115.0, 135.0), variables=()), folder)
    assert not list(folder.glob("*n_jets*"))


def test_other_files_are_left_alone(make_summary, folder):
    folder.mkdir(parents=True)
    for name in ("notes.txt", "holiday.png", "2017_holiday.pdf"):
        (folder / name).write_text("mine")
    make_pictures(make_summary(samples=()), folder)
    assert {path.name for path in folder.iterdir()} == {
        "notes.txt",
        "holiday.png",
        "2017_holiday.pdf",
    }


def test_names_of_files_stay_in_the_folder_and_differ(make_summary, folder):
    import pyarrow.parquet as pq

    summary = make_summary(variables=("../a", "..\\a", "v" * 300))
    for sample in summary.samples:
        path = sample.merged["nominal"]
        table = pq.read_table(path)
        for name in summary.variables:
            table = table.append_column(name, table["m_gg"])
        pq.write_table(table, path)
    samples = tuple(_measured(sample, summary.variables) for sample in summary.samples)
    made = make_pictures(summary.model_copy(update={"samples": samples}), folder)
    names = [name for f in made.figures for name in f.files if f.group != "systematics"]
    assert len(names) == len(set(names)) == 8
    assert not any("/" in name or "\\" in name for name in names)


def _measured(sample, names):
    nominal = sample.variations["nominal"]
    moments = {
        tag: {**columns, **dict.fromkeys(names, columns["m_gg"])}
        for tag, columns in nominal.moments.items()
    }
    changed = nominal.model_copy(update={"moments": moments})
    return sample.model_copy(update={"variations": {**sample.variations, "nominal": changed}})


def test_no_samples_give_no_pictures_and_say_so(make_summary, folder):
    made = make_pictures(make_summary(samples=()), folder)
    assert made.figures == ()
    assert made.notes


def test_of_many_systematics_the_largest_are_drawn(make_summary, with_systematics, folder):
    made = make_pictures(with_systematics(make_summary(variables=()), 100), folder, files=())
    for figure in made.of("systematics"):
        assert figure.notes == ("the largest 20 of 100, all are in the table below",)
        _, _, _, height = re.search(r'viewBox="([^"]*)"', figure.drawing.text)[1].split()
        assert int(height) < 600
        assert "s99 up: +100.00%" in figure.drawing.text
        assert "s79 up" not in figure.drawing.text


def test_a_direction_has_one_colour_in_all_drawings_of_effects(make_summary, folder):
    summary = make_summary(variables=())
    samples = tuple(
        s if s.signal else s.model_copy(update={"systematics": s.systematics[::-1]})
        for s in summary.samples
    )
    made = make_pictures(summary.model_copy(update={"samples": samples}), folder, files=())
    legends = {entry for figure in made.of("systematics") for entry in figure.legend}
    assert legends == {("up", 0), ("down", 1)}
