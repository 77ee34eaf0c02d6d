"""The demo files as an analysis sees them, by a slow and plain reference selection."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import awkward as ak
import numpy as np
import pytest
import uproot

from higgsflow.demo import constants, generate, lumisections
from higgsflow.demo.names import demo_samples
from higgsflow.demo.truth import expected_yield, read_truth

if TYPE_CHECKING:
    from pathlib import Path

B_TAG = {"2016": 0.3093, "2017": 0.3040, "2018": 0.2783}
COLLECTIONS = ("Photon", "Electron", "Muon", "Jet")
TAGS = ("tth_leptonic", "thq_leptonic", "tth_hadronic")


class Selected(NamedTuple):
    mass: np.ndarray
    weight: np.ndarray
    tags: dict[str, np.ndarray]
    n_vetoed: int

    def yields(self, tag: str) -> tuple[float, float]:
        """Yield and its variance."""
        weight = self.weight[self.tags[tag]]
        return float(weight.sum()), float((weight**2).sum())


def collection(events: ak.Array, name: str) -> ak.Array:
    fields = [field for field in events.fields if field.startswith(f"{name}_")]
    return ak.zip({field[len(name) + 1 :]: events[field] for field in fields})


def far(objects: ak.Array, others: ak.Array, distance: float) -> ak.Array:
    pairs = ak.cartesian([objects, others], nested=True)
    phi = (pairs["0"].phi - pairs["1"].phi + np.pi) % (2 * np.pi) - np.pi
    return ak.all(np.hypot(pairs["0"].eta - pairs["1"].eta, phi) >= distance, axis=2)


def mass(pairs: ak.Array) -> ak.Array:
    a, b = ak.unzip(pairs)
    return np.sqrt(2 * a.pt * b.pt * (np.cosh(a.eta - b.eta) - np.cos(a.phi - b.phi)))


def select_diphotons(events: ak.Array) -> tuple[ak.Array, ak.Array]:
    """Events with a diphoton, and the photons of the best one."""
    photons = collection(events, "Photon")
    in_acceptance = (photons.pt > 25) & (photons.isScEtaEB | photons.isScEtaEE)
    photons = photons[in_acceptance & photons.electronVeto & (photons.mvaID > -0.9)]
    pairs = ak.combinations(photons, 2, fields=["a", "b"])
    m = mass(pairs)
    good = (pairs.a.pt > 35) & (pairs.a.pt / m > 0.33) & (pairs.b.pt / m > 0.25)
    pairs = pairs[good & (m >= 100) & (m <= 180)]
    best = pairs[ak.argmax(pairs.a.pt + pairs.b.pt, axis=1, keepdims=True)]
    best = ak.drop_none(best, axis=1)
    found = ak.num(best) > 0
    return events[found], best[found]


def select_leptons(events: ak.Array, photons: ak.Array) -> tuple[ak.Array, ak.Array]:
    electrons, muons = collection(events, "Electron"), collection(events, "Muon")
    eta = abs(electrons.eta)
    keep = (electrons.pt > 20) & (eta < 2.4) & ~((eta >= 1.4442) & (eta <= 1.566))
    keep = keep & (abs(electrons.dxy) < 0.045) & (abs(electrons.dz) < 0.2)
    electrons = electrons[keep & electrons.mvaFall17V2Iso_WP90 & far(electrons, photons, 0.2)]
    keep = (muons.pt > 20) & (abs(muons.eta) < 2.5) & muons.mediumId & muons.isGlobal
    keep = keep & (abs(muons.dxy) < 0.045) & (abs(muons.dz) < 0.2) & (muons.pfRelIso03_all < 0.3)
    return electrons, muons[keep & far(muons, photons, 0.2)]


def has_z(leptons: ak.Array) -> np.ndarray:
    pairs = ak.combinations(leptons, 2)
    opposite = pairs["0"].charge != pairs["1"].charge
    m = mass(pairs)
    return ak.to_numpy(ak.any(opposite & (m > 86) & (m < 96), axis=1))


def select(events: ak.Array, year: str) -> Selected:
    events, pairs = select_diphotons(events)
    photons = ak.concatenate(ak.unzip(pairs), axis=1)
    electrons, muons = select_leptons(events, photons)
    jets = collection(events, "Jet")
    clean = far(jets, photons, 0.4) & far(jets, electrons, 0.4) & far(jets, muons, 0.4)
    jets = jets[(jets.pt > 25) & (jets.jetId >= 1) & clean]
    eta = abs(jets.eta)
    central, forward = ak.sum(eta < 2.4, axis=1), ak.sum((eta >= 2.4) & (eta < 4.7), axis=1)
    b = ak.sum((eta < 2.4) & (jets.btagDeepFlavB > B_TAG[year]), axis=1)
    n_leptons = ak.num(electrons) + ak.num(muons)
    photon_id = ak.to_numpy(ak.all(photons.mvaID > -0.7, axis=1))
    vetoed = has_z(electrons) | has_z(muons)
    masks = (
        (n_leptons >= 1) & (central >= 2) & (b >= 1),
        (n_leptons >= 1) & (b >= 1) & (forward >= 1),
        (n_leptons == 0) & (central >= 4) & (b >= 1),
    )
    tags = {
        tag: ak.to_numpy(mask) & photon_id & ~vetoed for tag, mask in zip(TAGS, masks, strict=True)
    }
    tags["diphoton"] = np.ones(len(events), dtype=bool)
    weight = np.ones(len(events))
    for name in ("genWeight", "puWeight", "L1PreFiringWeight_Nom"):
        if name in events.fields:
            weight = weight * ak.to_numpy(events[name]).astype(np.float64)
    m = ak.to_numpy(ak.flatten(mass(pairs)))
    return Selected(m, weight, tags, int((photon_id & vetoed).sum()))


def read(path: Path) -> ak.Array:
    prefixes = (*(f"{name}_" for name in COLLECTIONS), "HLT_Diphoton", "L1PreFiring")
    names = ("run", "luminosityBlock", "event", "genWeight", "puWeight")
    with uproot.open(path) as file:
        return file["Events"].arrays(
            filter_name=lambda name: name in names or name.startswith(prefixes)
        )


def is_certified(events: ak.Array, year: str) -> np.ndarray:
    run, block = ak.to_numpy(events.run), ak.to_numpy(events.luminosityBlock)
    certified = np.zeros(len(run), dtype=bool)
    for name, ranges in lumisections.golden_json(year).items():
        for low, high in ranges:
            certified |= (run == int(name)) & (block >= low) & (block <= high)
    return certified


class Demo(NamedTuple):
    year: str
    paths: dict[str, tuple[Path, ...]]
    selected: dict[str, Selected]


def select_sample(sample: str, year: str, paths: tuple[Path, ...]) -> Selected:
    events = ak.concatenate([read(path) for path in paths])
    if sample == "Data":
        return select(events[is_certified(events, year)], year)
    scale = expected_yield(sample, year) / sum(read_truth(path)["sum_weights"] for path in paths)
    selected = select(events, year)
    return selected._replace(weight=selected.weight * scale)


@pytest.fixture(
    scope="module",
    params=[
        pytest.param("2016", marks=pytest.mark.slow),
        "2017",
        pytest.param("2018", marks=pytest.mark.slow),
    ],
)
def demo(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Demo:
    year, directory = request.param, tmp_path_factory.mktemp("demo")
    samples = demo_samples()
    paths = {sample: generate.generate_sample(sample, year, directory) for sample in samples}
    selected = {sample: select_sample(sample, year, paths[sample]) for sample in samples}
    return Demo(year, paths, selected)


def test_every_tag_has_events_of_data_and_simulation(demo: Demo) -> None:
    for sample, selected in demo.selected.items():
        assert min(selected.tags[tag].sum() for tag in TAGS) > 0, sample


def test_the_leptonic_tags_overlap_before_priorities(demo: Demo) -> None:
    for selected in demo.selected.values():
        assert (selected.tags["tth_leptonic"] & selected.tags["thq_leptonic"]).any()


def test_data_agree_with_the_scaled_simulation(demo: Demo) -> None:
    for tag in (*TAGS, "diphoton"):
        observed = demo.selected["Data"].yields(tag)[0]
        parts = [demo.selected[sample].yields(tag) for sample in constants.SIMULATIONS]
        expected, variance = np.sum(parts, axis=0)
        assert abs(observed - expected) < 5 * np.sqrt(expected + variance), tag


@pytest.mark.parametrize("sample", constants.SIGNALS)
def test_the_signal_peaks_at_the_higgs_mass(demo: Demo, sample: str) -> None:
    assert np.median(demo.selected[sample].mass) == pytest.approx(125, abs=0.3)


@pytest.mark.parametrize("tag", TAGS)
def test_the_peak_stands_out_of_the_continuum_in_data(demo: Demo, tag: str) -> None:
    data = demo.selected["Data"]
    m = data.mass[data.tags[tag]]
    peak = ((m > 122) & (m < 128)).sum()
    sidebands = ((m > 110) & (m < 119)).sum() + ((m > 131) & (m < 140)).sum()
    assert peak > 4 * sidebands / 3


def test_signal_passes_more_often_than_background(demo: Demo) -> None:
    sizes = {
        sample: sum(read_truth(path)["n_events"] for path in demo.paths[sample])
        for sample in constants.SIMULATIONS
    }
    passed = {s: len(demo.selected[s].mass) / sizes[s] for s in constants.SIMULATIONS}
    assert min(passed[s] for s in constants.SIGNALS) > 0.5
    assert 0.1 < max(passed[s] for s in constants.BACKGROUNDS) < 0.45


def test_the_z_veto_acts_in_data_and_backgrounds(demo: Demo) -> None:
    assert min(demo.selected[sample].n_vetoed for sample in ("DiPhoton", "GJet", "Data")) > 0


def test_one_file_of_gjet_selects_nothing(demo: Demo) -> None:
    assert len(select(read(demo.paths["GJet"][2]), demo.year).mass) == 0


def test_selected_data_fired_the_trigger(demo: Demo) -> None:
    events, _ = select_diphotons(read(demo.paths["Data"][0]))
    (trigger,) = (field for field in events.fields if field.startswith("HLT_Diphoton"))
    assert ak.all(events[trigger])


def test_the_runs_tree_holds_the_sums_of_the_events(demo: Demo) -> None:
    for sample in constants.SIMULATIONS:
        for path in demo.paths[sample]:
            facts = read_truth(path)
            with uproot.open(path) as file:
                runs = file["Runs"].arrays()
                weights = file["Events"]["genWeight"].array(library="np").astype(np.float64)
            assert len(runs) == constants.RUNS_ROWS[sample]
            assert ak.sum(runs.genEventCount) == len(weights) == facts["n_events"]
            assert ak.sum(runs.genEventSumw) == pytest.approx(weights.sum(), rel=1e-12)
            assert ak.sum(runs.genEventSumw2) == pytest.approx((weights**2).sum(), rel=1e-12)
            assert facts["sum_weights"] == pytest.approx(weights.sum(), rel=1e-12)
            assert ak.num(runs.LHEScaleSumw).tolist() == [9] * len(runs)


def test_the_true_numbers_of_data_events_fluctuate_about_the_expected_ones(demo: Demo) -> None:
    truths = [read_truth(path) for path in demo.paths["Data"]]
    lost = sum(facts["n_lost_to_prefiring"] for facts in truths)
    for sample in constants.SIMULATIONS:
        found = sum(facts["events_per_process"][sample] for facts in truths)
        mean = sum(facts["expected_events_per_process"][sample] for facts in truths)
        assert mean == pytest.approx(expected_yield(sample, demo.year))
        assert -5 * np.sqrt(mean) - lost < found - mean < 5 * np.sqrt(mean)


def test_data_have_uncertified_events_and_empty_lumisections(demo: Demo) -> None:
    for path in demo.paths["Data"]:
        facts, events = read_truth(path), read(path)
        certified = is_certified(events, demo.year)
        assert sum(facts["events_per_process"].values()) == certified.sum()
        assert sum(facts["uncertified_events_per_process"].values()) == (~certified).sum() > 0
        with uproot.open(path) as file:
            blocks = file["LuminosityBlocks"].arrays()
            assert file["Runs"].keys() == ["run"]
        recorded = set(zip(blocks.run.tolist(), blocks.luminosityBlock.tolist(), strict=True))
        seen = set(zip(events.run.tolist(), events.luminosityBlock.tolist(), strict=True))
        assert seen < recorded


def test_no_event_stands_in_two_files(demo: Demo) -> None:
    for paths in demo.paths.values():
        columns = uproot.concatenate([f"{path}:Events" for path in paths], "event", library="np")
        numbers = columns["event"]
        assert len(np.unique(numbers)) == len(numbers)


def test_columns_have_the_names_and_types_of_nanoaod(demo: Demo) -> None:
    with uproot.open(demo.paths["ttH_M125"][0]) as file:
        types = {name: column.typename for name, column in file["Events"].items()}
    expected = {
        "run": "uint32_t",
        "luminosityBlock": "uint32_t",
        "event": "uint64_t",
        "genWeight": "float",
        "nPhoton": "int32_t",
        "Photon_pt": "float[]",
        "Photon_isScEtaEB": "bool[]",
        "Electron_mvaFall17V2Iso_WP90": "bool[]",
        "Muon_charge": "int32_t[]",
        "Jet_jetId": "int32_t[]",
        "nLHEScaleWeight": "int32_t",
        "PSWeight": "float[]",
        "Pileup_nTrueInt": "float",
    }
    assert {name: types.get(name) for name in expected} == expected
    counters = {name for name in types if name[0] == "n"}
    assert counters == {"nPhoton", "nElectron", "nMuon", "nJet", "nLHEScaleWeight", "nPSWeight"}


@pytest.mark.parametrize("sample", ["ggH_M125", "Data"])
def test_a_file_is_the_same_when_made_again(sample: str, tmp_path: Path) -> None:
    first = generate.generate_file(sample, "2016", 1, tmp_path / "first")
    again = generate.generate_file(sample, "2016", 1, tmp_path / "again")
    assert read_truth(first) == read_truth(again)
    with uproot.open(first) as one, uproot.open(again) as two:
        assert one.file.uuid == two.file.uuid
        trees = one.keys()
        assert two.keys() == trees == ["Events;1", "Runs;1", "LuminosityBlocks;1"]
        assert all(ak.array_equal(one[tree].arrays(), two[tree].arrays()) for tree in trees)


def test_only_files_of_their_names_are_left_in_the_folder(tmp_path: Path) -> None:
    generate.generate_file("Data", "2018", 0, tmp_path)
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"Data_2018_0.root", "Data_2018_0.truth.json"}
