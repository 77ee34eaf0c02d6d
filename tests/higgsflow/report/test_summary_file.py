from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from higgsflow.report.as_written import AsWritten
from higgsflow.report.summary_file import lines, read

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from higgsflow.report.content import Summary


def test_it_says_what_the_summary_says(make_summary: Callable[..., Summary]):
    summary = make_summary()
    assert json.loads("".join(lines(summary))) == json.loads(summary.model_dump_json())


def test_what_is_many_has_a_line_each(make_summary: Callable[..., Summary]):
    summary = make_summary()
    text = "".join(lines(summary)).splitlines()
    assert text[:2] == ["{", f'"inputs":{json.dumps(summary.inputs)},']
    first = text.index('"samples":[') + 1
    found = [json.loads(line.rstrip(",")) for line in text[first : text.index("],", first)]]
    assert [one["sample"] for one in found] == [one.sample for one in summary.samples]


@pytest.mark.parametrize("indent", [None, 1])
def test_files_of_earlier_versions_are_read(
    make_summary: Callable[..., Summary], tmp_path: Path, indent: int | None
):
    summary, path = make_summary(), tmp_path / "summary.json"
    path.write_text(summary.model_dump_json(indent=indent), encoding="utf-8")
    assert read(path) == summary
    path.write_text("".join(lines(summary)), encoding="utf-8")
    assert read(path) == summary


def test_one_without_samples_is_read(make_summary: Callable[..., Summary], tmp_path: Path):
    summary, path = make_summary().changed(samples=()), tmp_path / "summary.json"
    path.write_text("".join(lines(summary)), encoding="utf-8")
    assert read(path) == summary


def test_cut_flows_of_variations_wait_until_they_are_asked_for(
    make_summary: Callable[..., Summary], tmp_path: Path
):
    """As objects those of hundreds of variations are gigabytes."""
    summary, path = make_summary(), tmp_path / "summary.json"
    path.write_text("".join(lines(summary)), encoding="utf-8")
    for sample in read(path).samples:
        assert all(isinstance(one.flows, AsWritten) for one in sample.variations.values())


def test_nominal_cut_flows_that_are_damaged_are_told_at_once(
    make_summary: Callable[..., Summary], tmp_path: Path
):
    path = tmp_path / "summary.json"
    text = "".join(lines(make_summary()))
    path.write_text(text.replace('"tagger"', '"tager"'), encoding="utf-8")
    with pytest.raises(ValidationError, match="tagger"):
        read(path)
