"""What is written, read by ROOT itself: HIGGSFLOW_ROOT_PYTHON names a Python that can import it.

Each test runs a few lines in that Python, which has nothing of this program. ROOT must have nothing
to say about the files, neither a warning nor an error.
"""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import uproot

from higgsflow.diff.difference import diff
from higgsflow.errors import StoreError
from tests.documented import blocks

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Lab

    Run = Callable[..., str]

PYTHON = os.environ.get("HIGGSFLOW_ROOT_PYTHON", "")
OF_ROOT = {
    "bool": "Bool_t", "int8": "Char_t", "int16": "Short_t", "int32": "Int_t", "int64": "Long64_t",
    "uint8": "UChar_t", "uint16": "UShort_t", "uint32": "UInt_t", "uint64": "ULong64_t",
    "float32": "Float_t", "float64": "Double_t",
}  # fmt: skip
TAGGERS = f"""
import numpy as np
from higgsflow import tagger

KINDS = {[*OF_ROOT]}

@tagger(reads=["mass"], adds={{f"x_{{kind}}": kind for kind in KINDS}} | {{"m_gg": "float64"}})
def pair(events):
    event = np.asarray(events.event)
    found = {{f"x_{{kind}}": (event * 7919 + 2**40).astype(kind) for kind in KINDS}}
    found["x_int64"], found["x_uint64"] = -event.astype(np.int64) - 2**62, 2**64 - 1 - event
    found["x_float64"] = np.where(event % 3 == 0, np.nan, np.where(event % 3 == 1, np.inf, 0.1))
    return event > 0, {{**found, "m_gg": events.mass}}

@tagger()
def nobody(events):
    return events.run < 0

@tagger()
def one(events):
    return events.event == 1005
"""
ARRAYS = """
import sys, numpy, ROOT
file = ROOT.TFile.Open(sys.argv[1])
tree = file.Get(sys.argv[2])
found = {}
for branch in tree.GetListOfBranches():
    name, (leaf,) = branch.GetName(), branch.GetListOfLeaves()
    assert tree.Draw(name, "", "goff") == tree.GetEntries(), name
    is_float = leaf.GetTypeName() in ("Float_t", "Double_t")
    value, kind = (leaf.GetValue, float) if is_float else (leaf.GetValueLong64, numpy.int64)
    rows = range(tree.GetEntries())
    found[name] = numpy.array([branch.GetEntry(row) and value() for row in rows], kind)
    print(name, leaf.GetTypeName())
numpy.savez(sys.argv[3], **found)
assert file.GetCompressionSettings() == 401
assert not file.TestBit(ROOT.TFile.kRecovered)
"""


@pytest.fixture(scope="session")
def _can_import_root() -> None:
    if not PYTHON:
        pytest.skip("HIGGSFLOW_ROOT_PYTHON names no Python that has ROOT")
    tried = subprocess.run([PYTHON, "-c", "import ROOT"], capture_output=True, check=False)
    if tried.returncode:
        pytest.skip(f"{PYTHON} of HIGGSFLOW_ROOT_PYTHON cannot import ROOT")


@pytest.fixture
def by_root(_can_import_root: None, tmp_path: Path) -> Run:
    """Runs lines in the Python that has ROOT; what they print. Nothing may go to stderr."""

    def run(lines: str, *arguments: Any) -> str:
        done = subprocess.run(
            # the wheel warns of itself
            [PYTHON, "-W", "ignore", "-c", lines, *map(str, arguments)],
            env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    return run


def merged(lab: Lab, year: str = "2017", variation: str = "nominal") -> Path:
    return lab.output("merged", "Sig", year, f"{variation}.root")


def of_both_years(lab: Lab) -> Lab:
    """Merges a sample of two years as ROOT files; only one of them has the weights of pileup."""
    lab.without_data().sig["files"]["2018"] = str(lab.files / "Sig_2018_*.root")
    lab.content["systematics"]["weights"]["pileup"]["years"] = ["2017"]
    lab.content["output_format"] = "root"
    assert lab.run("MergeSample", sample="Sig")
    return lab


def test_root_reads_what_parquet_holds(lab: Lab, by_root: Run, tmp_path: Path) -> None:
    """Numbers of every type, in trees of none, of one and of many events."""
    lab.without_data()
    lab.taggers.write_text(TAGGERS, encoding="utf-8")
    tags = ["toy_taggers:nobody", "toy_taggers:one"]
    lab.content["tag_sequence"] = {"tag_list": ["toy_taggers:pair", tags], "keep_untagged": True}
    lab.content["variables_of_interest"] = ["m_gg", *(f"x_{kind}" for kind in OF_ROOT)]
    assert lab.run("MergeSample", sample="Sig")
    table = lab.table()
    types = {name: str(table[name].to_numpy().dtype) for name in table.column_names[:-1]}
    assert {*types.values()} == {*OF_ROOT}
    lab.content |= {"output_format": "root", "outputs": {"trees": "per_tag"}}
    assert lab.run("MergeSample", sample="Sig")
    for tree, tag, n in (("nobody", 0, 0), ("one", 1, 1), ("untagged", -1, 79)):
        rows = table.filter(np.asarray(table["tag_idx"]) == tag)
        assert len(rows) == n
        told = by_root(ARRAYS, merged(lab), tree, tmp_path / "found.npz")
        assert told.split("\n")[:-1] == [f"{name} {OF_ROOT[kind]}" for name, kind in types.items()]
        for name, values in np.load(tmp_path / "found.npz").items():
            expected = rows[name].to_numpy()
            np.testing.assert_array_equal(values.astype(expected.dtype), expected, name)


def test_the_lines_of_the_docs_give_the_yields(lab: Lab, by_root: Run) -> None:
    of_both_years(lab)
    (lines,) = blocks("root.md", "python")[1:]
    for theirs, ours in (
        ("store/demo/v1/merged/ttH_M125", str(lab.output("merged", "Sig"))),
        ('2016: "weight_central", ', ""),
        ("(2016, 2017)", "(2017,)"),
        ("prefiring", "pileup"),
        ("40, 100, 180", "1, -1e9, 1e9"),
    ):
        assert theirs in lines
        lines = lines.replace(theirs, ours)
    told = [float(line) for line in by_root(lines).splitlines()]
    files = [uproot.open(merged(lab, year)) for year in ("2017", "2018")]
    with files[0], files[1]:
        one, other = (file["events"].arrays(library="np") for file in files)
    assert "weight_full_pileup_up" not in other
    for weight, total in zip(("weight_central", "weight_full_pileup_up"), told, strict=True):
        sums = [one[weight][one["tag_idx"] == 0], other["weight_central"][other["tag_idx"] == 0]]
        assert total == pytest.approx(sum(map(np.sum, sums)))


def test_what_root_puts_together_is_the_same_events(lab: Lab, by_root: Run, tmp_path: Path) -> None:
    """As hadd does it; which file the events are of is then known of none."""
    lab.content["systematics"]["independent_collections"] = {"met_scale": lab.met_scale()}
    of_both_years(lab)
    lines = """
import sys, ROOT
merger = ROOT.TFileMerger(False)
merger.OutputFile("all.root", "RECREATE", 401)
for path in sys.argv[1:]:
    merger.AddFile(path)
assert merger.Merge()
"""
    by_root(lines, *(merged(lab, year, "met_scale_up") for year in ("2017", "2018")))
    parts = []
    for year in ("2017", "2018"):
        with uproot.open(merged(lab, year, "met_scale_up")) as file:
            parts.append(file["events"].arrays(library="np"))
    with uproot.open(tmp_path / "all.root") as file:
        together = file["events"].arrays(library="np")
    for name, values in together.items():
        np.testing.assert_array_equal(values, np.concatenate([part[name] for part in parts]))
    with pytest.raises(StoreError, match="is several merged files in one"):
        diff(str(tmp_path / "all.root"), str(lab.output()))


@pytest.mark.parametrize("written_as", ["TTree", "RNTuple"])
def test_what_root_writes_of_a_merged_file_is_the_same_to_diff(
    lab: Lab, by_root: Run, tmp_path: Path, written_as: str
) -> None:
    of_both_years(lab)
    lines = """
import sys, ROOT
options = ROOT.RDF.RSnapshotOptions()
options.fOutputFormat = getattr(ROOT.RDF.ESnapshotOutputFormat, f"k{sys.argv[2]}")
ROOT.RDataFrame("events", sys.argv[1]).Snapshot("events", "theirs.root", "", options)
"""
    by_root(lines, merged(lab), written_as)
    found = diff(str(lab.output()), str(tmp_path / "theirs.root"), wanted=("Sig", "2017", ""))
    assert found.is_same
    (pair,) = found.pairs
    assert pair.n_a == pair.n_b == pair.n_matched > 0


ROOFIT = """
import json, sys, ROOT
file, (weight, *others) = ROOT.TFile.Open(sys.argv[1]), sys.argv[3:]
ROOT.RooMsgService.instance().setGlobalKillBelow(ROOT.RooFit.WARNING)
variables = [ROOT.RooRealVar(name, name, 1.0, -1e9, 1e9) for name in (weight, *others)]
wanted = (ROOT.RooFit.Import(file.Get(sys.argv[2])), ROOT.RooFit.WeightVar(weight))
events = ROOT.RooDataSet("events", "events", ROOT.RooArgSet(*variables), *wanted)
rows = [[events.get(i).getRealValue(n) for n in others] for i in range(events.numEntries())]
print(json.dumps([events.sumEntries(), rows]))
"""


def test_roofit_reads_trees_for_finalfit(lab: Lab, by_root: Run) -> None:
    lab.content["systematics"]["independent_collections"] = {"met_scale": lab.met_scale()}
    lab.content["outputs"] = {
        "finalfit": {"processes": {"Sig": "tth"}, "variables": {"p.t": "met"}}
    }
    of_both_years(lab)
    path = lab.output("finalfit", "Sig", "2017", "finalfit.root")
    for variation, end in (("nominal", ""), ("met_scale_down", "_met_scaleDown01sigma")):
        factors = ["centralObjectWeight", "pileupUp01sigma"] if not end else []
        asked = ["weight", "CMS_hgg_mass", "dZ", "p.t", *factors]
        told = by_root(ROOFIT, path, f"tagsDumper/trees/tth_125_13TeV_high_met{end}", *asked)
        total, rows = json.loads(told)
        with uproot.open(merged(lab, variation=variation)) as file:
            events = file["events"].arrays(library="np")
        events = {name: values[events["tag_idx"] == 0] for name, values in events.items()}
        assert total == pytest.approx(events["weight_central_no_lumi"].sum())
        mass, dz, met, *varied = np.array(rows).T
        np.testing.assert_array_equal(mass, events["m_gg"])
        np.testing.assert_array_equal(met, events["met"])
        assert {*dz} == {0.0}
        if varied:
            full = events["weight_central"] * varied[1] / varied[0]
            np.testing.assert_allclose(full, events["weight_full_pileup_up"])


@pytest.mark.parametrize(("name", "is_read"), [("a.b", True), ("a-b", False), ("a+b", False)])
def test_of_which_branches_roofit_reads_nothing(
    by_root: Run, tmp_path: Path, name: str, is_read: bool
) -> None:
    """Which is why they are refused: it says nothing, and takes what a variable begins with."""
    path = tmp_path / "named.root"
    with uproot.recreate(path) as file:
        file.mktree("events", {name: "f8", "weight": "f8"})
        file["events"].extend({name: np.array([5.0, 7.0]), "weight": np.ones(2)})
    _, rows = json.loads(by_root(ROOFIT, path, "events", "weight", name))
    assert rows == ([[5.0], [7.0]] if is_read else [[1.0], [1.0]])
