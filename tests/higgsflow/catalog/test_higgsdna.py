import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from higgsflow.catalog.higgsdna import import_higgsdna
from higgsflow.errors import InvalidConfiguration
from higgsflow.model.sample import DataSample, Sample, SimulatedSample
from higgsflow.model.systematic import Systematics

SERVER = "root://redirector.example.org//store"
TTH: dict[str, Any] = {"xs": 0.5071, "bf": 0.00227, "files": {"2017": f"{SERVER}/ttH/"}}
PREFIRING = {
    "type": "event",
    "method": "from_branch",
    "branches": {"central": "L1_Nom", "up": "L1_Up", "down": "L1_Dn"},
    "modify_central_weight": True,
}


def imported(tmp_path: Path, samples: object) -> dict[str, Any]:
    path = tmp_path / "samples.json"
    path.write_text(samples if isinstance(samples, str) else json.dumps(samples))
    entries: dict[str, Any] = import_higgsdna(path)["samples"]
    return entries


def failure(tmp_path: Path, samples: object) -> str:
    with pytest.raises(InvalidConfiguration) as caught:
        imported(tmp_path, samples)
    assert len(str(caught.value).splitlines()) <= 3
    return str(caught.value)


def as_sample(tmp_path: Path, name: str, info: dict[str, Any]) -> SimulatedSample | DataSample:
    entry = imported(tmp_path, {name: info})[name]
    sample: SimulatedSample | DataSample = TypeAdapter(Sample).validate_python(
        {"name": name, **entry}
    )
    return sample


def test_sample_with_cross_section_is_simulation(tmp_path: Path) -> None:
    sample = as_sample(tmp_path, "ttH_M125", {**TTH, "fpo": 5, "process_id": 3})
    assert isinstance(sample, SimulatedSample)
    assert (sample.xs, sample.bf, sample.process_id) == (0.5071, 0.00227, 3)
    assert sample.files == {"2017": (f"{SERVER}/ttH/*.root",)}


@pytest.mark.parametrize(
    "name",
    [
        *("Data", "data", "Data_2017", "EGamma", "EGamma0", "DoubleEG_Run2017B", "DoubleEGamma"),
        *("SinglePhoton", "singlePhoton-16", "DataRun2018"),
    ],
)
def test_sample_named_like_data_is_data(tmp_path: Path, name: str) -> None:
    assert isinstance(as_sample(tmp_path, name, {"files": {"2017": ["a.root"]}}), DataSample)


@pytest.mark.parametrize("name", ["ttH_M125", "DataDrivenQCD", "MyData", "EGammaJets"])
def test_forgotten_cross_section_does_not_make_data(tmp_path: Path, name: str) -> None:
    told = failure(tmp_path, {name: {"files": {"2017": ["a.root"]}}})
    assert f"no cross section of sample '{name}'" in told
    assert "say it is data" in told


def test_data_can_be_said(tmp_path: Path) -> None:
    info = {"kind": "data", "files": {"2017": ["a.root"]}}
    assert isinstance(as_sample(tmp_path, "Zee_events", info), DataSample)


def test_data_with_a_cross_section_is_an_error(tmp_path: Path) -> None:
    assert "data has no cross section" in failure(tmp_path, {"Data": {**TTH, "kind": "data"}})


def test_data_with_a_branching_fraction_is_an_error(tmp_path: Path) -> None:
    assert "data has no bf" in failure(tmp_path, {"Data": {**TTH, "xs": None}})


def test_cross_section_may_differ_by_year(tmp_path: Path) -> None:
    info = {"xs": {"2016": 3.8, "2017": 4.1}, "files": {"2016": "a.root", "2017": "b.root"}}
    sample = as_sample(tmp_path, "TTGamma", info)
    assert isinstance(sample, SimulatedSample)
    assert sample.xs == {"2016": 3.8, "2017": 4.1}


def test_year_without_cross_section_is_an_error(tmp_path: Path) -> None:
    told = failure(tmp_path, {"ttH_M125": {**TTH, "xs": {"2016": 1.0}}})
    assert "no xs for year '2017'" in told


@pytest.mark.parametrize(
    ("address", "meant"),
    [
        ("/data/ttH/", "/data/ttH/*.root"),
        ("/data/ttH", "/data/ttH/*.root"),
        ("/data/Run2017*/", "/data/Run2017*/*.root"),
        ("/data/*2017.root", "/data/*2017.root"),
        ("/data/a.root", "/data/a.root"),
        ("root://h//store/ttH", "root://h//store/ttH/*.root"),
        ("/ttH/RunIISummer20UL17-v1/NANOAODSIM", "das:/ttH/RunIISummer20UL17-v1/NANOAODSIM"),
    ],
)
def test_address_leads_to_the_files_higgsdna_reads(
    tmp_path: Path, address: str, meant: str
) -> None:
    assert as_sample(tmp_path, "Data", {"files": {"2017": address}}).files["2017"] == (meant,)


def test_unknown_keys_offer_the_nearest_known_one(tmp_path: Path) -> None:
    told = failure(tmp_path, {"ttH_M125": {**TTH, "proces_id": 3, "zzz": 1}})
    assert "'proces_id' (did you mean 'process_id'?), 'zzz'" in told
    assert "sample 'ttH_M125'" in told


def test_what_higgsdna_does_not_ask_may_be_said_there(tmp_path: Path) -> None:
    """Its files are often skims, which have to be declared before anything runs."""
    said = {"process": "ttH", "signal": True, "skim": {"2017": True}, "k_factor": 1.1}
    sample = as_sample(tmp_path, "ttH_M125", {**TTH, **said})
    assert isinstance(sample, SimulatedSample)
    assert {key: getattr(sample, key) for key in said} == said
    data = as_sample(tmp_path, "Data", {"files": {"2017": "a.root"}, "triggers": ["HLT_A"]})
    assert isinstance(data, DataSample)
    assert data.triggers == ("HLT_A",)
    assert "skim is forbidden" in failure(
        tmp_path, {"Data": {"files": {"2017": "a"}, "skim": True}}
    )


def test_systematics_of_a_sample_are_carried_over(tmp_path: Path) -> None:
    shift = {
        "method": "from_branch",
        "branch_modified": ["Photon", "pt"],
        "branches": {"up": ["Photon", "pt_up"], "down": ["Photon", "pt_down"]},
    }
    given = {"weights": {"l1": PREFIRING}, "independent_collections": {"scale": shift}}
    systematics = as_sample(tmp_path, "ttH", {**TTH, "systematics": given}).systematics
    assert systematics.weights["l1"].branches["up"] == "L1_Up"
    assert systematics.variations == ("nominal", "scale_up", "scale_down")
    assert systematics.independent_collections["scale"].branches["up"] == ("Photon_pt_up",)


def test_systematics_by_year_act_in_their_years_only(tmp_path: Path) -> None:
    given = {"2016": {"weights": {"l1": PREFIRING}}, "2017": {"weights": {"l1": PREFIRING}}}
    systematics = as_sample(tmp_path, "ttH", {**TTH, "systematics": given}).systematics
    assert systematics.weights["l1"].years == ("2016", "2017")
    assert systematics.of("ttH", "2018") == Systematics()


def test_systematic_that_differs_between_years_needs_two_names(tmp_path: Path) -> None:
    other = {**PREFIRING, "modify_central_weight": False}
    given = {"2016": {"weights": {"l1": PREFIRING}}, "2017": {"weights": {"l1": other}}}
    assert "'l1' differs between years" in failure(tmp_path, {"a": {**TTH, "systematics": given}})


@pytest.mark.parametrize(
    ("samples", "told"),
    [
        ("{", "is not a HiggsDNA catalogue"),
        pytest.param("[" * 100_000, "is not a HiggsDNA catalogue", id="without end"),
        ("[]", "it has no samples"),
        ({"ttH": 5}, "it has no samples"),
        ('{"a": {}, "a": {}}', "'a' is given twice"),
        ({"ttH": {"xs": 1.0}}, "no files of sample 'ttH'"),
        ({"ttH": {**TTH, "files": {"2017": 5}}}, "files of 2017 are not addresses"),
        ({"ttH": {**TTH, "files": {"2017": ""}}}, "an address of the files of 2017 is empty"),
        ({"ttH": {**TTH, "xs": "large"}}, "xs"),
        ({"ttH M125": TTH}, "'ttH M125' cannot be a name"),
        ({"ttH": {**TTH, "systematics": {"weightss": {}}}}, "did you mean 'weights'?"),
        ({"ttH": {**TTH, "systematics": {"2017": {}, "weights": {}}}}, "unknown key '2017'"),
        ({"ttH": {**TTH, "systematics": [1]}}, "systematics are not a mapping"),
        ({"ttH": {**TTH, "systematics": {"2017": 5}}}, "systematics are not a mapping"),
    ],
)
def test_what_is_no_catalogue_is_told(tmp_path: Path, samples: object, told: str) -> None:
    assert told in failure(tmp_path, samples)


def test_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfiguration, match="cannot read"):
        import_higgsdna(tmp_path / "none.json")
