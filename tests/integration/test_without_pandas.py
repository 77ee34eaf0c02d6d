"""pandas takes most of a second to import, in each process, where something asks arrow for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Lab

_INSTEAD = """
import traceback
from pathlib import Path

Path(__file__).with_name("who.txt").write_text("".join(traceback.format_stack()))
raise ImportError("there is no pandas")
"""


def test_no_stage_imports_pandas(command_line: Lab) -> None:
    lab = command_line
    lab.content["systematics"]["independent_collections"] = {"met_scale": lab.met_scale()}
    # modules are looked for here first
    instead = lab.taggers.with_name("pandas.py")
    instead.write_text(_INSTEAD)
    for stage in ("RunAnalysis", "VerifyStore"):
        done = lab.law_run(stage)
        assert done.returncode == 0, done.stderr
        who = instead.with_name("who.txt")
        assert not who.exists(), who.read_text("utf-8")
    assert "4 merged files" in done.stdout
