from __future__ import annotations

import numpy as np
import pytest

from higgsflow.demo import constants, photons
from higgsflow.demo.kinematics import Directions

GJET = constants.SIMULATIONS.index("GJet")


def test_single_photon_events_have_one_photon_at_most() -> None:
    process = np.zeros(500, dtype=int)
    _, exists, _ = photons.draw_photons(np.random.default_rng(1), process, np.ones(500, dtype=bool))
    assert exists.sum(axis=1).max() == 1


def test_the_second_photon_of_gjet_is_a_fake() -> None:
    process = np.array([GJET, 0])
    _, _, fake = photons.draw_photons(np.random.default_rng(1), process, np.zeros(2, dtype=bool))
    assert fake[:, :2].tolist() == [[False, True], [False, False]]


def test_fakes_have_a_lower_score_than_photons() -> None:
    fake = np.repeat([[True], [False]], 3000, axis=0)
    score = photons.identify(np.random.default_rng(1), fake)
    assert np.abs(score).max() <= 1
    assert score[fake].mean() < 0 < score[~fake].mean()


def test_photons_have_the_types_of_nanoaod() -> None:
    rng = np.random.default_rng(1)
    at, exists, fake = photons.draw_photons(rng, np.zeros(9, dtype=int), np.zeros(9, dtype=bool))
    record = photons.photon_collection(rng, at, exists, fake).type.content.content
    types = {field: str(record.content(field)) for field in ("pt", "electronIdx", "electronVeto")}
    assert types == {"pt": "float32", "electronIdx": "int32", "electronVeto": "bool"}


@pytest.mark.parametrize(
    ("pts", "eta", "fires"),
    [
        ((60.0, 40.0, 0.0), 1.0, True),
        ((60.0, 20.0, 0.0), 1.0, False),
        ((60.0, 40.0, 0.0), 0.0, False),
    ],
)
def test_the_trigger_asks_for_both_pts_and_the_mass(
    pts: tuple[float, ...], eta: float, fires: bool
) -> None:
    opening = 3.0 if eta else 0.5
    at = Directions(np.array([pts]), np.array([[eta, -eta, 0.0]]), np.array([[0.0, opening, 1.0]]))
    exists = np.array([[True, True, False]])
    assert photons.fires_diphoton_trigger(at, exists, "2017").tolist() == [fires]
