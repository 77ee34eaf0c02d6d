from __future__ import annotations

import copy
import functools
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from higgsflow.catalog.folder import CONFIG_FOLDER, ENGINES_FILE, known_analyses
from higgsflow.catalog.json_schema import json_schema, schemas
from higgsflow.catalog.new_analysis import new_analysis
from higgsflow.errors import UnknownName

jsonschema = pytest.importorskip(
    "jsonschema_rs", reason="to run this test: pip install -e '.[test]'"
)
DOCS = Path(__file__).resolve().parents[3] / "docs"
SIMULATED = {"kind": "simulation", "files": {"2017": "a"}}
CATALOGS = sorted((CONFIG_FOLDER / "samples").glob("*.yaml"))


def read(text: str) -> Any:
    """As an editor sees it: all keys are texts."""
    return json.loads(json.dumps(yaml.safe_load(text)))


@functools.cache
def validator(what: str) -> Any:
    return jsonschema.Draft202012Validator(json_schema(what))


def findings(what: str, content: Any) -> list[str]:
    found = validator(what).iter_errors(content)
    return [f"{list(e.instance_path)}: {e.message}" for e in found]


def analysis(**changes: Any) -> Any:
    text = (CONFIG_FOLDER / "corrections.yaml").read_text(encoding="utf-8")
    return {**read(text), **changes}


@pytest.mark.parametrize("what", schemas())
def test_it_is_a_schema(what: str) -> None:
    jsonschema.meta.validate(json_schema(what))
    assert json_schema(what)["title"] == f"higgsflow: {what}"


@pytest.mark.parametrize("name", known_analyses())
def test_every_shipped_configuration_is_valid(name: str) -> None:
    text = (CONFIG_FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
    assert findings("analysis", read(text)) == []


@pytest.mark.parametrize("path", CATALOGS, ids=lambda path: path.stem)
def test_every_shipped_catalogue_is_valid_alone_and_in_an_analysis(path: Path) -> None:
    content = read(path.read_text(encoding="utf-8"))
    assert findings("catalog", content) == []
    assert findings("analysis", analysis(samples={"catalog": content})) == []
    assert findings("analysis", analysis(samples=content)) == []


def test_the_shipped_sites_are_valid() -> None:
    assert findings("engines", read(ENGINES_FILE.read_text(encoding="utf-8"))) == []


def test_what_a_new_analysis_begins_with_is_valid(tmp_path: Path) -> None:
    text = new_analysis("mine", tmp_path)[0].read_text(encoding="utf-8")
    assert findings("analysis", read(text)) == []


@pytest.mark.parametrize("page", ["taggers", "systematics", "samples", "jobs"])
def test_the_sections_of_the_how_tos_are_valid(page: str) -> None:
    text = (DOCS / f"{page}.md").read_text(encoding="utf-8")
    known = set(json_schema()["properties"])
    found = 0
    for block in re.findall(r"^```yaml\n(.*?)```", text, re.DOTALL | re.MULTILINE):
        content = read(block) if not block.startswith(" ") else None
        if isinstance(content, dict) and set(content) <= known and "..." not in block:
            assert findings("analysis", analysis(**content)) == []
            found += 1
    assert found


@pytest.mark.parametrize(
    "section",
    [
        {"samples": "demo"},
        {"samples": ["demo", "hgg"]},
        {"samples": {"catalog": "demo", "sample_list": "ttH_*", "years": 2017}},
        {"samples": {"catalog": "demo", "years": [2016, "2017"]}},
        {"samples": {"samples": {"A": {**SIMULATED, "xs": "5.071e2 fb"}}}},
        {"samples": {"samples": {"A": {**SIMULATED, "xs": {"2017": "-5 fb", "2018": 1}}}}},
        {"python_path": "code"},
        {"variables_of_interest": "m_gg"},
        {"samples": {"catalog": {"years": {"2017": {"luminosity": "41500 /pb"}}}}},
        {"jobs_manager": {"time_limit": "1 h", "max_memory_mb": "2 GB", "retry_delay": "2 min"}},
        {"tag_sequence": {"tag_list": ["diphoton"], "keep_untagged": True}},
        {"tag_sequence": ["m:f", "m.f", [{"tagger": "diphoton", "options": {"trigger": True}}]]},
        {"tag_sequence": [{"name": "diphoton", "options": {"photon": {"pt_min": 20}}}]},
        {"systematics": {"weights": {"w": {"function": {"module": "m", "name": "f"}}}}},
        {"systematics": {"weights": {"w": {"branches": {"up": ["Photon", "sf_up"]}}}}},
        {
            "systematics": {
                "independent_collections": {"j": {"branch_modified": "J_pt", "met": "M"}}
            }
        },
        {"outputs": {"finalfit": {"processes": {"ttH_M125": "tth"}}}},
    ],
)
def test_short_forms_are_valid(section: dict[str, Any]) -> None:
    assert findings("analysis", analysis(**section)) == []


def keys(content: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The places of all keys of a configuration."""
    pairs = content.items() if isinstance(content, dict) else enumerate(content)
    found = []
    for key, value in pairs:
        found += [(*place, key)] if isinstance(content, dict) else []
        if isinstance(value, dict | list):
            found += keys(value, (*place, key))
    return found


# below these, keys are names that the user chooses
NAMES = ("weights", "independent_collections", "corrections", "branches", "inputs", "variations",
         "kwargs", "by_year", "under", "file", "names")  # fmt: skip


def misspelled(content: Any, place: tuple[Any, ...]) -> Any:
    changed = copy.deepcopy(content)
    at = changed
    for part in place[:-1]:
        at = at[part]
    at[f"{place[-1]}x"] = at.pop(place[-1])
    return changed


def test_a_misspelled_key_is_found_wherever_it_is() -> None:
    content = analysis()
    chosen = [p for p in keys(content) if len(p) == 1 or p[-2] not in NAMES]
    assert len(chosen) > 50
    missed = [p for p in chosen if not findings("analysis", misspelled(content, p))]
    assert missed == []


@pytest.mark.parametrize(
    "section",
    [
        {"tag_sequence": ["diphton"]},
        {"tag_sequence": [{"tagger": "diphoton", "options": {"triger": True}}]},
        {"tag_sequence": [{"tagger": "diphoton", "options": {"photon": {"pt_mni": 20}}}]},
        {"tag_sequence": [{"options": {}}]},
        {"output_format": "csv"},
        {"jobs_manager": {"attempts": "many"}},
        {"jobs_manager": {"min_completion": 1.5}},
        {"jobs_manager": {"time_limit": "an hour"}},
        {"jobs_manager": {"time_limit": "1 hour"}},
        {"jobs_manager": {"max_memory_mb": "2 TB"}},
        {"samples": {"catalog": {"years": {"2017": {"luminosity": "41.5 fb"}}}}},
        {"samples": {"samples": {"A": {**SIMULATED, "xs": "5 cm"}}}},
        {"jobs_manager": {"max_time_limit": -1}},
        {"samples": {"catalog": "demo", "sampel_list": []}},
        {"samples": {"samples": {"A": {"kind": "data", "files": {"2017": "a"}, "xs": 1}}}},
        {"samples": {"samples": {"A": SIMULATED}}},
        {"samples": {"samples": {"A": {**SIMULATED, "xs": "many fb"}}}},
        {"samples": {"samples": {"A": {"files": {"2017": "a"}, "xs": 1}}}},
    ],
)
def test_what_is_wrong_is_found(section: dict[str, Any]) -> None:
    assert findings("analysis", analysis(**section)) != []


@pytest.mark.parametrize("what", schemas())
def test_most_keys_say_what_they_are(what: str) -> None:
    definitions = json_schema(what)
    fields = [
        field
        for one in (definitions, *definitions["$defs"].values())
        for field in one.get("properties", {}).values()
    ]
    assert sum("description" in field or "$ref" in field for field in fields) > len(fields) / 2


def test_another_schema_is_an_error() -> None:
    with pytest.raises(UnknownName, match="Did you mean 'engines'"):
        json_schema("engine")
