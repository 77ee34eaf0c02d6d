from __future__ import annotations

from typing import Any

import awkward as ak
import pytest

from higgsflow.corrections.jets import hybrid_factor, stochastic_factor
from higgsflow.model.shift import GenMatching


def test_stochastic_factor_by_hand() -> None:
    """sigma 0.1, s = 1.25: sqrt(1.5625 - 1) = 0.75, so one standard deviation is 7.5 %."""
    draw = ak.Array([[1.0, -2.0], [], [0.0]])
    found = stochastic_factor(draw * 0 + 0.1, draw * 0 + 1.25, draw)
    assert ak.to_list(found) == [[pytest.approx(1.075), pytest.approx(0.85)], [], [1.0]]


def test_nothing_can_be_made_narrower() -> None:
    assert stochastic_factor(ak.Array([[0.1]]), ak.Array([[0.9]]), ak.Array([[3.0]]))[0, 0] == 1


def test_no_draw_turns_a_jet_around() -> None:
    assert stochastic_factor(ak.Array([[0.5]]), ak.Array([[3.0]]), ak.Array([[-4.0]]))[0, 0] == 0.01


def hybrid(index: int, pt_gen: float, phi_gen: float = 0.0) -> float:
    jets: Any = {"pt": 100.0, "eta": 1.0, "phi": 0.0, "genJetIdx": index}
    generated = [{"pt": 5.0, "eta": 0.0, "phi": 0.0}, {"pt": pt_gen, "eta": 1.0, "phi": phi_gen}]
    arrays = (ak.Array([[0.1]]), ak.Array([[1.2]]), ak.Array([[1.0]]))
    return float(
        hybrid_factor(ak.Array([[jets]]), ak.Array([generated]), arrays, GenMatching())[0, 0]
    )


STOCHASTIC = 1 + 0.1 * (1.44 - 1) ** 0.5


@pytest.mark.parametrize(("pt_gen", "moved"), [(90.0, 10), (110.0, -10), (71.0, 29)])
def test_matched_jet_moves_away_from_its_generated_one(pt_gen: float, moved: float) -> None:
    assert hybrid(1, pt_gen) == pytest.approx(1 + 0.2 * moved / 100)


def of_first(pt_gen: float, resolution: float, scale_factor: float) -> float:
    """For a jet of 100 GeV on the first of the generated ones, drawn at three widths."""
    jet = {"pt": 100.0, "eta": 1.0, "phi": 0.0, "genJetIdx": 0}
    generated = ak.Array([[{"pt": pt_gen, "eta": 1.0, "phi": 0.0}]])
    factors = (ak.Array([[resolution]]), ak.Array([[scale_factor]]), ak.Array([[3.0]]))
    return float(hybrid_factor(ak.Array([[jet]]), generated, factors, GenMatching())[0, 0])


def test_the_first_generated_jet_is_one_too() -> None:
    assert of_first(90.0, 0.1, 1.2) == pytest.approx(1.02)


def test_matched_jet_can_be_made_narrower_but_is_not_turned_around() -> None:
    assert of_first(90.0, 0.1, 0.8) == pytest.approx(0.98)
    assert of_first(240.0, 0.5, 3.0) == 0.01


@pytest.mark.parametrize("case", [(-1, 90.0), (2, 90.0), (7, 90.0), (1, 60.0), (1, 90.0, 0.3)])
def test_jet_without_a_good_match_is_drawn(case: Any) -> None:
    assert hybrid(*case) == pytest.approx(STOCHASTIC)


def test_no_generated_jets_at_all() -> None:
    jet = {"pt": 100.0, "eta": 1.0, "phi": 0.0, "genJetIdx": 0}
    generated = ak.Array([[{"pt": 1.0, "eta": 0.0, "phi": 0.0}]])[:, :0]
    arrays = (ak.Array([[0.1]]), ak.Array([[1.2]]), ak.Array([[1.0]]))
    found = hybrid_factor(ak.Array([[jet]]), generated, arrays, GenMatching())
    assert found[0, 0] == pytest.approx(STOCHASTIC)
