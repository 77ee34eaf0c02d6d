import pytest

from higgsflow.report.pictures import make_pictures

SMALL = ("n_jets",)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "summary" / "plots"


def test_every_variable_and_tag_has_a_picture(make_summary, folder):
    made = make_pictures(make_summary(variables=SMALL), folder)
    assert [p.title for p in made.of("n_jets")] == ["n_jets, tth", "n_jets, thq"]


def test_mass_is_drawn_also_when_nobody_asks(make_summary, folder):
    made = make_pictures(make_summary(variables=()), folder)
    assert len(made.of("m_gg")) == 2


def test_files_beside_the_page_are_the_pictures(make_summary, folder):
    made = make_pictures(make_summary(variables=()), folder)
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == {
        p.file_name: p.png for p in made.pictures
    }


def test_signal_and_other_simulation_have_their_effects(make_summary, folder):
    made = make_pictures(make_summary(variables=()), folder)
    assert [p.file_name for p in made.of("systematics")] == [
        "systematics_signal.png",
        "systematics_other_simulation.png",
    ]


def test_pictures_of_an_earlier_report_are_removed(make_summary, folder):
    """They may show data that are blinded now."""
    make_pictures(make_summary(variables=SMALL), folder)
    assert len(list(folder.glob("*n_jets*"))) == 2
    make_pictures(make_summary(blinded=("m_gg", 115.0, 135.0), variables=()), folder)
    assert not list(folder.glob("*n_jets*"))


def test_other_files_are_left_alone(make_summary, folder):
    folder.mkdir(parents=True)
    (folder / "notes.txt").write_text("mine")
    make_pictures(make_summary(samples=()), folder)
    assert (folder / "notes.txt").read_text() == "mine"


def test_names_of_files_stay_in_the_folder_and_differ(make_summary, folder):
    import pyarrow.parquet as pq

    summary = make_summary(variables=("../a", "..\\a"))
    for sample in summary.samples:
        path = sample.merged["nominal"]
        table = pq.read_table(path)
        for name in summary.variables:
            table = table.append_column(name, table["m_gg"])
        pq.write_table(table, path)
    samples = tuple(_measured(sample, summary.variables) for sample in summary.samples)
    made = make_pictures(summary.model_copy(update={"samples": samples}), folder)
    names = [p.file_name for p in made.pictures]
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
    assert made.pictures == ()
    assert made.notes
