"""What a change makes again, held to what the same configuration gives in an empty store."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest

from higgsflow.records.sample_jobs import SampleJobs

if TYPE_CHECKING:
    from conftest import Lab

N_CHUNKS = 2
NOTHING: tuple[set[str], list[list[str]]] = (set(), [])


def collections(lab: Lab) -> dict[str, Any]:
    found: dict[str, Any] = lab.content["systematics"].setdefault("independent_collections", {})
    return found


def rerun(lab: Lab) -> tuple[set[str], list[list[str]]]:
    """Which stages made something, and what each new job made."""
    before = lab.state()
    assert lab.run("MergeSample", sample="Sig")
    changed = lab.changed_since(before) - {"analysis.yaml"}
    records = [n for n in changed if n.startswith("chunks") and n.endswith(".json")]
    jobs = [sorted(json.loads(lab.output(name).read_text())["products"]) for name in records]
    stages = {name.partition("/")[0] for name in changed if not name.startswith("toy/file_index")}
    assert_as_if_new(lab)
    return stages, jobs


def assert_as_if_new(lab: Lab) -> None:
    """What is merged is what the same configuration merges in an empty store."""
    found = contents(lab)
    there, lab.store = lab.store, lab.folder / "from_scratch"
    shutil.rmtree(lab.store, ignore_errors=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HIGGSFLOW_STORE", str(lab.store))
        assert lab.run("MergeSample", sample="Sig")
    expected = contents(lab)
    lab.store = there
    forget_invocation(lab)
    assert_same(found, expected, "")


def assert_same(found: Any, expected: Any, where: str) -> None:
    """All that is expected is there, and equal, and nothing that is not wanted any more."""
    if isinstance(expected, dict):
        assert set(expected) == set(found), where
        for name, content in expected.items():
            assert_same(found[name], content, f"{where} {name}")
    elif isinstance(expected, list):
        assert_same(dict(enumerate(found)), dict(enumerate(expected)), where)
    elif isinstance(expected, float):
        # of blocks of another size the last bit of a sum may differ
        assert found == pytest.approx(expected, rel=1e-12), where
    else:
        assert found == expected, where


def contents(lab: Lab) -> dict[str, Any]:
    """Merged events, counters, and what scales them; of variations that are wanted today."""
    tables = {
        str(path.relative_to(lab.output())): pq.read_table(path)
        for path in lab.output("merged", "Sig").rglob("*.parquet")
    }
    scales = {}
    for path in lab.output("scale1fb", "Sig").rglob("scale1fb.json"):
        content = json.loads(path.read_text("utf-8"))
        names = ("scale1fb", "luminosity", "denominator", "complete", "fraction", "chunks")
        scales[str(path.relative_to(lab.output()))] = {name: content[name] for name in names}
    counters = {}
    for path in lab.output("jobs", "Sig").rglob("jobs.json"):
        jobs = SampleJobs.model_validate_json(path.read_bytes())
        ledgers = {name: ledger.model_dump(mode="json") for name, ledger in jobs.ledgers.items()}
        found = {"ledgers": ledgers, "factor_sums": jobs.factor_sums}
        counters[str(path.relative_to(lab.output()))] = found
    return {**tables, **scales, **counters}


def forget_invocation(lab: Lab) -> None:
    """The next task finds the store of the laboratory again."""
    lab.task("MergeSample", sample="Sig")


def weights_of(lab: Lab) -> dict[str, Any]:
    found: dict[str, Any] = lab.content["systematics"]["weights"]
    return found
