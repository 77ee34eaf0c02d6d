from __future__ import annotations

from typing import Any

import pytest
from rich.console import Console

from tasks.execution.board import (
    board,
    chosen,
    clock,
    memory,
    names_within,
    percent,
    running,
    totals,
)

ROW: dict[str, Any] = {
    "name": "Sig (2017)", "pid": 1, "chunks": 4, "done": 1, "running": 2, "failed": 1,
    "entries": 4000, "entries_done": 1000, "entries_read": 1000, "rate": 500.0, "seconds": 2.0,
    "began": 0.0, "memory_mb": 350.0, "last_failure": "input: cannot read", "finished": False,
}  # fmt: skip
DONE = {**ROW, "name": "Done (2017)", "done": 4, "running": 0, "failed": 0, "last_failure": "",
        "entries_done": 4000}  # fmt: skip


def written(
    rows: list[Any], stages: tuple[str, ...] = (), size: tuple[int, int] = (100, 40)
) -> str:
    console = Console(width=size[0], record=True, force_terminal=False)
    with console.capture() as captured:
        console.print(board("demo v1", rows, stages, size, 65.0))
    return captured.get()


def test_a_line_of_each_sample_says_how_far_it_is() -> None:
    told = written([ROW])
    line = next(line for line in told.splitlines() if line.startswith("Sig (2017)"))
    for word in ("1/4", "2", "1,000", "500", "0:06", "350 MB"):
        assert word in line
    assert "Sig (2017): input: cannot read" in told
    assert "demo v1  1:05  25%  0/1 samples  1,000 of 4,000 events" in told


def test_a_failure_cannot_drive_the_terminal() -> None:
    told = written([{**ROW, "last_failure": "input: no column \x1b[2J"}])
    assert r"Sig (2017): input: no column \x1b[2J" in told


@pytest.mark.parametrize("size", [(40, 12), (80, 24), (100, 40), (250, 60)])
@pytest.mark.parametrize("n", [0, 1, 3, 60])
def test_it_fits_any_terminal(size: tuple[int, int], n: int) -> None:
    lines = written(
        [{**ROW, "name": f"sample_{i} (2017)"} for i in range(n)], (), size
    ).splitlines()
    assert max(map(len, lines), default=0) <= size[0]
    assert len(lines) <= max(size[1], 13)


def test_years_of_a_long_name_are_told_apart_also_where_the_name_is_cut() -> None:
    name = "GluGluHToGG_M125_TuneCP5_13TeV_amcatnloFXFX_pythia8"
    eras = ("2016UL_preVFP", "2016UL_postVFP")
    rows = [{**ROW, "name": f"{name} ({era})", "last_failure": ""} for era in eras]
    assert f"{name} (2016UL_preVFP)" in written(rows, size=(150, 40))
    told = written(rows, size=(80, 40))
    assert "GluGlu" in told
    assert all(f"({era})" in told for era in eras)


def test_long_names_that_begin_alike_can_be_told_apart() -> None:
    begin = "GluGluHToGG_M125_TuneCP5_13TeV_amcatnloFXFX_hdamp"
    rows = [{**ROW, "name": f"{begin}{way}_pythia8 (2017)"} for way in ("Up", "Down")]
    lines = written(rows, size=(80, 40)).splitlines()
    shown = [line.partition(" (2017)")[0] for line in lines if "(2017)" in line]
    cut = [name for name in shown if "…" in name]
    assert len(set(cut)) == len(cut) == 2
    assert names_within(["short (2017)", "all"], 30) == ["short (2017)", "all"]


@pytest.mark.parametrize("width", [60, 80, 100, 140])
def test_no_number_is_ever_cut_but_columns_are_left_out(width: int) -> None:
    many = {"chunks": 10_000, "done": 4_321, "entries": 10**9, "entries_done": 123_456_789}
    row = {**ROW, **many, "name": f"{'x' * 60} (2016UL_preVFP)", "last_failure": ""}
    told = written([row], size=(width, 40))
    head, line = (line.split() for line in told.splitlines() if line.startswith(("sample", "xx")))
    assert {"(2016UL_preVFP)", "4321/10000"} <= set(line)
    assert "…" not in "".join(line[2:])
    assert ("123,456,789" in line) == ("events" in head)


def test_those_that_need_a_look_stay_and_the_rest_is_counted() -> None:
    waiting = {**DONE, "done": 0, "name": "Waiting (2017)"}
    kept, said = chosen([DONE, waiting, ROW], 1)
    assert kept == [ROW]
    assert said == "and 1 done, 1 to come"
    assert chosen([DONE, ROW], 5) == ([DONE, ROW], "")


def test_stages_that_run_are_named_or_counted() -> None:
    assert running(["MergeSample Sig 2017", "IndexSample A 1", "IndexSample B 1"]) == (
        "MergeSample Sig 2017, IndexSample of 2"
    )


def test_time_left_is_told_where_it_can_be_known() -> None:
    assert totals([{**ROW, "entries_read": 0}])[3] is None
    assert totals([DONE])[3] is None
    assert totals([]) == (0, 0, 0.0, None)


def test_numbers_as_people_read_them() -> None:
    assert [clock(s) for s in (0.2, 61, 3723)] == ["0:01", "1:01", "1:02:03"]
    assert [memory(m) for m in (0, 350.4, 2500)] == ["", "350 MB", "2.5 GB"]
    assert [percent(*p) for p in ((0, 0), (999, 1000), (1000, 1000))] == ["0%", "99%", "100%"]
