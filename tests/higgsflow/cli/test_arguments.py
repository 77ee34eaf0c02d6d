from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

import pytest

from higgsflow.cli.arguments import (
    add_analysis,
    add_sample,
    add_variation,
    add_variations,
    analysis_of,
)
from higgsflow.errors import UnknownName

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser()
    add_analysis(parser)
    add_sample(parser, required=False)
    add_variation(parser)
    return parser


def completions(
    parser: argparse.ArgumentParser, option: str, prefix: str, *given: str
) -> list[str]:
    action = next(a for a in parser._actions if option in a.option_strings)
    return list(action.completer(prefix=prefix, parsed_args=parser.parse_args(given)))  # type: ignore[attr-defined]


def test_the_demo_is_the_default(parser: argparse.ArgumentParser) -> None:
    assert analysis_of(parser.parse_args([])).name == "demo"


def test_the_version_is_taken_over(parser: argparse.ArgumentParser) -> None:
    assert analysis_of(parser.parse_args(["--version", "v7"])).version == "v7"


def test_an_unknown_analysis_is_named(parser: argparse.ArgumentParser) -> None:
    with pytest.raises(UnknownName, match="Did you mean 'demo'"):
        analysis_of(parser.parse_args(["--analysis", "demmo"]))


def test_analyses_are_completed_by_name_and_by_path(
    parser: argparse.ArgumentParser, tmp_path: Path
) -> None:
    assert {"demo", "hgg"} <= set(completions(parser, "--analysis", ""))
    (tmp_path / "mine.yaml").touch()
    (tmp_path / "deeper").mkdir()
    found = completions(parser, "--analysis", f"{tmp_path}/m")
    assert {f"{tmp_path}/mine.yaml", f"{tmp_path}/deeper/"} <= set(found)
    assert "demo" in completions(parser, "--analysis", "no/such/folder/x")


def test_a_folder_with_its_slash_offers_what_is_in_it(
    parser: argparse.ArgumentParser, tmp_path: Path
) -> None:
    (tmp_path / "deeper").mkdir()
    (tmp_path / "deeper" / "mine.yaml").touch()
    (tmp_path / "beside.yaml").touch()
    found = completions(parser, "--analysis", f"{tmp_path}/deeper/")
    assert [path for path in found if "/" in path] == [f"{tmp_path}/deeper/mine.yaml"]


def test_samples_and_years_are_those_of_the_analysis(parser: argparse.ArgumentParser) -> None:
    assert "ttH_M125" in completions(parser, "--sample", "")
    assert "2017" in completions(parser, "--year", "", "--sample", "ttH_M125")


def test_variations_are_those_of_events_and_of_weights(parser: argparse.ArgumentParser) -> None:
    found = completions(parser, "--variation", "", "--sample", "ttH_M125", "--year", "2018")
    assert {"nominal", "photon_pt_scale_up", "pileup_down"} <= set(found)
    # 2018 has no prefiring
    assert "prefiring_up" not in found
    assert "prefiring_up" in completions(parser, "--variation", "")


def test_of_several_variations_each_is_completed_once_and_has_events() -> None:
    parser = argparse.ArgumentParser()
    add_analysis(parser)
    add_sample(parser, required=False)
    add_variations(parser)
    shifted = ["photon_pt_scale_up", "photon_pt_scale_down"]
    assert completions(parser, "--variation", "") == ["nominal", *shifted]
    found = completions(parser, "--variation", "nominal,p")
    assert found == [f"nominal,{name}" for name in shifted]
