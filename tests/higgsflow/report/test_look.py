import matplotlib as mpl
import pytest

from higgsflow.model.reporting import Reporting
from higgsflow.report.look import Look, blank, look_of, name_above, plain, saved, styled


def texts(look, kinds="Simulation"):
    with styled(look):
        figure = blank(4, 4)
        axes = figure.subplots()
        name_above(axes, kinds, "2017, 41.5 /fb", look)
        saved(figure, look)
        found = [*axes.texts, *figure.texts, axes.title]
        found += [a for a in axes.get_children() if hasattr(a, "get_text")]
    return " | ".join(dict.fromkeys(text.get_text() for text in found))


@pytest.mark.parametrize("experiment", ["CMS", "ATLAS", "LHCb", "ALICE"])
def test_name_and_label_of_an_experiment_stand_above(experiment):
    found = texts(Look(experiment, "Preliminary", "13.6", ("png", "pdf")))
    assert experiment in found
    assert "Simulation Preliminary" in found
    assert "2017, 41.5 /fb (13.6 TeV)" in found


def test_pictures_with_data_are_not_called_simulation():
    assert "Simulation" not in texts(Look("CMS", "Preliminary", "13"), "Simulation and Data")


def test_no_experiment_is_named_unless_asked():
    found = texts(look_of(Reporting(label="Preliminary")))
    assert "CMS" not in found
    assert "TeV" not in found


def test_styles_differ_and_leave_nothing_behind():
    before = dict(mpl.rcParams)
    seen = set()
    for experiment in ("CMS", "ATLAS", "LHCb"):
        with styled(Look(experiment)):
            seen.add(str(dict(mpl.rcParams)))
    assert len(seen) == 3
    assert dict(mpl.rcParams) == before


def test_equal_pictures_are_equal_bytes():
    look = Look(kinds=("png", "pdf"))
    with styled(look):
        first, second = (saved(blank(2, 2), look) for _ in range(2))
    assert first == second
    assert list(first) == ["png", "pdf"]


def test_formulas_and_hidden_labels_stand_as_they_are():
    assert plain("_$x") == r" _\$x"
