"""Growth goes on where it stopped."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from benchmarks.cases import short
from benchmarks.growth import FILES_INDEX, FILES_JOBS, SHORT, Step, growth, steps_of
from benchmarks.ledger_merge import merge_cost
from benchmarks.measurement import grown, growth_table, known_points

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Lab


def measured(log: list[int], n: int) -> tuple[float, float]:
    log.append(n)
    return 1.0 * n, 2.0 * n


def test_known_points_are_not_measured_again() -> None:
    log: list[int] = []
    steps = [Step(("a", "b"), n, partial(measured, log, n)) for n in (1, 10, 100)]
    first = [{name: dict(c) for name, c in curves.items()} for curves in growth(steps, {})]
    assert first[-1] == {"a": {1: 1, 10: 10, 100: 100}, "b": {1: 2, 10: 20, 100: 200}}
    assert list(growth(steps, first[2]))[-1] == first[-1]
    assert log == [1, 10, 100, 100]


def test_points_are_known_while_the_commit_is_the_same(tmp_path: Path) -> None:
    path = tmp_path / "growth.json"
    assert known_points(path) == {}
    found = grown({"a": {1: 1.0, 10: 10.0}, "b": {1: 2.0}})
    path.write_text(found.model_dump_json(), encoding="utf-8")
    assert known_points(path) == {"a": {1: 1.0, 10: 10.0}, "b": {1: 2.0}}
    other = found.model_copy(update={"commit": "another"})
    path.write_text(other.model_dump_json(), encoding="utf-8")
    assert known_points(path) == {}
    assert growth_table(found).count("\n") == 3


def test_many_records_of_a_real_job_are_added(lab: Lab) -> None:
    """More than there are files of: the rest are links to these."""
    assert lab.run("ProcessSample", sample="Sig")
    record = next(lab.output("chunks", "Sig", "2017").glob("*.json"))
    assert merge_cost(record, 60) > 0


def test_each_curve_has_all_of_its_steps(tmp_path: Path) -> None:
    steps = steps_of(short(tmp_path), SHORT)
    assert [step.n for step in steps if step.curves == (FILES_INDEX, FILES_JOBS)] == [2, 4]
    assert len({curve for step in steps for curve in step.curves}) == 6
