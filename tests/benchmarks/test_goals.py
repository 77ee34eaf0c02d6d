"""Goals follow from the values of a round; the README shows them as they were measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.cases import Scale
from benchmarks.goals import goals, rows
from benchmarks.measurement import Growth, Measurement, growth_table, markdown, stages_table

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.fixture(scope="module")
def found() -> Measurement:
    return Measurement.model_validate_json((DOCS / "performance.json").read_bytes())


def test_the_readme_shows_what_was_measured(found: Measurement) -> None:
    assert markdown(found) in (DOCS.parent / "README.md").read_text(encoding="utf-8")


def test_the_page_on_performance_shows_what_was_measured(found: Measurement) -> None:
    text = (DOCS / "performance.md").read_text(encoding="utf-8")
    assert stages_table(found) in text
    growth = Growth.model_validate_json((DOCS / "growth.json").read_bytes())
    assert growth_table(growth) in text


def test_the_rows_follow_from_the_rounds(found: Measurement) -> None:
    assert rows(Scale(Path()), found.rounds) == found.rows


def test_medians_and_spread_are_over_rounds(found: Measurement) -> None:
    scale = Scale(Path())
    name = f"program.{scale.signal_many.name}.warm"
    fast, slow = (found.rounds[0] | {name: found.rounds[0][name] * f} for f in (0.5, 2.0))
    row = rows(scale, [fast, found.rounds[0], slow])[0]
    assert row.low == pytest.approx(row.median / 2)
    assert row.high == pytest.approx(row.median * 2)


def test_a_goal_is_reached_on_its_own_side(found: Measurement) -> None:
    scale = Scale(Path())
    first = next(iter(goals(scale)))
    who, mine = (f"{who}.{scale.signal_many.name}.warm" for who in ("coffea", "program"))
    just = found.rounds[0] | {who: first.bound * 2.0, mine: 2.0}
    assert rows(scale, [just])[0].reached
    assert not rows(scale, [just | {mine: 2.001}])[0].reached


def test_what_is_told_beside_a_goal_has_none(found: Measurement) -> None:
    scale = Scale(Path())
    few = f"rerun.{scale.signal_many.name}.warm"
    mine = f"program.{scale.signal_many.name}.warm"
    without = {name: value for name, value in found.rounds[0].items() if name != few}
    added = {*rows(scale, [without | {few: 7 * without[mine]}])} - {*rows(scale, [without])}
    (row,) = added
    assert (row.goal, row.reached, row.median) == ("", None, pytest.approx(7))
    # what a goal is made of has to be there
    del without[mine]
    with pytest.raises(KeyError):
        rows(scale, [without])
