"""The program and the independent slow loop agree, event by event and counter by counter."""

from __future__ import annotations

import json
import math
import os
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.compute as pc
import pytest
import uproot
from indexed import index_of
from slow_corrections import Example, of_scales, of_shower
from slow_loop import NOMINAL, Result, Setup, WeightColumns, WeightFunction, process

from higgsflow.catalog.load import load_analysis
from higgsflow.demo.generate import generate_file
from higgsflow.digests import products
from higgsflow.events.chunks import make_chunks
from higgsflow.file_columns import check_columns
from higgsflow.job import Job, run_job
from higgsflow.model.analysis import AnalysisModel
from higgsflow.plan import make_plan
from tests.job_outputs import rows_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import slow_books
    from slow_model import Selected, VariationResult, Weight

    from higgsflow.records.job_record import JobRecord
    from higgsflow.records.ledger import Ledger
    from higgsflow.selection.cutflow import Counter

ROOT = Path(__file__).parents[2]
REAL = Path(os.environ.get("HIGGSFLOW_REAL_DATA", str(ROOT.parent / "shared" / "data")))
TAGS = ("tth_leptonic", "thq_leptonic", "tth_hadronic")
PHOTON = ("pt", "eta", "phi", "mvaID", "r9")
FLOATS = (
    *("m_gg", "pt_gg", "eta_gg", "phi_gg", "dR_gg", "m_jj"),
    *(f"{which}_{name}" for which in ("lead", "sublead") for name in PHOTON),
)
COUNTS = ("n_electrons", "n_muons", "n_central_jets", "n_forward_jets", "n_b_jets")
SCALES = {"photon_pt_scale_up": 1.01, "photon_pt_scale_down": 0.99}

PHOTON_PT_SCALE = {
    "method": "from_function",
    "function": "higgsflow.corrections.photons:scale_pt",
    "branch_modified": ["Photon", "pt"],
    "kwargs": {"shift": 0.01},
    "bound": 0.01,
}
PREFIRING = WeightColumns(
    "L1PreFiringWeight_Nom", {"up": "L1PreFiringWeight_Up", "down": "L1PreFiringWeight_Dn"}
)
WEIGHTS = {
    # 0 in rare events
    "pileup": WeightColumns("puWeight", {"up": "puWeightUp", "down": "puWeightDown"}),
    # any columns can be factors; the names of the directions are free
    "of_tags": WeightColumns(
        "fixedGridRhoFastjetAll",
        {"more": "PV_npvs", "less": "PV_npvsGood"},
        modifies=("tth_leptonic", "tth_hadronic"),
    ),
    "beside": WeightColumns(None, {"up": "MET_pt"}, modify_central=False),
    "beside_tags": WeightColumns(
        None, {"up": "MET_pt"}, modify_central=False, modifies=("thq_leptonic",)
    ),
}


def as_config(weight: WeightColumns) -> dict[str, Any]:
    central = {"central": weight.central} if weight.central else {}
    return {
        "branches": {**central, **weight.directions},
        "modify_central_weight": weight.modify_central,
        "modifies_taggers": weight.modifies or (),
    }


@dataclass(frozen=True)
class Case:
    """A file with what both programs are to do with it."""

    path: str
    setup: Setup
    golden_json: str | None = None
    partial: bool = False

    def analysis(self, n_block: int) -> AnalysisModel:
        kind: dict[str, Any] = {"kind": "data"}
        if not self.setup.is_data:
            kind = {"kind": "simulation", "xs": 1.0, "partial": self.partial}
        era: dict[str, Any] = {"luminosity": 41.5, "apply_golden_json": False}
        if self.golden_json:
            era = {"luminosity": 41.5, "golden_json": self.golden_json}
        year = self.setup.year
        shifted = {"photon_pt_scale": PHOTON_PT_SCALE} if self.setup.photon_pt_scale else {}
        return AnalysisModel.model_validate(
            {
                "samples": {
                    "samples": [{"name": "S", "files": {year: self.path}, **kind}],
                    "years": {year: era},
                    "selected_years": [year],
                },
                "tag_sequence": ["diphoton", list(TAGS)],
                "variables_of_interest": [*FLOATS, *COUNTS],
                "systematics": {
                    "independent_collections": shifted,
                    "weights": {n: as_config(w) for n, w in self.setup.weights.items()},
                },
                "jobs_manager": {"n_events_per_block": n_block},
            }
        )


class ExampleCase(Case):
    """A file with the shipped example of corrections."""

    def analysis(self, n_block: int) -> AnalysisModel:
        content = load_analysis(ROOT / "config" / "corrections.yaml").model_dump(by_alias=True)
        kind: dict[str, Any] = {"kind": "simulation", "xs": 1.0}
        year = self.setup.year
        era: dict[str, Any] = {"luminosity": 41.5}
        if self.setup.is_data:
            kind, era = {"kind": "data"}, {**era, "golden_json": self.golden_json}
        samples = {
            "samples": [{"name": "S", "files": {year: self.path}, **kind}],
            "years": {year: era},
            "selected_years": [year],
        }
        mine = {"samples": samples, "variables_of_interest": [*FLOATS, *COUNTS]}
        jobs = {"jobs_manager": {"n_events_per_block": n_block}}
        return AnalysisModel.model_validate({**content, **mine, **jobs})


def example_setup(year: str, golden: Any = None) -> Setup:
    """The same example for the slow loop."""
    is_data = golden is not None
    example = Example(ROOT / "config" / "corrections", year, is_data)
    names = [NOMINAL, *(() if is_data else example.variations)]
    up_down = ("up", "down")

    def of_pair(name: str) -> WeightFunction:
        return WeightFunction(partial(example.of_photons, name), up_down, is_late=True)

    weights = {
        "pileup": WeightFunction(example.of_interactions, up_down),
        "photon_id": of_pair("id"),
        "trigger": of_pair("trigger"),
        "electron_veto": of_pair("electron_veto"),
        "muon_id": WeightFunction(
            example.of_muons, up_down, modifies=("tth_leptonic", "thq_leptonic"), is_late=True
        ),
        "b_tag_shape": WeightFunction(
            example.of_jets,
            (*up_down, "up_jes", "down_jes"),
            # what it preserves is counted after the photons were chosen
            is_late=True,
            under={"jet_scale_up": "up_jes", "jet_scale_down": "down_jes"},
        ),
        "scale_choice": WeightFunction(
            of_scales,
            ("both_down", "ren_down", "fac_down", "fac_up", "ren_up", "both_up"),
            modify_central=False,
        ),
        "parton_shower": WeightFunction(
            of_shower, ("isr_up", "fsr_up", "isr_down", "fsr_down"), modify_central=False
        ),
    }
    simulated = ("Pileup_nTrueInt", "LHEScaleWeight", "PSWeight")
    return Setup(
        year,
        is_data,
        golden,
        shifts={name: partial(example.corrected, variation=name) for name in names},
        scalars=("MET_pt", "MET_phi", *(() if is_data else simulated)),
        weights=weights,
    )


@dataclass(frozen=True)
class Compared:
    """What was found equal; `nominal` has the columns of the program's nominal events."""

    case: Case
    record: JobRecord
    slow: Result
    nominal: dict[str, np.ndarray]


def run_fast(case: Case, folder: Path, n_block: int) -> JobRecord:
    """One job over the whole file."""
    analysis = case.analysis(n_block)
    (pair,) = analysis.samples.pairs
    plan = make_plan(analysis, pair)
    index = index_of(pair, case.path)
    check_columns(plan, index.schemas[index.files[0].schema_id], case.path)
    (chunk,) = make_chunks(index, 1_000_000)
    return run_job(
        Job(
            analysis=analysis,
            sample="S",
            year=pair.year,
            chunk=chunk,
            wanted=products(plan),
            folder=folder,
        )
    )


def compare(case: Case, folder: Path, *, n_block: int = 50_000, slow_path: str = "") -> Compared:
    """Runs both programs and compares all they say."""
    record = run_fast(case, folder, n_block)
    slow = process([slow_path or case.path], case.setup)
    assert set(record.ledgers) == set(slow.variations)
    assert next(iter(record.ledgers)) == NOMINAL
    compare_sums(record, slow)
    for variation, expected in slow.variations.items():
        compare_ledgers(record.ledgers[variation], expected, variation == NOMINAL)
        events = slow.selected(variation)
        assert record.output.rows[variation] == len(events)
        columns = read_columns(folder / record.output.name, variation, case)
        compare_events(columns, events)
        if variation == NOMINAL:
            compare_factors(columns, events, case.setup.active_weights)
            nominal = columns
    return Compared(case, record, slow, nominal)


def read_columns(path: Path, variation: str, case: Case) -> dict[str, np.ndarray]:
    names = ["run", "luminosityBlock", "event", "tag_idx", *FLOATS, *COUNTS]
    names += ["weight_central", "weight_central_initial"]
    if variation == NOMINAL:
        for name, weight in case.setup.active_weights.items():
            names += [f"weight_{name}_{d}" for d in weight.directions]
            if weight.modify_central:
                names += [f"weight_full_{name}_{d}" for d in weight.directions]
    table = rows_of(path)
    table = table.filter(pc.equal(table["variation"], variation))
    return {name: table[name].to_numpy() for name in names}


def compare_sums(record: JobRecord, slow: Result) -> None:
    (sums,) = record.ranges
    assert (sums.stop, sums.n_certified) == (slow.n_read, slow.n_certified)
    assert sums.sum_g == pytest.approx(slow.sum_g, rel=1e-12)
    assert sums.sum_g2 == pytest.approx(slow.sum_g2, rel=1e-12)


def compare_events(columns: Mapping[str, np.ndarray], events: list[Selected]) -> None:
    rows = [asdict(event) for event in events]
    for name in ("run", "luminosityBlock", "event", *COUNTS):
        assert columns[name].tolist() == [row[name] for row in rows], name
    assert columns["tag_idx"].tolist() == [event.tag for event in events]
    for name in FLOATS:
        expected = np.array([row[name] for row in rows], dtype=float)
        np.testing.assert_allclose(columns[name], expected, rtol=1e-6, atol=1e-9, err_msg=name)
    same("weight_central_initial", columns, [event.weight_initial for event in events])
    same("weight_central", columns, [event.weight_central for event in events])


def same(name: str, columns: Mapping[str, np.ndarray], expected: list[float]) -> None:
    np.testing.assert_allclose(columns[name], expected, rtol=1e-12, err_msg=name)


def compare_factors(
    columns: Mapping[str, np.ndarray], events: list[Selected], weights: dict[str, Weight]
) -> None:
    for name, weight in weights.items():
        for direction in weight.directions:
            column = f"weight_{name}_{direction}"
            same(column, columns, [event.weights[column] for event in events])
            full = [event.full_weights[f"{name}_{direction}"] for event in events]
            if weight.modify_central:
                same(f"weight_full_{name}_{direction}", columns, full)
            else:
                np.testing.assert_allclose(columns["weight_central"] * columns[column], full)


def compare_ledgers(ledger: Ledger, slow: VariationResult, is_nominal: bool) -> None:
    flows = {flow.tagger: flow.flow for flow in ledger.flows if flow.group == "events"}
    assert set(flows) == set(slow.cut_flows)
    for tagger, expected in slow.cut_flows.items():
        flow = flows[tagger]
        compare_counters([flow.total, flow.passed], [expected.total, expected.prefixes[-1]])
        if tagger == "diphoton" and not is_nominal:
            assert flow.cuts == ()
            continue
        assert flow.cuts == expected.names
        compare_counters(flow.alone, expected.alone)
        compare_counters(flow.prefix, expected.prefixes)
        compare_counters(flow.others, expected.all_but_one)
    assert flows["diphoton"].passed.n == slow.n_diphoton
    assert [counter.n for counter in ledger.before.values()] == slow.overlap.before
    assert [counter.n for counter in ledger.after.values()] == slow.overlap.after
    assert [list(row) for row in ledger.overlap] == slow.overlap.matrix


def compare_counters(fast: Any, slow: Any) -> None:
    counters: list[tuple[Counter, slow_books.Counter]] = list(zip(fast, slow, strict=True))
    for mine, theirs in counters:
        assert mine.n == theirs.n
        assert mine.sumw == pytest.approx(theirs.sum_w, rel=1e-10, abs=1e-9)
        assert mine.sumw2 == pytest.approx(theirs.sum_w2, rel=1e-10, abs=1e-9)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


def demo_case(sample: str, year: str, number: int, folder: Path) -> Case:
    path = str(generate_file(sample, year, number, folder))
    weights = {**WEIGHTS, "prefiring": PREFIRING} if year in ("2016", "2017") else WEIGHTS
    setup = Setup(year, is_data=False, photon_pt_scale=SCALES, weights=weights)
    return Case(path, setup)


@pytest.fixture(scope="module")
def signal(folder: Path) -> Compared:
    return compare(demo_case("ttH_M125", "2017", 1, folder), folder, n_block=1000)


def test_signal_with_all_systematics(signal: Compared) -> None:
    nominal = signal.slow.variations[NOMINAL]
    assert all(n > 0 for n in nominal.overlap.after)
    assert nominal.overlap.matrix[0][1] > 0
    assert signal.record.factor_sums


def test_corrections_and_weights_of_the_shipped_example(folder: Path, tmp_path: Path) -> None:
    """Smearing, resolution, MET, objects' weights, vectors: every kind of systematic there is."""
    path = str(generate_file("ttH_M125", "2017", 2, folder))
    slow = compare(ExampleCase(path, example_setup("2017")), tmp_path, n_block=700).slow
    assert len(slow.variations) == 9
    assert all(slow.selected(variation) for variation in slow.variations)


def test_data_are_corrected_as_the_shipped_example_says(folder: Path, tmp_path: Path) -> None:
    path = str(generate_file("Data", "2017", 0, folder))
    golden_json = ROOT / "config" / "golden" / "demo_2017.json"
    setup = example_setup("2017", json.loads(golden_json.read_text(encoding="utf-8")))
    slow = compare(ExampleCase(path, setup, str(golden_json)), tmp_path).slow
    assert slow.events


def test_other_signal_and_year(folder: Path) -> None:
    slow = compare(demo_case("tHq_M125", "2016", 2, folder), folder).slow
    assert any(math.isnan(event.m_jj) for event in slow.events)


def test_background_and_its_file_that_selects_nothing(folder: Path) -> None:
    assert compare(demo_case("GJet", "2018", 0, folder), folder).slow.events
    assert not compare(demo_case("GJet", "2018", 2, folder), folder).slow.events


def test_events_of_zero_pileup_weight_are_kept_with_weight_zero(signal: Compared) -> None:
    """Their full varied weights are products, since a ratio does not exist."""
    columns = signal.nominal
    empty = columns["weight_central"] == 0
    assert empty.any()
    assert all(np.isfinite(columns[n]).all() for n in columns if n.startswith("weight"))
    assert (columns["weight_full_pileup_down"][empty] != 0).any()


def test_factor_sums_are_over_all_events(signal: Compared) -> None:
    with uproot.open(signal.case.path) as file:
        arrays = file["Events"].arrays(["genWeight", "puWeight", "puWeightUp"], library="np")
    g = arrays["genWeight"].astype(float)
    for name, column in (("central", "puWeight"), ("up", "puWeightUp")):
        expected = float((g * arrays[column]).sum())
        found = signal.record.factor_sums[f"weight_pileup_{name}"]
        assert found == pytest.approx(expected, rel=1e-12)


def test_data_have_no_weights_and_no_variations(folder: Path) -> None:
    path = str(generate_file("Data", "2017", 0, folder))
    golden_json = ROOT / "config" / "golden" / "demo_2017.json"
    golden = json.loads(golden_json.read_text(encoding="utf-8"))
    setup = Setup("2017", True, golden, photon_pt_scale=SCALES, weights=WEIGHTS)
    slow = compare(Case(path, setup, str(golden_json)), folder).slow
    assert slow.events
    assert slow.n_certified < slow.n_read
    assert {event.weight_central for event in slow.events} == {1.0}


@pytest.mark.parametrize(
    ("name", "year", "is_data", "n_diphoton"),
    [
        ("ttH_M125_2017.root", "2017", False, 49),
        ("ggH_M125_2022_v13.root", "2022", False, 55),
        ("EGamma_2022F_v11.root", "2022", True, 0),
        ("DY_v6_rntuple.root", "2017", False, 0),
    ],
)
def test_real_files_give_what_the_slow_loop_gives(
    name: str, year: str, is_data: bool, n_diphoton: int, tmp_path: Path
) -> None:
    path = REAL / name
    if not path.is_file():
        pytest.skip(f"{name} is not there")
    setup = Setup(year, is_data, photon_pt_scale=SCALES)
    case = Case(str(path), setup, partial=True)
    # both hold the same events, and the loop reads an RNTuple very slowly
    tree = str(path).replace("_rntuple", "")
    slow = compare(case, tmp_path, slow_path=tree).slow
    assert slow.variations[NOMINAL].n_diphoton == n_diphoton
