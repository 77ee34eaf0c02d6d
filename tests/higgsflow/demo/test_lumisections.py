from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from higgsflow.demo import constants, lumisections

GOLDEN = Path(__file__).parents[3] / "config" / "golden"


@pytest.mark.parametrize("year", constants.YEARS)
def test_the_configured_golden_json_is_the_one_the_data_were_made_with(year: str) -> None:
    text = (GOLDEN / f"demo_{year}.json").read_text(encoding="utf-8")
    assert json.loads(text) == lumisections.golden_json(year)


@pytest.mark.parametrize("year", constants.YEARS)
def test_about_a_tenth_of_the_lumisections_is_not_certified(year: str) -> None:
    files = [lumisections.of_file(year, number) for number in range(3)]
    certified = np.concatenate([part.certified for part in files])
    assert 0.06 < 1 - certified.mean() < 0.14


@pytest.mark.parametrize("year", constants.YEARS)
def test_the_files_share_the_certified_luminosity_out(year: str) -> None:
    shares = [lumisections.certified_share(year, number) for number in range(3)]
    assert sum(shares) == pytest.approx(1)
    runs = [set(lumisections.of_file(year, number).run.tolist()) for number in range(3)]
    assert sum(map(len, runs)) == len(set.union(*runs)) == len(lumisections.RUNS[year])


def test_events_lie_where_they_are_certified_and_one_lumisection_stays_empty() -> None:
    sections = lumisections.of_file("2016", 0)
    wanted = np.arange(20_000) % 10 > 0
    drawn = lumisections.draw_lumisections(np.random.default_rng(1), sections, wanted)
    assert (sections.certified[drawn] == wanted).all()
    good = np.flatnonzero(sections.certified)
    assert set(good) - set(drawn) == {good[1]}
