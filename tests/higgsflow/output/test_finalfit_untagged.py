from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from higgsflow.errors import NormalizationError
from higgsflow.model.analysis import AnalysisModel
from higgsflow.output.finalfit_branches import FinalFitOrder
from higgsflow.output.finalfit_untagged import Untagged
from higgsflow.output.manifest import Manifest
from higgsflow.records.generator_bins import GeneratorBin


def order(mode: str = "whole", holds_selection: bool = False, **options: Any) -> FinalFitOrder:
    """D = 10, scale1fb = 0.5 fb; bins 7 and 8 have 6 and 4, with a theory weight 9 and 2."""
    sample = {"name": "S", "kind": "simulation", "xs": 1.0, "files": {"2017": "f.root"}}
    years = {"2017": {"luminosity": 4.0}}
    finalfit = {"processes": {"S": "tth"}, "notag": True, "variables": {"stxs": "HTXS"}, **options}
    analysis = AnalysisModel.model_validate(
        {
            "samples": {"samples": [sample], "years": years, "selected_years": ["2017"]},
            "tag_sequence": ["diphoton", ["tth_leptonic"]],
            "variables_of_interest": ["m_gg", "gen:HTXS"],
            "systematics": {"weights": {"t": {"branches": {"up": "w"}}}},
            "generator_bins": {"b": {"column": "HTXS", "values": [7, 8]}},
            "outputs": {"finalfit": finalfit},
        }
    )
    known = {"sample": "S", "year": "2017", "variation": "nominal", "path": "", "checksum": ""}
    scales = {"scale": 2.0, "scale1fb": 0.5, "luminosity": 4.0, "denominator": 10.0}
    sizes = {"rows": 0, "size": 0, "columns": {}, "chunks": (), "files": ()}
    facts = {"inputs": "i", "mode": mode, "complete": True, "fraction": 1.0}
    selection = {"holds_selection": holds_selection}
    return FinalFitOrder(
        analysis=analysis,
        pair=analysis.samples.pairs[0],
        merged={"nominal": Manifest.model_validate(known | scales | sizes | facts | selection)},
        factor_sums={"weight_t_up": 11.0},
        generator_bins={
            "b": (
                GeneratorBin(bin="7", n=6, sum_g=6.0, sum_g2=6.0, factor_sums={"weight_t_up": 9.0}),
                GeneratorBin(bin="8", n=4, sum_g=4.0, sum_g2=4.0, factor_sums={"weight_t_up": 2.0}),
            )
        },
        inputs="i",
        path=Path("f.root"),
    )


# three tagged events of weight 1 in bins 7, 7, 8; theory factors 1, 3, 0.5
ROWS = {
    "tag_idx": np.zeros(3, np.int16),
    "weight_central": np.full(3, 2.0),
    "weight_central_initial": np.ones(3),
    "HTXS": np.array([7.0, 7.0, 8.0]),
    "weight_t_up": np.array([1.0, 3.0, 0.5]),
}


def rows(made: FinalFitOrder) -> dict[str, list[float]]:
    untagged = Untagged(made)
    untagged.add({name: values[:2] for name, values in ROWS.items()})
    untagged.add({name: values[2:] for name, values in ROWS.items()})
    return {name: values.tolist() for name, values in untagged.rows().items()}


def test_one_row_of_everything_without_bins() -> None:
    found = rows(order())
    assert found == {"weight": [7 * 0.5], "centralObjectWeight": [1.0], "tUp01sigma": [6.5 / 7]}


def test_a_row_for_each_bin() -> None:
    found = rows(order(notag_bins="b", normalisation="efficiency"))
    assert found["weight"] == pytest.approx([0.4, 0.3])
    assert found["tUp01sigma"] == pytest.approx([5 / 4, 1.5 / 3])
    assert found["stxs"] == [7.0, 8.0]


def test_a_bin_of_which_all_is_tagged_has_a_row_and_one_without_events_has_none() -> None:
    full, empty = (GeneratorBin(bin=b, n=n, sum_g=n, sum_g2=n) for b, n in (("7", 2), ("8", 0)))
    made = order(notag_bins="b").model_copy(update={"generator_bins": {"b": (full, empty)}})
    untagged = Untagged(made)
    untagged.add({name: values[:2] for name, values in ROWS.items()})
    found = untagged.rows()
    assert (found["weight"].tolist(), found["stxs"].tolist()) == ([0.0], [7.0])


def test_tagged_events_of_central_factor_0_count_as_not_tagged() -> None:
    untagged = Untagged(order())
    untagged.add({**ROWS, "weight_central": np.array([2.0, 0.0, 2.0])})
    found = untagged.rows()
    assert found["weight"].tolist() == [(10 - 2) * 0.5]
    assert found["tUp01sigma"].tolist() == [(11 - 1.5) / 8]


def test_untagged_rows_of_the_generator_have_signs() -> None:
    """Weights of tagged events may be negative: more is left than there was."""
    untagged = Untagged(order())
    untagged.add({**ROWS, "weight_central_initial": np.array([1.0, -1.0, -1.0])})
    assert untagged.rows()["weight"].tolist() == [(10 + 1) * 0.5]


@pytest.mark.parametrize("sign", [1, -1])
def test_efficiencies_of_all_trees_add_to_one_whatever_the_sign_of_d(sign: int) -> None:
    made = order(normalisation="efficiency")
    scales = {"denominator": sign * 10.0, "scale1fb": sign * 0.5, "scale": sign * 2.0}
    nominal = made.nominal.model_copy(update=scales)
    made = made.model_copy(update={"merged": {"nominal": nominal}})
    tagged = ROWS["weight_central_initial"].sum() / (sign * 10.0)
    assert rows(made)["weight"] == pytest.approx([1.0 - tagged])


@pytest.mark.parametrize("mode", ["skim", "mixed"])
def test_factors_over_a_selection_are_not_known(mode: str) -> None:
    assert list(rows(order(mode, True))) == ["weight", "centralObjectWeight"]
    with pytest.raises(NormalizationError, match="the files hold a selection"):
        Untagged(order(mode, True, notag_bins="b"))


@pytest.mark.parametrize("mode", ["partial", "mixed"])
@pytest.mark.parametrize("options", [{}, {"notag_bins": "b"}])
def test_files_that_were_cut_off_are_as_whole_ones(mode: str, options: dict[str, Any]) -> None:
    assert rows(order(mode, **options)) == rows(order("whole", **options))
