from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from higgsflow.digests import products
from higgsflow.errors import ChangedMeanwhile
from higgsflow.given_files import check_unchanged, freeze, thaw
from higgsflow.model.analysis import AnalysisModel
from higgsflow.plan import make_plan

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from higgsflow.plan import Plan


@pytest.fixture(autouse=True)
def _thawed() -> Iterator[None]:
    thaw()
    yield
    thaw()


def shifted(events: Any, direction: str, maps: list[str]) -> Any:
    raise NotImplementedError


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """The golden JSON of data, and a file among the arguments of a function."""
    found = {name: tmp_path / f"{name}.json" for name in ("golden", "map")}
    for path in found.values():
        path.write_text('{"1": [[1, 3]]}', encoding="utf-8")
    return found


@pytest.fixture
def plan(files: dict[str, Path]) -> Plan:
    era = {"luminosity": 1.0, "golden_json": str(files["golden"])}
    correction = {
        "method": "from_function",
        "function": f"{__name__}:shifted",
        "branch_modified": "MET_pt",
        "kwargs": {"maps": [str(files["map"])]},
    }
    sample = {"name": "D", "kind": "data", "files": {"2017": "f.root"}}
    content = {
        "samples": {"samples": [sample], "years": {"2017": era}, "selected_years": ["2017"]},
        "tag_sequence": ["diphoton"],
        "variables_of_interest": ["m_gg"],
        "systematics": {"corrections": {"met": correction}},
    }
    model = AnalysisModel.model_validate(content)
    return make_plan(model, model.samples.pairs[0])


@pytest.mark.parametrize("name", ["golden", "map"])
def test_a_run_keeps_to_the_files_that_it_began_with(
    plan: Plan, files: dict[str, Path], name: str
) -> None:
    freeze([plan])
    begun = products(plan)
    check_unchanged()
    files[name].write_text('{"1": [[1, 4]]}', encoding="utf-8")
    assert products(plan) == begun
    with pytest.raises(ChangedMeanwhile, match=f"this file was changed.*\n  {files[name]}\n"):
        check_unchanged()
    thaw()
    assert products(plan) != begun


def test_a_file_of_the_same_content_is_the_same(plan: Plan, files: dict[str, Path]) -> None:
    freeze([plan])
    for path in files.values():
        path.write_bytes(path.read_bytes())
    check_unchanged()


def test_a_file_that_is_gone_is_another(plan: Plan, files: dict[str, Path]) -> None:
    freeze([plan])
    files["map"].unlink()
    with pytest.raises(ChangedMeanwhile):
        check_unchanged()


def test_a_file_that_was_not_there_may_be_written(plan: Plan, files: dict[str, Path]) -> None:
    files["map"].unlink()
    freeze([plan])
    begun = products(plan)
    files["map"].write_text("what a function found", encoding="utf-8")
    check_unchanged()
    assert products(plan) == begun
