"""The whole graph on files of the experiment, where they are there."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.parquet as pq
import pytest

if TYPE_CHECKING:
    from conftest import Lab

ROOT = Path(__file__).resolve().parents[2]
REAL = Path(os.environ.get("HIGGSFLOW_REAL_DATA", ROOT.parent / "shared" / "data"))
TAGS = ["tth_leptonic", "thq_leptonic", "tth_hadronic"]


def real(name: str) -> str:
    path = REAL / name
    if not path.is_file():
        pytest.skip(f"{name} is not there (HIGGSFLOW_REAL_DATA)")
    return str(path)


def configure(lab: Lab, samples: dict[str, Any]) -> None:
    """The reference selection; few of these files carry weights of systematics."""
    lab.content = {
        "samples": {
            "years": {
                "2017": {"luminosity": 41.5, "apply_golden_json": False},
                "2022": {"luminosity": 8.0, "apply_golden_json": False},
            },
            "samples": samples,
        },
        "systematics": {
            "independent_collections": {
                "photon_pt_scale": {
                    "method": "from_function",
                    "function": "higgsflow.corrections.photons:scale_pt",
                    "branch_modified": ["Photon", "pt"],
                    "bound": 0.01,
                }
            }
        },
        "tag_sequence": ["diphoton", TAGS],
        "variables_of_interest": ["m_gg", "m_jj"],
    }


def test_real_simulation_gives_the_numbers_of_the_reference(lab: Lab) -> None:
    files = {"2017": real("ttH_M125_2017.root")}
    sample = {"kind": "simulation", "partial": True, "xs": 0.5071, "bf": 0.00227, "files": files}
    configure(lab, {"ttH_M125": sample})
    assert lab.run()
    (summary,) = lab.read("summary", "summary.json")["samples"]
    jobs = lab.read("jobs", "ttH_M125", "2017", "jobs.json")
    nominal = jobs["ledgers"]["nominal"]
    flow = next(
        f["flow"] for f in nominal["flows"] if (f["tagger"], f["group"]) == ("diphoton", "events")
    )
    assert flow["total"]["n"] == 100
    assert flow["prefix"][-1]["n"] == 49
    assert [nominal["before"][tag]["n"] for tag in TAGS] == [11, 5, 22]
    assert [nominal["after"][tag]["n"] for tag in TAGS] == [11, 0, 22]
    normalization = lab.read("scale1fb", "ttH_M125", "2017", "scale1fb.json")
    denominator = normalization["denominator"]
    assert denominator["mode"] == "partial"
    assert denominator["value"] == pytest.approx(120.70107364654541, rel=1e-14)
    expected = 0.5071 * 0.00227 * 1000 / denominator["value"]
    assert normalization["scale1fb"] == pytest.approx(expected, rel=1e-14)
    merged = pq.read_table(lab.output("merged", "ttH_M125", "2017", "nominal.parquet"))
    tags = merged["tag_idx"].to_numpy()
    assert [int(np.sum(tags == i)) for i in range(3)] == [11, 0, 22]
    assert summary["sample"] == "ttH_M125"


@pytest.mark.parametrize(
    ("name", "year", "kind"),
    [
        ("ggH_M125_2022_v13.root", "2022", "simulation"),
        ("EGamma_2022F_v11.root", "2022", "data"),
        ("DY_v6.root", "2017", "simulation"),
        ("DY_v6_rntuple.root", "2017", "simulation"),
    ],
)
def test_files_of_other_versions_run(lab: Lab, name: str, year: str, kind: str) -> None:
    sample: dict[str, Any] = {"kind": kind, "files": {year: real(name)}}
    if kind == "simulation":
        sample |= {"xs": 1.0, "partial": True}
    configure(lab, {"S": sample})
    assert lab.run("MergeSample", sample="S")
    manifest = json.loads(lab.output("merged", "S", year, "nominal.json").read_text("utf-8"))
    assert manifest["complete"] is True
    variations = {path.stem for path in lab.output("merged", "S", year).glob("*.parquet")}
    shifted = {"photon_pt_scale_up", "photon_pt_scale_down"}
    assert variations == {"nominal"} | (shifted if kind == "simulation" else set())


def test_a_file_that_was_cut_off_must_be_declared(
    lab: Lab, capfd: pytest.CaptureFixture[str]
) -> None:
    files = {"2017": real("ttH_M125_2017.root")}
    configure(lab, {"ttH_M125": {"kind": "simulation", "xs": 0.5071, "files": files}})
    assert not lab.run("IndexSample", sample="ttH_M125")
    told = capfd.readouterr().err
    assert "100 entries, 45927 generated events" in told
    assert "partial: true" in told


def test_the_shipped_configuration_loads(monkeypatch: pytest.MonkeyPatch) -> None:
    from higgsflow import Analysis

    monkeypatch.setenv("HIGGSFLOW_DATA", str(REAL))
    analysis = Analysis.from_yaml("hgg")
    assert not analysis.blinding.unblind
    assert list(analysis.tag_sequence.tags) == TAGS
    # run 360393 is of era F, which the luminosity of 2022 (eras C and D) is without
    (data,) = (pair for pair in analysis.samples.pairs if pair.is_data)
    assert (data.year, data.era.luminosity) == ("2022EE", 26.7)
    assert {name: year.luminosity for name, year in analysis.samples.years.items()} == {
        "2016": 35.9,
        "2016UL_preVFP": 19.5,
        "2016UL_postVFP": 16.8,
        "2017": 41.5,
        "2018": 59.8,
        "2022": 8.0,
        "2022EE": 26.7,
    }
