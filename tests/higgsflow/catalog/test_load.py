from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from higgsflow.catalog.folder import CONFIG_FOLDER, known_analyses
from higgsflow.catalog.load import (
    explain,
    find_analysis,
    load_analysis,
    load_catalog,
    resolve_samples,
    select_samples,
    validated,
)
from higgsflow.catalog.snapshot import as_yaml
from higgsflow.errors import InvalidConfiguration, UnknownName, UserError
from higgsflow.model.analysis import AnalysisModel
from higgsflow.model.samples import Samples

TTH: dict[str, Any] = {"kind": "simulation", "xs": 0.5071, "files": {2017: ["a.root"]}}
DATA: dict[str, Any] = {"kind": "data", "files": {2017: "d.root"}}
YEARS: dict[Any, Any] = {
    2017: {"luminosity": 41.5, "apply_golden_json": False},
    2018: {"luminosity": 59.8, "apply_golden_json": False},
}
ANALYSIS = "tag_sequence: [diphoton]\nvariables_of_interest: [m_gg]\n"


def catalog(**samples: Any) -> dict[str, Any]:
    return {"years": YEARS, "samples": samples or {"ttH_M125": TTH}}


def select(content: Any, sample_list: Any = None, years: Any = None) -> Samples:
    loaded = load_catalog(content, Path("/data"))
    return select_samples(loaded, sample_list, years, "a.yaml")


def names(samples: Samples) -> list[str]:
    return [pair.name for pair in samples.pairs]


def told(content: Any, sample_list: Any = None, years: Any = None) -> str:
    with pytest.raises(UserError) as caught:
        select(content, sample_list, years)
    text = str(caught.value)
    assert len(text.splitlines()) <= 3
    return text


def write(path: Path, content: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
    return path


# the way to a configuration file


def test_analysis_is_found_by_name_or_path(tmp_path: Path) -> None:
    path = write(tmp_path / "mine.yaml", ANALYSIS)
    assert find_analysis(str(path)) == path
    assert find_analysis("no_such_analysis") is None
    for name in known_analyses():
        assert find_analysis(name) == CONFIG_FOLDER / f"{name}.yaml"


def test_absent_configuration_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfiguration, match=r"no configuration file .*absent\.yaml"):
        find_analysis(str(tmp_path / "absent.yaml"))


def test_absent_configuration_is_told_the_nearest_beside_it_or_the_one_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.yaml").touch()
    for given in ("mine.yml", "elsewhere/mine.yaml"):
        with pytest.raises(InvalidConfiguration, match=r"did you mean 'mine\.yaml'"):
            find_analysis(given)


def test_unknown_home_is_told() -> None:
    with pytest.raises(InvalidConfiguration, match="no such home"):
        find_analysis("~nobody_of_this_name/a.yaml")


@pytest.mark.parametrize("name", known_analyses())
def test_every_shipped_configuration_loads(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HIGGSFLOW_DATA", "/data")
    path = find_analysis(name)
    assert path is not None
    assert load_analysis(path).samples.pairs


# the whole configuration


def test_analysis_is_called_like_its_file(tmp_path: Path) -> None:
    content = {"samples": {**catalog()}, **yaml.safe_load(ANALYSIS)}
    assert load_analysis(write(tmp_path / "mine.yaml", content)).name == "mine"
    named = write(tmp_path / "other.yaml", {"name": "hgg", **content})
    assert load_analysis(named).name == "hgg"


def test_paths_are_relative_to_their_own_file_and_come_out_absolute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = {
        **DATA,
        "files": {2017: ["d.root", "/abs/e.root", "root://server//f.root", "das:/A/B/C"]},
    }
    years = {2017: {"luminosity": 41.5, "golden_json": "../golden.json"}}
    write(tmp_path / "config/samples/s.yaml", {"years": years, "samples": {"Data": data}})
    content = {"samples": "samples/s.yaml", "store": "../store", **yaml.safe_load(ANALYSIS)}
    model = {"tagger": "higgsflow.taggers.model_score:ModelTagger", "name": "bdt"}
    content["tag_sequence"] = ["diphoton", {**model, "options": {"model": "../bdt.json"}}]
    write(tmp_path / "config/a.yaml", content)
    monkeypatch.chdir(tmp_path)
    made = load_analysis(Path("config/a.yaml"))
    (pair,) = made.samples.pairs
    folder = tmp_path / "config/samples"
    assert pair.addresses == (
        f"{folder}/d.root",
        "/abs/e.root",
        "root://server//f.root",
        "das:/A/B/C",
    )
    assert Path(str(pair.era.golden_json)).resolve() == tmp_path / "config/golden.json"
    assert Path(str(made.store)).resolve() == tmp_path / "store"
    assert made.tag_sequence.taggers[1].options["model"] == str(tmp_path / "bdt.json")
    assert Path(str(pair.era.golden_json)).is_absolute()


def test_variables_are_filled_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_FILES", "/eos/mine")
    files = {2017: ["${MY_FILES}/a.root", "$MY_FILES/b.root", "~/c.root"]}
    (pair,) = select(catalog(ttH={**TTH, "files": files})).pairs
    assert pair.addresses == ("/eos/mine/a.root", "/eos/mine/b.root", str(Path.home() / "c.root"))


@pytest.mark.parametrize(
    "content",
    [
        catalog(ttH={**TTH, "files": {2017: "${NO_SUCH_VARIABLE}/a.root"}}),
        {
            "years": {2017: {"luminosity": 1, "golden_json": "$NO_SUCH_VARIABLE/g.json"}},
            "samples": {"ttH": TTH},
        },
        "${NO_SUCH_VARIABLE}/samples.yaml",
    ],
)
def test_undefined_variable_is_named(content: Any) -> None:
    text = told(content)
    assert "undefined variable in '$" in text
    assert "NO_SUCH_VARIABLE" in text


def test_analysis_without_samples_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfiguration, match="samples: is required, but missing"):
        load_analysis(write(tmp_path / "a.yaml", ANALYSIS))


@pytest.mark.parametrize("section", [None, 3, {"catalog": 5}, {"catalog": []}, {"sample_list": []}])
def test_section_that_holds_no_catalogue_is_told(tmp_path: Path, section: Any) -> None:
    with pytest.raises(InvalidConfiguration) as caught:
        resolve_samples(section, tmp_path, "a.yaml")
    assert len(str(caught.value).splitlines()) <= 3


def test_unknown_key_of_the_section_offers_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match=r"no key 'catalogue' in a\.yaml: samples\. Did you mean"):
        resolve_samples({"catalogue": "x"}, tmp_path, "a.yaml")


def test_samples_in_place_can_be_chosen_too(tmp_path: Path) -> None:
    section = {**catalog(ttH=TTH, ggH=TTH), "sample_list": ["gg*"], "selected_years": [2017]}
    assert names(resolve_samples(section, tmp_path, "a.yaml")) == ["ggH (2017)"]


def test_catalogue_and_samples_in_place_exclude_each_other(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfiguration, match="in a catalog and in place"):
        resolve_samples({**catalog(), "catalog": "x"}, tmp_path, "a.yaml")


def test_resolved_samples_can_be_loaded_again(tmp_path: Path) -> None:
    both = catalog(ttH={**TTH, "files": {2017: "a.root", 2018: "b.root"}}, Data=DATA)
    first = resolve_samples({"catalog": both, "years": [2017]}, tmp_path, "a.yaml")
    again = resolve_samples(first.model_dump(mode="json"), Path("/elsewhere"), "b.yaml")
    assert again == first


# filters of systematics


def filtered(tmp_path: Path, in_entry: bool = False, **filters: Any) -> Path:
    """An analysis of ttH in 2017, of a catalogue that has ggH and 2018 as well."""
    weight = {"weights": {"w": {"branches": {"central": "c", "up": "u"}, **filters}}}
    entry = {**TTH, "systematics": weight} if in_entry else TTH
    chosen = {"catalog": catalog(ttH=entry, ggH=TTH), "sample_list": ["ttH"], "years": [2017]}
    content = {"samples": chosen, **yaml.safe_load(ANALYSIS)}
    return write(tmp_path / "a.yaml", content if in_entry else {**content, "systematics": weight})


@pytest.mark.parametrize("in_entry", [False, True])
@pytest.mark.parametrize(
    ("filters", "message"),
    [
        (
            {"samples": ["ttH", "gHH"]},
            r"no sample 'gHH' in the catalogue, in samples of 'w'",
        ),
        ({"samples": "tth*"}, r"no sample 'tth\*' in the catalogue.*Did you mean 'ttH'"),
        ({"years": [2071]}, r"no year '2071' in the catalogue, in years of 'w'"),
    ],
)
def test_filter_that_nothing_passes_is_told(
    tmp_path: Path, filters: Any, message: str, in_entry: bool
) -> None:
    with pytest.raises(UnknownName, match=message) as caught:
        load_analysis(filtered(tmp_path, in_entry, **filters))
    assert len(str(caught.value).splitlines()) <= 3


def test_a_primary_dataset_that_is_no_sample_is_told_as_that() -> None:
    content = {**catalog(Data=DATA), "primary_datasets": ["Dta"]}
    assert "no sample of primary_datasets 'Dta' in the catalogue. Did you mean 'Data'?" in told(
        content
    )


@pytest.mark.parametrize("in_entry", [False, True])
@pytest.mark.parametrize("filters", [{"samples": "gg*"}, {"years": "2018"}, {"samples": "ttH"}])
def test_filter_may_be_of_what_is_not_chosen(tmp_path: Path, filters: Any, in_entry: bool) -> None:
    """Also in a copy, which holds nothing but what was chosen."""
    analysis = load_analysis(filtered(tmp_path, in_entry, **filters))
    assert analysis.samples.known_samples == ("ggH", "ttH")
    copy = write(tmp_path / "copy.yaml", as_yaml(analysis))
    assert load_analysis(copy).samples == analysis.samples


@pytest.mark.parametrize("filters", [{"samples": []}, {"years": []}])
def test_filter_of_nothing_is_refused(tmp_path: Path, filters: Any) -> None:
    with pytest.raises(InvalidConfiguration, match=f"weights.w.{min(filters)}"):
        load_analysis(filtered(tmp_path, **filters))


def test_copies_that_do_not_know_the_catalogue_are_read(tmp_path: Path) -> None:
    analysis = load_analysis(filtered(tmp_path, samples="ggH"))
    older = analysis.model_dump(mode="json", by_alias=True)
    older["samples"].pop("known_samples")
    assert AnalysisModel.model_validate(older).systematics == analysis.systematics


# catalogues


def test_catalogue_is_a_path_or_a_shipped_name(tmp_path: Path) -> None:
    write(tmp_path / "mine.yaml", catalog())
    assert list(load_catalog("mine.yaml", tmp_path)["samples"]) == ["ttH_M125"]
    assert list(load_catalog(tmp_path / "mine.yaml", Path("/"))["samples"]) == ["ttH_M125"]
    shipped = CONFIG_FOLDER / "samples" / "demo.yaml"
    assert load_catalog("demo", tmp_path) == load_catalog(shipped, tmp_path)


@pytest.mark.parametrize(
    ("asked", "meant"),
    [("my_smaples.yaml", "my_samples.yaml"), ("demo.ymal", "demo"), ("dmeo", "demo")],
)
def test_absent_catalogue_is_told_the_nearest(tmp_path: Path, asked: str, meant: str) -> None:
    write(tmp_path / "my_samples.yaml", catalog())
    with pytest.raises(InvalidConfiguration, match=rf"did you mean '{meant}'\?"):
        load_catalog(asked, tmp_path)


def test_absent_catalogue_names_where_it_was_looked_for() -> None:
    text = told("no_such.yaml")
    assert "no catalogue 'no_such.yaml'" in text
    assert "/data/no_such.yaml" in text
    assert "did you mean 'demo'?" in told("samples/demo.yaml")


def test_several_catalogues_are_one(tmp_path: Path) -> None:
    write(tmp_path / "a.yaml", catalog(ttH=TTH))
    write(tmp_path / "b.yaml", {"years": {2018: YEARS[2018]}, "samples": {"ggH": TTH}})
    loaded = load_catalog(["a.yaml", "b.yaml"], tmp_path)
    assert list(loaded["samples"]) == ["ttH", "ggH"]
    assert list(loaded["years"]) == ["2017", "2018"]


def test_sample_in_two_catalogues_is_an_error() -> None:
    assert "sample 'ttH' is in two catalogues" in told([catalog(ttH=TTH), catalog(ttH=TTH)])


def test_year_that_differs_between_catalogues_is_an_error() -> None:
    other = {"years": {"2017": {"luminosity": 40.0}}, "samples": {"ggH": TTH}}
    assert "year '2017' differs between two catalogues" in told([catalog(), other])


def test_samples_may_be_a_list_with_names() -> None:
    listed = {"years": YEARS, "samples": [{"name": "ttH", **TTH}, {"name": "ggH", **TTH}]}
    assert select(listed) == select(catalog(ttH=TTH, ggH=TTH))


@pytest.mark.parametrize(
    ("samples", "reason"),
    [
        ([{"name": "a", **TTH}, {"name": "a", **TTH}], "sample 'a' is given twice"),
        ([TTH], "needs one name"),
        ({"a": {"name": "b", **TTH}}, "sample 'a' needs one name"),
        ({"a": None}, "sample 'a' does not hold keys and values"),
        (["a"], "does not hold keys and values"),
        (3, "neither a mapping nor a list"),
        ({"tt H": TTH}, "'tt H' cannot be a name"),
        ({"ttH/M125": TTH}, "\n  such as ttH_M125"),
        ({"/ttH/v1/NANOAODSIM": TTH}, "\n  give it a short name, and das:/ttH/v1/NANOAODSIM among"),
        ({}, "the catalogue has no samples"),
        ({"a": {**TTH, "files": ["a.root"]}}, "(it is ['a.root']), such as {2017: ...}"),
        ({"a": {**TTH, "files": None}}, "a.files: keys and values are needed"),
        ({"a": {**TTH, "files": "a.root"}}, "a.files: keys and values are needed"),
        ({"a": {**TTH, "files": {2017: []}}}, "no addresses of files for year '2017'"),
        ({"a": {**TTH, "files": {2017: None}}}, "no addresses of files for year '2017'"),
        ({"a": {**TTH, "files": {2017: {"x": 1}}}}, "files of 'a' (2017) are not addresses"),
        ({"a": {**TTH, "files": {2017: [1]}}}, "files of 'a' (2017) are not addresses"),
        ({"a": {**TTH, "files": {2017: ""}}}, "'' is empty, and names no file or folder"),
        ({"a": {**TTH, "files": {2017: ["a.root", " "]}}}, "' ' is empty, and names no file"),
        ({"a": {**TTH, "files": {2071: "a.root"}}}, "no luminosity for year '2071'"),
        ({"a": {**TTH, "flies": 1}}, "did you mean 'files'?"),
        ({"a": {"xs": 1.0, "files": {}}}, "samples.a: say `kind: simulation` or `kind: data`"),
        ({"a": {**TTH, "kind": "mc"}}, "samples.a: say `kind: simulation` or `kind: data`"),
        ({"a": {"kind": "simulation", "files": {}}}, "samples.a.xs: is required, but missing"),
        ({"a": {**DATA, "xs": 1.0}}, "xs is forbidden for data, remove it"),
        ({"a": {**TTH, "xs": "abc"}}, "samples.a.xs: a number is needed (it is 'abc')"),
        (
            {"a": {**TTH, "xs": {2017: "abc"}}},
            "samples.a.xs.2017: a number is needed (it is 'abc')",
        ),
        ({"a": {**TTH, "xs": float("nan")}}, "samples.a.xs: nan is not a number"),
    ],
)
def test_what_is_wrong_with_a_sample_is_told(samples: Any, reason: str) -> None:
    assert reason in told({"years": YEARS, "samples": samples})


@pytest.mark.parametrize(
    ("years", "reason"),
    [
        ([2017], "years does not hold keys and values"),
        ({2017: 41.5}, "year '2017' does not hold keys and values"),
        ({2017: 41.5}, "\n  such as years: {2017: {luminosity: 41.5}}"),
        ({2017: None}, "year '2017' does not hold keys and values"),
        ({2017: {}}, "years.2017.luminosity: is required, but missing"),
        ({2017: {"lumi": 41.5}}, "unknown key 'lumi'"),
        ({}, "no luminosity for year '2017'"),
    ],
)
def test_what_is_wrong_with_a_year_is_told(years: Any, reason: str) -> None:
    assert reason in told({"years": years, "samples": {"ttH": TTH}})


def test_unknown_key_of_a_catalogue_offers_the_nearest(tmp_path: Path) -> None:
    path = write(tmp_path / "s.yaml", {"yeras": {}})
    text = told(str(path))
    assert f"no key 'yeras' in {path}. Did you mean 'years'?" in text


def test_what_is_wrong_with_a_catalogue_is_told_of_its_file(tmp_path: Path) -> None:
    wrong = {"years": YEARS, "samples": {"ttH": {**TTH, "proces_of": "ttH"}}}
    write(tmp_path / "samples.yaml", wrong)
    path = write(tmp_path / "mine.yaml", {"samples": {"catalog": "samples.yaml"}})
    with pytest.raises(InvalidConfiguration) as caught:
        load_analysis(Path(path))
    first, second = str(caught.value).split("\n  ")
    assert first == f"{tmp_path / 'samples.yaml'} is not valid:"
    assert second == "samples.ttH: unknown key 'proces_of', did you mean 'process'?"


def test_keys_of_copies_in_a_store_are_not_offered(tmp_path: Path) -> None:
    with pytest.raises(UnknownName) as caught:
        resolve_samples({"catalog": "a.yaml", "year": 2017}, tmp_path, "mine.yaml")
    assert "known_samples" not in str(caught.value)


def test_data_needs_a_golden_json() -> None:
    years = {2017: {"luminosity": 41.5}}
    text = told({"years": years, "samples": {"Data": DATA}})
    assert "no golden JSON for Data (2017)" in text
    assert "apply_golden_json: false" in text
    assert select({"years": years, "samples": {"ttH": TTH}}).pairs


# choosing


def three() -> dict[str, Any]:
    both = {"files": {2017: "a.root", 2018: "b.root"}}
    return catalog(ttH_M125={**TTH, **both}, ttH_M126=TTH, Data={**DATA, **both})


@pytest.mark.parametrize(
    ("sample_list", "years", "chosen"),
    [
        (None, 2018, ["ttH_M125 (2018)", "Data (2018)"]),
        ("ttH_M126", None, ["ttH_M126 (2017)"]),
        (["Data", "ttH*"], ["2017"], ["Data (2017)", "ttH_M125 (2017)", "ttH_M126 (2017)"]),
        (["*25"], "2018", ["ttH_M125 (2018)"]),
        (("Data", "*"), [2018], ["Data (2018)", "ttH_M125 (2018)"]),
    ],
)
def test_samples_and_years_are_chosen_by_name(
    sample_list: Any, years: Any, chosen: list[str]
) -> None:
    assert names(select(three(), sample_list, years)) == chosen


def test_all_are_taken_where_nothing_is_chosen() -> None:
    assert len(select(three()).pairs) == 5


@pytest.mark.parametrize(
    ("sample_list", "years", "reason"),
    [
        (["ttH_M215"], None, "no sample 'ttH_M215' in the catalogue. Did you mean 'ttH_M125'?"),
        (["Dta"], None, "Did you mean 'Data'?"),
        (["ggH*"], None, "no sample 'ggH*'"),
        (None, [2071], "no luminosity for year '2071'"),
        (None, [2017, "2017"], "years: '2017' is given twice"),
        (["Data", "Data"], None, "sample_list: 'Data' is given twice"),
        ("ttH_M126", 2018, "none of the samples has files in the selected years"),
        ([], None, "sample_list is empty"),
        (None, [], "years is empty"),
        ([False], None, "sample_list is [False], not a list of names"),
        ({"a": 1}, None, "sample_list is {'a': 1}"),
        (None, 20.5, "years is 20.5"),
    ],
)
def test_choice_that_cannot_be_made_is_told(sample_list: Any, years: Any, reason: str) -> None:
    assert reason in told(three(), sample_list, years)


# findings


def test_only_two_findings_are_told_and_the_rest_counted() -> None:
    broken = {"kind": "simulation", "files": {2017: "a.root"}}
    text = told(catalog(a=broken, b=broken, c=broken, d=broken))
    assert text.splitlines()[0] == "a.yaml is not valid:"
    assert "samples.a.xs" in text
    assert "samples.b.xs" in text
    assert "and 2 more" in text


def test_place_without_the_content_is_a_number() -> None:
    with pytest.raises(ValidationError) as caught:
        Samples.model_validate({"samples": [{"kind": "data"}], "years": {}, "selected_years": []})
    assert explain(caught.value)[0] == "samples.0.name: is required, but missing"


def test_error_of_the_user_is_given_its_place() -> None:
    content = {"samples": [], "years": {}, "selected_years": []}
    with pytest.raises(InvalidConfiguration, match=r"none of the samples has files.*\n  a\.yaml"):
        validated(Samples, content, "a.yaml")


def test_a_misspelt_folder_of_a_shipped_configuration_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="did you mean 'demo'"):
        find_analysis("cfg/demo.yaml")


def test_finalfit_may_name_what_is_not_chosen_but_nothing_else(tmp_path: Path) -> None:
    path = filtered(tmp_path)
    content = yaml.safe_load(path.read_text(encoding="utf-8"))

    def with_finalfit(**options: Any) -> Path:
        return write(path, {**content, "outputs": {"finalfit": {"sqrts": "13TeV", **options}}})

    load_analysis(with_finalfit(processes={"ttH": "tth", "ggH": "ggh"}, systematics={"w": "W"}))
    with pytest.raises(UnknownName, match=r"no simulated sample 'gHH'.*Did you mean 'ggH'"):
        load_analysis(with_finalfit(processes={"gHH": "ggh"}))
    with pytest.raises(UnknownName, match=r"no systematic 'v' in outputs.finalfit.systematics"):
        load_analysis(with_finalfit(systematics={"v": "V"}))


def test_a_key_that_is_indented_too_much_is_told_as_that() -> None:
    content = {"jobs_manager": {"batch": "local", "blinding": {"unblind": True}}}
    with pytest.raises(InvalidConfiguration) as caught:
        validated(AnalysisModel, content, "a.yaml")
    told = "jobs_manager: 'blinding' is no part of it: indent it less, as `jobs_manager` is"
    assert told in caught.value.findings
