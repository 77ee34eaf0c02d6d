"""Against correctionlib itself: what it cannot do without ends its process."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from higgsflow.corrections.nodes import check_nodes
from higgsflow.demo.corrections import correction_files
from higgsflow.errors import InvalidConfiguration

if TYPE_CHECKING:
    from pathlib import Path

FORMULA = {
    "nodetype": "formula", "expression": "[0]+[1]*x", "parser": "TFormula", "variables": ["x"],
}  # fmt: skip
BINS = {
    "nodetype": "multibinning", "inputs": ["x"], "edges": [[0.0, 1.0]], "content": [2.0],
    "flow": "clamp",
}  # fmt: skip
REFERENCE = {"nodetype": "formularef", "index": 0, "parameters": [1.0, 2.0]}
ASK = """
import sys, correctionlib
correctionlib.CorrectionSet.from_file(sys.argv[1])["c"].evaluate(0.5)
"""


def correction(data: dict[str, Any], **changes: Any) -> dict[str, Any]:
    entry = {
        "name": "c", "version": 1, "inputs": [{"name": "x", "type": "real"}],
        "output": {"name": "w", "type": "real"}, "generic_formulas": [FORMULA],
        "data": {**data, **changes},
    }  # fmt: skip
    return {"schema_version": 2, "corrections": [entry]}


def evaluated(path: Path) -> int:
    """How a process ends that evaluates a file with correctionlib."""
    return subprocess.run(
        [sys.executable, "-c", ASK, str(path)], capture_output=True, check=False, timeout=120
    ).returncode


@pytest.mark.parametrize("data", [BINS, REFERENCE, {**FORMULA, "parameters": [1.0, 2.0]}])
def test_what_is_sound_is_let_through(tmp_path: Path, data: dict[str, Any]) -> None:
    content = correction(data)
    check_nodes(content, "a.json")
    (tmp_path / "a.json").write_text(json.dumps(content))
    assert evaluated(tmp_path / "a.json") == 0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (correction(BINS, inputs=[1]), "bins of the inputs [1], which are no names"),
        (correction(BINS, inputs=[]), "bins of the inputs [], which are no names"),
        (
            correction(FORMULA, parameters=[1.0, 2.0], variables=[None]),
            "a formula of the variables [None], which are no names",
        ),
        (correction(REFERENCE, parameters=[]), "0 parameters of a formula that uses 2"),
        (
            correction(FORMULA, expression=f"{'(' * 20_000}x{')' * 20_000}"),
            "a formula of 40,001 letters, 20,000 brackets deep",
        ),
        (
            correction(FORMULA, expression=f"x{'+x' * 200_000}"),
            "a formula of 400,001 letters, 0 brackets deep",
        ),
    ],
)
def test_what_correctionlib_does_not_get_through_is_told_instead(
    tmp_path: Path, content: dict[str, Any], message: str
) -> None:
    (tmp_path / "a.json").write_text(json.dumps(content))
    assert evaluated(tmp_path / "a.json") != 0
    with pytest.raises(InvalidConfiguration) as caught:
        check_nodes(content, "a.json")
    assert str(caught.value).startswith(f"{message}\n  in correction 'c' of a.json\n")


def test_one_parameter_too_few_is_told() -> None:
    """correctionlib takes what lies behind the last one in memory."""
    with pytest.raises(InvalidConfiguration, match="1 parameters of a formula that uses 2"):
        check_nodes(correction(REFERENCE, parameters=[1.0]), "a.json")


def test_shipped_files_are_sound() -> None:
    for name, text in correction_files().items():
        check_nodes(json.loads(text), name)


@pytest.mark.parametrize("content", [None, [], "x", {"corrections": 1}, {"corrections": [1]}])
def test_what_is_no_file_of_corrections_is_left_to_its_reader(content: Any) -> None:
    check_nodes(content, "a.json")
