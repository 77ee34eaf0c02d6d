"""pandas takes most of a second to import, in each process, where something asks arrow for it."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Lab

_INSTEAD = """
import traceback
from pathlib import Path

Path(__file__).with_name("who.txt").write_text("".join(traceback.format_stack()))
raise ImportError("there is no pandas")
"""


# each event is read into one of two parts on disk
_DIFF = """
import sys

import higgsflow.diff.parts
from higgsflow.cli.program import main

higgsflow.diff.parts.ROWS = 3
sys.exit(main(["diff", *sys.argv[1:], "--json"]))
"""


def without_pandas(lab: Lab) -> Path:
    """Who looks for pandas is written beside this module, which is found instead."""
    instead = lab.taggers.with_name("pandas.py")
    instead.write_text(_INSTEAD)
    return instead


def test_no_stage_imports_pandas(command_line: Lab) -> None:
    lab = command_line
    lab.content["systematics"]["independent_collections"] = {"met_scale": lab.met_scale()}
    instead = without_pandas(lab)
    for stage in ("RunAnalysis", "VerifyStore"):
        done = lab.law_run(stage)
        assert done.returncode == 0, done.stderr
        who = instead.with_name("who.txt")
        assert not who.exists(), who.read_text("utf-8")
    assert "4 merged files" in done.stdout


def test_a_difference_of_flags_words_and_missing_numbers_imports_no_pandas(
    command_line: Lab,
) -> None:
    lab = command_line
    instead = without_pandas(lab)
    columns = {
        "run": [1, 1, 1, 1],
        "luminosityBlock": [1, 1, 2, 2],
        "event": [1, 2, 3, 4],
        "tag_idx": ["rest", None, "rest", "high_met"],
        "is_good": [True, False, True, True],
        "score": [0.5, None, 0.5, 0.5],
    }
    origin = {"sample": "S", "year": "2017", "variation": "nominal", "mode": "whole"}
    about = {"higgsflow": json.dumps({**origin, "tags": ["rest"]})}
    ours, theirs = lab.folder / "ours.parquet", lab.folder / "theirs.parquet"
    pq.write_table(pa.table({**columns, "tag_idx": [0] * 4}).replace_schema_metadata(about), ours)
    pq.write_table(pa.table(columns), theirs)
    done = lab.program(sys.executable, "-c", _DIFF, str(ours), str(theirs))
    who = instead.with_name("who.txt")
    assert not who.exists(), who.read_text("utf-8")
    (pair,) = json.loads(done.stdout)["pairs"]
    assert (pair["n_matched"], pair["n_columns"], pair["columns"]) == (4, 2, [])
    assert {tag["tag"]: tag["n_b"] for tag in pair["tags"]} == {
        "rest": 2,
        "untagged": 1,
        "other": 1,
    }
