"""A sample of the demo whose first events have been run by a job, to hold explanations to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc
import pytest
import yaml
from indexed import entry_of

from higgsflow.catalog.load import load_analysis
from higgsflow.demo.generate import generate_file
from higgsflow.digests import products
from higgsflow.events.chunks import Chunk, Range
from higgsflow.explain.find import Place
from higgsflow.job import Job, run_job
from higgsflow.model.reference import look_in
from higgsflow.plan import make_plan
from tests.job_outputs import rows_of

if TYPE_CHECKING:
    from pathlib import Path

    from higgsflow.model.analysis import AnalysisModel
    from higgsflow.plan import Plan

N_READ = 150
PHYSICS = """
def calibrated(events, direction):
    return events.Photon.pt * 1.02


def sf(muons):
    one = 0 * muons.pt + 1
    return {"central": 1.02 * one, "up": 1.05 * one, "down": 0.99 * one}
"""
WEIGHTS = {
    "pileup": {
        "branches": {"central": "puWeight", "up": "puWeightUp", "down": "puWeightDown"},
        "modify_central_weight": True,
    },
    "prefiring": {"branches": {"up": "L1PreFiringWeight_Up", "down": "L1PreFiringWeight_Dn"}},
    "lepton_sf": {
        "type": "object",
        "method": "from_function",
        "function": "explained_physics:sf",
        "input_collection": "SelectedMuon",
        "target_collections": ["SelectedMuon"],
        "modify_central_weight": True,
        "modifies_taggers": ["tth_leptonic"],
    },
}


class Done:
    """A sample of which a job has processed the first events.

    Attributes:
        tables: its output, per variation.
    """

    def __init__(self, folder: Path, url: str, analysis: AnalysisModel) -> None:
        self.analysis, self.url = analysis, url
        self.plan: Plan = make_plan(analysis, analysis.samples.pairs[0])
        uuid = entry_of(url)["uuid"]
        part = Range(url=url, uuid=uuid, start=0, stop=N_READ)
        record = run_job(
            Job(
                analysis=analysis, sample="S", year="2017", chunk=Chunk(ranges=(part,)),
                wanted=products(self.plan), folder=folder,
            )
        )  # fmt: skip
        table = rows_of(folder / record.output.name)
        self.tables: dict[str, Any] = {
            v: table.filter(pc.equal(table["variation"], v)) for v in record.ledgers
        }

    def place(self, entry: int) -> Place:
        """An entry of the file."""
        return Place(self.url, entry)


@pytest.fixture(scope="session")
def done(tmp_path_factory: pytest.TempPathFactory) -> Done:
    """ttH events of the demo, with photon scales and smearing, and weights of every kind."""
    folder = tmp_path_factory.mktemp("explained")
    url = str(generate_file("ttH_M125", "2017", 1, folder))
    (folder / "explained_physics.py").write_text(PHYSICS, encoding="utf-8")
    content = {
        "samples": {
            "years": {"2017": {"luminosity": 41.5}},
            "samples": {"S": {"kind": "simulation", "xs": 1.0, "files": {"2017": url}}},
        },
        "tag_sequence": ["diphoton", ["tth_leptonic", "thq_leptonic", "tth_hadronic"]],
        "variables_of_interest": ["m_gg", "m_jj", "lead_pt"],
        "systematics": {
            "weights": WEIGHTS,
            "corrections": {
                "photon_energy": {
                    "method": "from_function",
                    "function": "explained_physics:calibrated",
                    "branch_modified": "Photon_pt",
                },
            },
            "independent_collections": {
                "photon_pt_scale": {
                    "method": "from_function",
                    "function": "higgsflow.corrections.photons:scale_pt",
                    "branch_modified": "Photon_pt",
                    "bound": 0.3,
                    "kwargs": {"shift": 0.3},
                },
            },
        },
        "store": str(folder / "store"),
    }
    path = folder / "explained.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    analysis = load_analysis(path)
    look_in(analysis.python_path)
    return Done(folder, url, analysis)
