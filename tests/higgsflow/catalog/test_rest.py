from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from higgsflow.catalog.load import load_analysis
from higgsflow.errors import InvalidConfiguration, UserError

if TYPE_CHECKING:
    from pathlib import Path

CATALOG = {
    "years": {2017: {"luminosity": 41.5}},
    "samples": {"ttH": {"kind": "simulation", "xs": 1.0, "files": {2017: "a.root"}}},
}


def told(folder: Path, catalog: Any = CATALOG, **sections: Any) -> UserError:
    (folder / "samples.yaml").write_text(yaml.safe_dump(catalog), encoding="utf-8")
    path = folder / "mine.yaml"
    content = {
        "samples": {"catalog": "samples.yaml"},
        "tag_sequence": ["diphoton"],
        "variables_of_interest": ["m_gg"],
    }
    path.write_text(yaml.safe_dump(content | sections), encoding="utf-8")
    with pytest.raises(UserError) as caught:
        load_analysis(path)
    return caught.value


def test_a_mistake_in_the_catalogue_does_not_hide_one_in_the_analysis(tmp_path: Path) -> None:
    sample = {**CATALOG["samples"]["ttH"], "file": 1}
    error = told(tmp_path, {**CATALOG, "samples": {"ttH": sample}}, sentinls={})
    assert str(error) == (
        f"{tmp_path / 'mine.yaml'} is not valid:\n"
        "  samples.ttH: unknown key 'file', did you mean 'files'?\n"
        "  unknown key 'sentinls', did you mean 'sentinels'?"
    )
    assert isinstance(error, InvalidConfiguration)
    assert len(error.findings) == 2


def test_all_that_is_wrong_with_the_analysis_is_found(tmp_path: Path) -> None:
    error = told(
        tmp_path,
        samples={"catalog": "samples.yaml", "year": 2017},
        version="a/b",
        output_format="csv",
    )
    first, *others = str(error).split("\n  ")
    assert first.endswith("mine.yaml is not valid:")
    assert "Did you mean 'years'?" in others[0]
    assert others[1].endswith("; and 1 more")


def test_what_is_wrong_with_the_samples_alone_is_told_as_it_is(tmp_path: Path) -> None:
    error = told(tmp_path, samples={"catalog": "sample.yaml"})
    assert str(error).startswith("no catalogue")
    assert not getattr(error, "findings", ())
