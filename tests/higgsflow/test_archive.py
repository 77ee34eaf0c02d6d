from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest

from higgsflow.analysis import Analysis
from higgsflow.archive import FOLDER, configuration_digest, keep
from higgsflow.catalog.load import load_analysis
from higgsflow.code import refresh
from higgsflow.output.provenance import KEY

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Lab


def test_configuration_is_what_is_computed_not_where(tmp_path: Path) -> None:
    demo = Analysis.from_yaml("demo")
    elsewhere = demo.model_copy(update={"store": str(tmp_path), "version": "v7"})
    other = demo.model_copy(update={"variables_of_interest": ("m_gg",)})
    assert configuration_digest(elsewhere) == configuration_digest(demo)
    assert configuration_digest(other) != configuration_digest(demo)


@pytest.fixture
def kept(lab: Lab) -> Path:
    sys.path.insert(0, str(lab.taggers.parent))
    return keep(load_analysis(lab.write()), lab.folder)


def test_keeps_the_configuration_with_the_code_that_it_names(lab: Lab, kept: Path) -> None:
    assert sorted(p.name for p in kept.parent.iterdir()) == ["toy.yaml", "toy_taggers.py"]
    assert (kept.parent / "toy_taggers.py").read_bytes() == lab.taggers.read_bytes()
    again = load_analysis(kept)
    assert configuration_digest(again) == configuration_digest(load_analysis(lab.path))
    assert again.python_path[0] == str(kept.parent)


def test_each_configuration_and_code_has_a_place_of_its_own(lab: Lab, kept: Path) -> None:
    first = kept.read_bytes()
    assert keep(load_analysis(lab.write()), lab.folder) == kept
    lab.sig["xs"] = 0.7
    assert keep(load_analysis(lab.write()), lab.folder) != kept
    code = lab.taggers.read_text(encoding="utf-8")
    lab.taggers.write_text(code.replace("low=100.0", "low=110.0"), encoding="utf-8")
    analysis = load_analysis(lab.path)
    refresh(analysis.code_references)
    keep(analysis, lab.folder)
    assert len(list((lab.folder / FOLDER).iterdir())) == 3
    assert kept.read_bytes() == first


def test_shipped_code_needs_no_copy(tmp_path: Path) -> None:
    place = keep(Analysis.from_yaml("demo"), tmp_path).parent
    assert [p.name for p in place.iterdir()] == ["demo.yaml"]
    assert place.name == configuration_digest(Analysis.from_yaml("demo"))


def test_code_in_a_package_lies_in_one(lab: Lab) -> None:
    package = lab.taggers.parent / "own_physics"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "cuts.py").write_text("LOW = 100.0\n", encoding="utf-8")
    code = lab.taggers.read_text(encoding="utf-8").replace("low=100.0", "low=LOW")
    (package / "pairs.py").write_text(f"from own_physics.cuts import LOW\n{code}", encoding="utf-8")
    sys.path.insert(0, str(lab.taggers.parent))
    lab.content["tag_sequence"] = ["own_physics.pairs:pair", "own_physics.pairs:rest"]
    kept = keep(load_analysis(lab.write()), lab.folder)
    found = sorted(str(p.relative_to(kept.parent)) for p in kept.parent.rglob("*.py"))
    assert found == [f"own_physics/{name}.py" for name in ("__init__", "cuts", "pairs")]


def test_code_is_kept_as_it_is_whatever_its_encoding(lab: Lab) -> None:
    code = lab.taggers.read_bytes().replace(b"\n", b"\r\n")
    lab.taggers.write_bytes(b"# -*- coding: latin-1 -*-\r\nNAME = 'gr\xfcn'\r\n" + code)
    sys.path.insert(0, str(lab.taggers.parent))
    kept = keep(load_analysis(lab.write()), lab.folder)
    assert (kept.parent / "toy_taggers.py").read_bytes() == lab.taggers.read_bytes()


def test_what_was_made_once_can_be_made_again(command_line: Lab) -> None:
    """The file says by what it was made, which lies in the store whatever became of it since."""
    lab = command_line.without_data()
    lab.content["python_path"] = "code"
    about = ("--sample", "Sig", "--year", "2017")
    assert lab.law_run("MergeSample", *about, PYTHONPATH="").returncode == 0
    merged = lab.output("merged", "Sig", "2017", "nominal.parquet")
    said = json.loads(pq.read_schema(merged).metadata[KEY.encode()])
    first = merged.read_bytes()
    code = lab.taggers.read_text(encoding="utf-8")
    lab.taggers.write_text(code.replace("low=100.0", "low=110.0"), encoding="utf-8")
    lab.content["variables_of_interest"] = ["m_gg"]
    assert lab.law_run("MergeSample", *about, PYTHONPATH="").returncode == 0
    kept = lab.output(FOLDER, f"{said['configuration']}_{said['own_code']}", "toy.yaml")
    found = lab.law(
        "run", "MergeSample", "--analysis", str(kept), "--version", "again", *about, PYTHONPATH=""
    )
    assert found.returncode == 0, found.stderr
    again = lab.store / "toy" / "again" / "merged" / "Sig" / "2017" / "nominal.parquet"
    assert again.read_bytes() == first
    assert merged.read_bytes() != first
