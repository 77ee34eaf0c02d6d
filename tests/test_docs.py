"""The how-tos say what works: their code and their YAML, as they stand."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import awkward as ak
import pytest
import yaml

from higgsflow.catalog.folder import CONFIG_FOLDER
from higgsflow.catalog.load import load_analysis
from higgsflow.check.configuration import check_all
from higgsflow.diff.column_map import read_map
from higgsflow.errors import UserError
from higgsflow.model.context import Context
from higgsflow.model.engines import Engines
from higgsflow.model.systematic import Systematics
from higgsflow.output.descriptions import describe
from higgsflow.taggers.sequence import load_tagger
from tests.documented import PAGES

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCS = Path(__file__).resolve().parents[1] / "docs"
CONTEXT = Context(sample="S", year="2017", is_data=False)
EVENTS = ak.Array(
    [
        {"Jet": [{"pt": 50.0, "eta": 0.0}] * 4, "MET_pt": 120.0},
        {"Jet": [{"pt": 50.0, "eta": 3.0}], "MET_pt": 20.0},
    ]
)


def blocks(page: str, language: str) -> list[str]:
    text = (DOCS / page).read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


@pytest.fixture
def module_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    for name in ("my_taggers", "my_systematics"):
        sys.modules.pop(name, None)


def write_analysis(folder: Path, **sections: Any) -> Path:
    content = {
        "samples": {"catalog": "demo", "sample_list": ["ttH_M125"], "years": ["2017"]},
        "tag_sequence": ["diphoton"],
        "variables_of_interest": ["m_gg"],
    }
    path = folder / "mine.yaml"
    path.write_text(yaml.safe_dump({**content, **sections}), encoding="utf-8")
    return path


def test_the_function_tagger_of_the_how_to_runs(module_folder: Path) -> None:
    (module_folder / "my_taggers.py").write_text(blocks("taggers.md", "python")[0])
    sequence = yaml.safe_load(blocks("taggers.md", "yaml")[0])
    analysis = load_analysis(write_analysis(module_folder, **sequence))
    check_all(analysis)
    spec = next(s for s in analysis.tag_sequence.taggers if s.name == "many_jets")
    decision = load_tagger(spec).select(EVENTS, CONTEXT)
    assert ak.to_list(decision.mask) == [True, False]


def test_the_tagger_of_the_how_to_says_what_its_columns_are(module_folder: Path) -> None:
    (module_folder / "my_taggers.py").write_text(blocks("taggers.md", "python")[1])
    sequence = ["my_taggers:good_muons", "diphoton"]
    factors = {"type": "object", "branches": {"up": "pt"}, "target_collections": "GoodMuon"}
    muons = {"muons": {**factors, "input_collection": "Muon"}}
    shown = {"tag_sequence": sequence, "variables_of_interest": ["ht_mu"]}
    analysis = load_analysis(write_analysis(module_folder, **shown, systematics={"weights": muons}))
    plans = check_all(analysis)
    assert describe(plans["ttH_M125", "2017"])["ht_mu"].endswith("good muons [GeV]")
    good = {"pt": 25.0, "eta": 0.0, "tightId": True}
    events = ak.Array([{"Muon": [good, {**good, "pt": 19.0}]}, {"Muon": []}])
    decision = load_tagger(analysis.tag_sequence.taggers[0]).select(events, CONTEXT)
    assert ak.to_list(decision.mask) == [True, False]
    assert ak.to_list(decision.columns["ht_mu"]) == [25.0, 0.0]
    of_electrons = {"muons": {**factors, "input_collection": "Electron"}}
    path = write_analysis(module_folder, **shown, systematics={"weights": of_electrons})
    with pytest.raises(UserError, match="has factors of Electron, and 'GoodMuon' is made of Muon"):
        check_all(load_analysis(path))


def test_the_class_tagger_of_the_how_to_runs(module_folder: Path) -> None:
    (module_folder / "my_taggers.py").write_text(blocks("taggers.md", "python")[2])
    step = {"name": "met", "tagger": "my_taggers:MetTagger", "options": {"met_min": 100}}
    path = write_analysis(module_folder, tag_sequence=[step], variables_of_interest=["met"])
    analysis = load_analysis(path)
    check_all(analysis)
    decision = load_tagger(analysis.tag_sequence.taggers[0]).select(EVENTS, CONTEXT)
    assert ak.to_list(decision.mask) == [True, False]


def test_the_tagger_that_tells_its_cuts_is_as_the_how_to_says(module_folder: Path) -> None:
    (module_folder / "my_taggers.py").write_text(blocks("explain.md", "python")[0])
    step = {"name": "met", "tagger": "my_taggers:MetTagger", "options": {"met_min": 100}}
    path = write_analysis(module_folder, tag_sequence=[step], variables_of_interest=["met"])
    tagger = load_tagger(load_analysis(path).tag_sequence.taggers[0])
    event = EVENTS[:1]
    told = tagger.measures(event, tagger.select(event, CONTEXT), CONTEXT)["events"].cuts["met"]
    assert (told.values.tolist(), told.condition) == ([120.0], "> 100")


def test_the_compiled_tagger_of_the_how_to_runs(module_folder: Path) -> None:
    pytest.importorskip("numba", reason="to run this test: pip install -e '.[numba]'")
    (module_folder / "my_taggers.py").write_text(blocks("taggers.md", "python")[3])
    step = {"name": "busy", "tagger": "my_taggers:busy", "options": {"ht_min": 150}}
    path = write_analysis(module_folder, tag_sequence=[step], variables_of_interest=["ht"])
    analysis = load_analysis(path)
    check_all(analysis)
    decision = load_tagger(analysis.tag_sequence.taggers[0]).select(EVENTS, CONTEXT)
    assert ak.to_list(decision.columns["ht"]) == [200.0, 50.0]
    assert ak.to_list(decision.mask) == [True, False]


def test_the_tag_and_probe_of_the_how_to_runs(module_folder: Path) -> None:
    (module_folder / "my_taggers.py").write_text(blocks("taggers.md", "python")[4])
    variables = ["m_ee", "probe_pt", "probe_passes", "n_electrons"]
    step = ["diphoton", "my_taggers:tag_and_probe"]
    path = write_analysis(module_folder, tag_sequence=step, variables_of_interest=variables)
    analysis = load_analysis(path)
    check_all(analysis)
    electron = {"pt": 45.6, "eta": 0.0, "charge": 1, "mvaIsoWP90": True}
    pair = [{**electron, "phi": 0.0}, {**electron, "phi": 3.0, "charge": -1, "mvaIsoWP90": False}]
    soft = {**electron, "phi": 1.0, "pt": 5.0}
    events = ak.Array([{"Electron": pair}, {"Electron": []}, {"Electron": [soft, *pair]}])
    decision = load_tagger(analysis.tag_sequence.taggers[1]).select(events, CONTEXT)
    assert ak.sum(decision.mask, axis=1).tolist() == [1, 0, 1]
    assert decision.columns["m_ee"][decision.mask][0, 0] == pytest.approx(90.97, abs=0.01)
    assert decision.columns["probe_passes"][decision.mask].tolist() == [[False], [], [False]]


@pytest.mark.parametrize("block", range(5))
def test_a_tagger_of_the_how_to_is_short(block: int) -> None:
    assert len(blocks("taggers.md", "python")[block].splitlines()) < 40


def test_the_options_of_the_shipped_taggers_are_as_the_how_to_says(module_folder: Path) -> None:
    sequence = yaml.safe_load(blocks("taggers.md", "yaml")[1])
    analysis = load_analysis(write_analysis(module_folder, **sequence))
    check_all(analysis)
    assert load_tagger(analysis.tag_sequence.taggers[0]).diphoton.lead_pt_min == 40  # type: ignore[attr-defined]


def test_the_systematics_of_the_how_to_are_valid(module_folder: Path) -> None:
    (module_folder / "my_systematics.py").write_text(blocks("systematics.md", "python")[0])
    content = yaml.safe_load(blocks("systematics.md", "yaml")[0])["systematics"]
    assert Systematics.model_validate(content).variations[0] == "nominal"
    sequence = ["diphoton", ["tth_leptonic", "tth_hadronic"]]
    check_all(
        load_analysis(write_analysis(module_folder, tag_sequence=sequence, systematics=content))
    )


def test_the_catalogue_of_the_how_to_is_valid(tmp_path: Path) -> None:
    catalog = yaml.safe_load(blocks("samples.md", "yaml")[0])
    samples = {"catalog": catalog, "sample_list": ["ttH_M125"]}
    analysis = load_analysis(write_analysis(tmp_path, samples=samples))
    assert [pair.name for pair in analysis.samples.pairs] == ["ttH_M125 (2017)"]


def test_the_column_maps_of_the_how_to_are_valid(tmp_path: Path) -> None:
    path = tmp_path / "theirs.yaml"
    path.write_text(blocks("diff.md", "yaml")[1])
    assert read_map(str(path)).tags == {"tth_leptonic": ("ttH_lep",)}
    path.write_text(blocks("diff.md", "yaml")[0])
    found = read_map(str(path))
    assert found.theirs("m_gg") == "CMS_hgg_mass"
    assert found.tags == {"tth_leptonic": (3,), "tth_hadronic": (4, 5)}


def test_the_sites_of_the_how_to_are_valid() -> None:
    engines = Engines.model_validate(yaml.safe_load(blocks("slurm.md", "yaml")[0]))
    site = engines.settings("cluster", "ProcessSample", "Data", "2017")
    assert (site.queue, site.run_time, site.chunks_per_job) == ("short", 4 * 3600, 4)


def test_the_options_of_the_report_are_valid(tmp_path: Path) -> None:
    found = [yaml.safe_load(block) for block in blocks("summary.md", "yaml")]
    (options,) = (content for content in found if "report" in content)
    report = load_analysis(write_analysis(tmp_path, **options)).report
    assert (report.experiment, report.files, report.energy) == ("CMS", ("png", "pdf"), "13")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files_and_headings(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        path, _, heading = target.partition("#")
        if "://" in path:
            continue
        found = (page.parent / path).resolve() if path else page
        assert found.exists(), target
        if heading:
            assert heading in headings(found), target


def headings(page: Path) -> set[str]:
    """The anchors of a page, as they are made of its headings."""
    lines = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    words = (re.sub(r"[^\w\- ]", "", line.lower()) for line in lines)
    return {line.replace(" ", "-") for line in words}


def test_every_page_is_in_the_list_of_how_tos() -> None:
    listed = set(re.findall(r"\]\(([\w.]+)\)", (DOCS / "README.md").read_text(encoding="utf-8")))
    pages = {path.name for path in DOCS.iterdir() if path.suffix in (".md", ".ipynb")}
    assert listed == pages - {"README.md"}


def test_the_corrections_of_the_how_to_are_sound(tmp_path: Path) -> None:
    (tmp_path / "corrections").symlink_to(CONFIG_FOLDER / "corrections")
    content = yaml.safe_load(blocks("correctionlib.md", "yaml")[0])["systematics"]
    sequence = ["diphoton", ["tth_leptonic", "tth_hadronic"]]
    check_all(load_analysis(write_analysis(tmp_path, tag_sequence=sequence, systematics=content)))


def test_the_code_of_the_how_to_looks_into_a_correction_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(CONFIG_FOLDER)
    exec(compile(blocks("correctionlib.md", "python")[0], "correctionlib.md", "exec"), {})
    assert (
        "id [('systematic', 'string'), ('eta', 'real'), ('pt', 'real')]" in capsys.readouterr().out
    )


def test_the_editor_is_told_of_the_schemas_that_the_commands_write() -> None:
    settings = json.loads(blocks("editor.md", "json")[0])
    written = re.findall(r"--output (\S+)", blocks("editor.md", "bash")[0])
    assert list(settings["yaml.schemas"]) == written


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_block_of_yaml_and_json_can_be_read(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for block in re.findall(r"^ *```yaml\n(.*?)^ *```", text, re.DOTALL | re.MULTILINE):
        yaml.safe_load(block)
    for block in re.findall(r"^ *```json\n(.*?)^ *```", text, re.DOTALL | re.MULTILINE):
        json.loads(block)
    for block in re.findall(r"^ *```python\n(.*?)^ *```", text, re.DOTALL | re.MULTILINE):
        compile(block, page.name, "exec")
