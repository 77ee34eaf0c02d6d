"""What is made again when something changes, and what is not."""

from __future__ import annotations

import json
import linecache
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from higgsflow.digests import job_digest, products
from higgsflow.model.analysis import AnalysisModel
from higgsflow.plan import make_plan
from higgsflow.taggers.base import Tagger
from higgsflow.taggers.function import tagger

if TYPE_CHECKING:
    from higgsflow.records.job_record import Product

PILEUP = {"branches": {"central": "puWeight", "up": "puWeightUp"}, "modify_central_weight": True}
PREFIRING = {"branches": {"up": "L1Up", "down": "L1Dn"}}
SCALE = {
    "method": "from_function",
    "function": "higgsflow.corrections.photons:scale_pt",
    "branch_modified": ["Photon", "pt"],
    "kwargs": {"shift": 0.01},
}
JES = {"branch_modified": "Jet_pt", "branches": {"up": "Jet_ptUp", "down": "Jet_ptDn"}}
OBJECTS = {"scale": SCALE}


@tagger(reads=["MET_pt"])
def high_met(events: Any, threshold: float = 100.0) -> Any:
    raise NotImplementedError


def from_files(events: Any, direction: str, files: list[str]) -> Any:
    raise NotImplementedError


def wanted(
    weights: Any = None, objects: Any = None, golden: Path | None = None, **changes: Any
) -> dict[str, Product]:
    sample: dict[str, Any] = {
        "name": "S",
        "files": {"2017": "f.root"},
        "kind": "simulation",
        "xs": 1,
    }
    era: dict[str, Any] = {"luminosity": 1.0, "apply_golden_json": False}
    if golden:
        del sample["xs"]
        sample["kind"] = "data"
        era = {"luminosity": 1.0, "golden_json": str(golden)}
    content = {
        "samples": {"samples": [sample], "years": {"2017": era}, "selected_years": ["2017"]},
        "tag_sequence": ["diphoton", ["tth_leptonic", "tth_hadronic"]],
        "variables_of_interest": ["m_gg", "m_jj"],
        "systematics": {
            "weights": {"pileup": PILEUP} if weights is None else weights,
            "independent_collections": OBJECTS if objects is None else objects,
        },
    }
    model = AnalysisModel.model_validate(content | changes)
    return products(make_plan(model, model.samples.pairs[0]))


def to_make(today: dict[str, Product], **changes: Any) -> set[str]:
    """The variations that what was made before does not cover."""
    after = wanted(**changes)
    return {n for n, p in after.items() if n not in today or not today[n].covers(p)}


ALL = {"nominal", "scale_up", "scale_down"}


@pytest.mark.parametrize(
    ("changes", "made_again"),
    [
        ({}, set()),
        ({"weights": {"pileup": PILEUP, "l1": PREFIRING}}, {"nominal"}),
        ({"weights": {"pileup": PILEUP, "l1": {**PILEUP, "requires_branches": "a"}}}, ALL),
        ({"weights": {"pileup": {**PILEUP, "modifies_taggers": ["tth_hadronic"]}}}, ALL),
        ({"weights": {}}, ALL),
        ({"objects": {**OBJECTS, "jes": JES}}, {"jes_up", "jes_down"}),
        ({"objects": {}}, set()),
        ({"objects": {"scale": {**SCALE, "kwargs": {"shift": 0.02}}}}, {"scale_up", "scale_down"}),
        ({"variables_of_interest": ["m_gg"]}, set()),
        ({"variables_of_interest": ["m_jj", "m_gg"]}, set()),
        ({"variables_of_interest": ["m_gg", "m_jj", "pt_gg"]}, ALL),
        ({"tag_sequence": ["diphoton", ["tth_hadronic", "tth_leptonic"]]}, ALL),
        ({"tag_sequence": ["diphoton", ["tth_leptonic"]]}, ALL),
        ({"jobs_manager": {"n_events_per_block": 7, "n_events_per_output": 9}}, set()),
        ({"output_format": "root"}, set()),
        (
            {
                "tag_sequence": {
                    "tag_list": ["diphoton", ["tth_leptonic", "tth_hadronic"]],
                    "keep_untagged": True,
                }
            },
            ALL,
        ),
    ],
)
def test_what_a_change_makes_again(changes: dict[str, Any], made_again: set[str]) -> None:
    assert to_make(wanted(), **changes) == made_again


@pytest.mark.parametrize(
    "text",
    [
        "import numpy as np\nUSED = np.array([0.0, {}])",
        "USED = [0.0, 100.0, 200.0, {}]",
        "USED = {{'pt_min': 20.0, 'eta_max': {}}}",
        "USED = 'the pt of all jets is above {}'",
        "USED = 0.12345678901234{}",
        "from multiprocessing.pool import {} as USED",
    ],
)
def test_values_of_a_script_that_begin_alike_are_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    """Ingredients keep the first characters of what a script says of each."""
    last = ("Pool", "ThreadPool") if "pool" in text else ("50", "55")
    found = []
    for value in last:
        path = tmp_path / "script.py"
        code = f"{text.format(value)}\n\n\ndef scale(events, direction):\n    return USED\n"
        path.write_text(code, encoding="utf-8")
        linecache.clearcache()
        main = ModuleType("__main__")
        main.__file__ = str(path)
        monkeypatch.setitem(sys.modules, "__main__", main)
        exec(compile(code, str(path), "exec"), vars(main))
        source = {**SCALE, "function": "__main__:scale", "kwargs": {}}
        found.append(wanted(objects={"scale": source}))
    assert {name for name in found[1] if not found[0][name].covers(found[1][name])} == {
        "scale_up",
        "scale_down",
    }


def test_removed_weight_that_was_only_a_column_makes_nothing() -> None:
    before = wanted(weights={"pileup": PILEUP, "l1": PREFIRING})
    assert to_make(before) == set()


def test_order_and_filters_change_nothing() -> None:
    before = wanted(weights={"a": PILEUP, "b": PREFIRING}, objects={"jes": JES, "scale": SCALE})
    filtered = {**PREFIRING, "samples": ["S", "T"], "years": ["2017"]}
    after = wanted(weights={"b": filtered, "a": PILEUP}, objects={"scale": SCALE, "jes": JES})
    assert after == before


def test_order_of_nominal_corrections_changes_everything() -> None:
    """What is corrected later starts from what is there."""

    def corrected(*names: str) -> Any:
        corrections = {
            name: {"branch_modified": "Photon_pt", "branches": {"central": f"Photon_{name}"}}
            for name in names
        }
        sources = {"independent_collections": OBJECTS, "corrections": corrections}
        return {"systematics": {"weights": {"pileup": PILEUP}, **sources}}

    before = wanted(**corrected("one", "other"))
    assert to_make(before, **corrected("one", "other")) == set()
    assert to_make(before, **corrected("other", "one")) == ALL


@pytest.mark.parametrize("change", [{"seed": 1}, {"requires_branches": "x"}, {"file": "other"}])
def test_correction_counts_beside_the_collection_of_its_name(
    tmp_path: Path, change: dict[str, Any]
) -> None:
    """As every collection of `from_correction` is called that does not say otherwise."""
    files = {name: tmp_path / f"{name}.json" for name in ("one", "other")}
    for name, path in files.items():
        path.write_text(name, encoding="utf-8")

    def corrected(file: str = "one", **more: Any) -> Any:
        asked = {
            "file": str(files[file]),
            "name": "width",
            "inputs": {"pt": "Jet_pt", "systematic": {"variation": True}},
            "variations": {name: name for name in ("central", "up", "down")},
        }
        smear = {"method": "correctionlib", "mode": "smear", "branch_modified": "Jet_pt"}
        of_correction = {"method": "from_correction", "branch_modified": "Jet_pt"}
        sources = {
            "corrections": {"jer": {**smear, "correction": asked, **more}},
            "independent_collections": {"jer": of_correction},
        }
        return {"systematics": sources}

    before, after = wanted(**corrected()), wanted(**corrected(**change))
    assert before == wanted(**corrected())
    assert all(before[name].digest != after[name].digest for name in before)


def test_name_of_a_source_of_the_central_weight_is_not_its_content() -> None:
    before = wanted(weights={"a": PILEUP, "b": {**PILEUP, "requires_branches": "x"}})
    after = wanted(weights={"z": PILEUP, "b": {**PILEUP, "requires_branches": "x"}})
    assert after["scale_up"] == before["scale_up"]
    assert after["nominal"].digest == before["nominal"].digest
    assert set(after["nominal"].columns) != set(before["nominal"].columns)


def test_changed_option_of_a_tagger_changes_everything() -> None:
    def sequence(**options: Any) -> Any:
        mine = {"name": "mine", "tagger": f"{__name__}:high_met", "options": options}
        return {"tag_sequence": ["diphoton", mine], "variables_of_interest": ["m_gg"]}

    before = wanted(**sequence())
    assert to_make(before, **sequence()) == set()
    assert to_make(before, **sequence(threshold=90.0)) == ALL


@pytest.mark.parametrize("called", ["cuts.json", "cuts"])
def test_content_of_a_file_that_an_option_names_counts(tmp_path: Path, called: str) -> None:
    corrections = tmp_path / called
    corrections.write_text("1.0", encoding="utf-8")
    function, kwargs = f"{__name__}:from_files", {"files": [str(corrections)]}
    objects = {"scale": {**SCALE, "function": function, "kwargs": kwargs}}
    before = wanted(objects=objects)
    assert to_make(before, objects=objects) == set()
    # of the same length, so that only its time tells that it has to be read again
    corrections.write_text("1.1", encoding="utf-8")
    os.utime(corrections, ns=(1, 1))
    assert to_make(before, objects=objects) == {"scale_up", "scale_down"}


def test_content_of_the_golden_json_counts_but_not_its_place_or_spacing(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("a.json", "b.json", "c.json")]
    content = {"1": [[1, 5]], "2": [[1, 2]]}
    paths[0].write_text(json.dumps(content), encoding="utf-8")
    paths[1].write_text(json.dumps(dict(reversed(content.items())), indent=4), encoding="utf-8")
    paths[2].write_text(json.dumps(content | {"2": [[1, 3]]}), encoding="utf-8")
    first, moved, changed = (wanted(golden=path)["nominal"] for path in paths)
    assert first == moved
    assert first.digest != changed.digest


def test_kind_and_year_of_a_sample_count_also_where_no_systematic_does() -> None:
    def of(kind: str, year: str) -> str:
        known = {"xs": 1} if kind == "simulation" else {}
        sample = {"name": "S", "files": {year: "f.root"}, "kind": kind, **known}
        years = {year: {"luminosity": 1.0, "apply_golden_json": False}}
        samples = {"samples": [sample], "years": years, "selected_years": [year]}
        return wanted(weights={}, objects={}, samples=samples)["nominal"].digest

    found = [of(kind, year) for kind in ("data", "simulation") for year in ("2017", "2018")]
    assert len(set(found)) == len(found)


def test_nominal_alone_has_the_columns_of_weights() -> None:
    found = wanted()
    assert set(found["nominal"].columns) == {
        "m_gg", "m_jj", "weight_pileup_up", "weight_full_pileup_up",
    }  # fmt: skip
    assert set(found["scale_up"].columns) == {"m_gg", "m_jj"}


def test_no_two_variations_have_one_digest() -> None:
    assert len({product.digest for product in wanted().values()}) == 3


def test_job_is_named_by_its_chunk_and_what_is_wanted() -> None:
    found = wanted()
    name = job_digest("chunk", found)
    assert name == job_digest("chunk", dict(reversed(found.items())))
    assert name != job_digest("other", found)
    assert name != job_digest("chunk", {"nominal": found["nominal"]})


class TableTagger(Tagger):
    """Reads a table whose place is not an option."""

    def reads(self, context: Any) -> Any:
        del context
        return ()

    def adds(self, context: Any) -> dict[str, str]:
        del context
        return {}

    def select(self, events: Any, context: Any) -> Any:
        raise NotImplementedError

    def files(self) -> tuple[Path, ...]:
        return (Path(os.environ["TABLE"]),)


def test_content_of_the_files_of_a_tagger_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [tmp_path / name for name in ("a.txt", "b.txt", "c.txt")]
    products_of = []
    for path, text in zip(paths, ("1", "1", "2"), strict=True):
        path.write_text(text, encoding="utf-8")
        monkeypatch.setenv("TABLE", str(path))
        sequence = ["diphoton", f"{__name__}:TableTagger"]
        products_of.append(wanted(tag_sequence=sequence, variables_of_interest=["m_gg"]))
    assert products_of[0] == products_of[1]
    assert products_of[0]["nominal"].digest != products_of[2]["nominal"].digest
