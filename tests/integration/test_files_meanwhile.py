"""Files that a configuration names, changed while a command runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tests.correction_file import write_correction

if TYPE_CHECKING:
    from conftest import Lab

# a colleague who publishes the next version in the middle of it
PUBLISHING = """

from pathlib import Path


@tagger(reads=["mass"])
def publishing(events):
    Path("OLD").write_bytes(Path("NEW").read_bytes())
    return events.mass > 0
"""


INPUTS = {"systematic": "string", "mass": "real"}


def by_mass(edges: list[float], values: list[float]) -> dict[str, Any]:
    def binned(scale: float) -> dict[str, Any]:
        return {
            "nodetype": "binning", "input": "mass", "edges": edges,
            "content": [scale * value for value in values], "flow": "clamp",
        }  # fmt: skip

    content = [
        {"key": k, "value": binned(s)} for k, s in (("nominal", 1), ("up", 1.1), ("down", 0.9))
    ]
    return {"nodetype": "category", "input": "systematic", "content": content}


@pytest.fixture
def publishing(lab: Lab) -> Lab:
    lab.without_data()
    path, other = lab.folder / "massive.json", lab.folder / "next.json"
    lab.content["systematics"]["weights"]["massive"] = {
        "method": "correctionlib",
        "modify_central_weight": True,
        "correction": {
            "file": write_correction(path, INPUTS, by_mass([0.0, 120.0, 500.0], [1.0, 2.0])),
            "name": "medium",
            "inputs": {"mass": "mass", "systematic": {"variation": True}},
            "variations": {"central": "nominal", "up": "up", "down": "down"},
        },
        "preserve": {"column": "m_gg", "edges": [0, 100, 120, 1000]},
    }
    write_correction(other, INPUTS, by_mass([0.0, 500.0], [3.0]))
    code = lab.taggers.read_text("utf-8") + PUBLISHING
    code = code.replace("OLD", str(path)).replace("NEW", str(other))
    lab.taggers.write_text(code, encoding="utf-8")
    lab.content["tag_sequence"][1].insert(0, "toy_taggers:publishing")
    lab.jobs.update(n_workers=1)
    return lab


def test_a_correction_that_is_published_meanwhile_ends_its_jobs_and_counts_in_the_next_run(
    publishing: Lab, capfd: pytest.CaptureFixture[str]
) -> None:
    """The stages after the jobs took it for what jobs had been made from, or for nothing made."""
    lab = publishing
    path = lab.folder / "massive.json"
    before = path.read_bytes()
    assert not lab.run("MergeSample", sample="Sig", year="2017")
    told = capfd.readouterr().err
    assert f"this file was changed after the command began\n  {path}\n  run the command" in told
    assert "Traceback" not in told
    assert not list(lab.output("chunks", "Sig", "2017").glob("*.json"))
    assert path.read_bytes() != before
    assert lab.run("MergeSample", sample="Sig", year="2017")
    weights = lab.table()["weight_massive_up"].to_numpy()
    np.testing.assert_allclose(weights, weights[0])
